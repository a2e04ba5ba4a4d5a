"""The facts of all files of a tree, linked: modules, names, launches, binding.

Takes facts, gives a `Project`. May import `survey` (its facts), `triton` and `store`.
"""
