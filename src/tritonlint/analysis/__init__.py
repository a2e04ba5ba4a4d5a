"""What rules ask about a project: dead parameters, kinds, who calls a kernel.

Takes a `Project`. May import `project`, `survey` (its facts) and `triton`.
"""
