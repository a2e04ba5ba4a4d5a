"""Triton as the judge: compiles kernels to TTIR, without a GPU, and says what they use.

Nothing here is needed to lint. Only `worker` imports Triton, in a process of its own, and all that
it ever executes of the checked project is what `extract` took out of it: the kernel, the helpers
that it calls, and constants that are plain literals.
"""
