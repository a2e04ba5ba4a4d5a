"""Finds and reads files: it takes paths and settings, and returns files, whatever they contain."""
