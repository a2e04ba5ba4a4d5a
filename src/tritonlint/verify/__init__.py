"""Triton as the judge: compiles kernels to TTIR, without a GPU, and says what they use.

Nothing here is needed to lint. `extract` takes a kernel, its helpers and its constants out of a
project's syntax trees; `guard`, `literals`, `loader` and `frontend` let through what kernels are
made of and nothing else; `judge_process` asks, and `worker` alone imports Triton, in a process of
its own behind `walls`. docs/reliability.md says what that holds off.
"""
