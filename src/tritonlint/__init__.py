"""tritonlint finds, proves and repairs needless recompiles in Triton kernels."""

__version__ = "0.1.0"
