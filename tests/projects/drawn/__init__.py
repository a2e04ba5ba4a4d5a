"""Draws small projects with kernels: files, imports, launches, hooks, tuning.

Each can be run by the judge in `scripts/judge`, and has parameters that a fixer may take away.
"""
