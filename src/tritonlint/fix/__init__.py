"""Fixes: plan what has to change, edit, verify, write. See `tritonlint.fix.fixer`."""
