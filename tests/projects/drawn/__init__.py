"""Draws small projects with kernels: files, imports, launches, hooks, tuning.

The judge in `scripts/judge` can run each, and each has parameters that a fixer may remove.
"""
