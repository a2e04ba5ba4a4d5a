"""Finds and reads files: takes paths and settings, gives files. Ignores what is in them."""
