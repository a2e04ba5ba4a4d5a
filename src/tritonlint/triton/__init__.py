"""What Triton does with a kernel and its arguments; no other package knows it.

Takes and gives plain values, and imports nothing else of tritonlint.
"""
