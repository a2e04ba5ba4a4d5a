"""The facts of all files of a tree, linked: modules, names, launches, binding.

It turns facts into a `Project`. It may import `survey` (its facts), `triton` and `store`.
"""
