"""The survey: it takes the bytes of one file and returns its facts.

Nothing after it sees a syntax tree. It may import `tritonlint.triton`, `tritonlint.source` and
`tritonlint.span`.
"""
