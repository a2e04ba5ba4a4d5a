"""Finds and reads files: paths and settings to files. Knows nothing of what is in them."""
