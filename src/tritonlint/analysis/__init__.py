"""What rules ask about a project: dead parameters, kinds, who calls a kernel.

It takes a `Project`. It may import `project`, `survey` (its facts) and `triton`.
"""
