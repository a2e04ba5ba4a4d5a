"""Decides whether what `tritonlint --fix` did to a tree is right; imports nothing of tritonlint."""
