"""The facts of one file, as plain data: later steps see nothing else of the file.

The facts of a file depend on its bytes and on `SurveyOptions` alone, never on the question that is
asked. Most are NamedTuples: a tree has hundreds of thousands of them, and C code writes tuples as
JSON and sends them to other processes. This package may import `tritonlint.span`.
"""
