"""What Triton does with a kernel and its arguments; no other package knows it.

It takes and returns plain values, and imports nothing else of tritonlint.
"""
