"""Fixes: plan the changes, edit, verify, write. See `tritonlint.fix.fixer`."""
