"""Asks Triton's compiler: compiles kernels to TTIR, without a GPU, and says what they use.

Linting needs nothing from here. `extract` takes a kernel, its helpers and its constants out of a
project's syntax trees. `guard`, `literals`, `loader` and `frontend` only accept code that kernels
consist of. `judge_process` asks the questions. Only `worker` imports Triton, in its own process
behind `walls`. docs/reliability.md says what this protects from.
"""
