"""What the survey learns of one file: plain data, and all that any later step sees of it.

The facts of a file depend on its bytes and on `SurveyOptions` alone, never on what is asked of
them. Most are NamedTuples: a tree has hundreds of thousands, and a tuple is written as JSON, and
sent to another process, without a line of Python. May import `tritonlint.span`.
"""
