"""The backends that Triton compiles for, and the options of a launch that they take."""

from __future__ import annotations

BACKENDS = ("cuda", "hip")

# Names that a launch takes as compile options: the attributes of CUDAOptions and HIPOptions in
# triton/backends/{nvidia,amd}/compiler.py, 3.0 to 3.9. A keyword argument that the kernel also
# declares reaches both: `JITFunction.run` gives all keywords to `parse_options`, and the binder
# binds the parameter (3.9: jit.py, `_pack_args`). In the key it then counts as the parameter only,
# since the binder's `**options` no longer holds it: a constexpr parameter keys by value, as the
# option would have done, while a plain integer keys by class, so two values of `num_warps` in one
# class share a binary that was compiled for the first. Taking such a parameter out of the kernel
# therefore saves no compile where launches pass it by keyword: it comes back as the option.
_COMPILE_OPTIONS = """
    allow_flush_denorm allow_fp8e4b15 allow_fp8e4nv allowed_dot_input_precisions arch
    backend_name base_arch clc cluster_dims debug default_dot_input_precision
    deprecated_fp8_dot_operand_dtypes deprecated_fp8_dtypes enable_fp_fusion enable_reflect_ftz
    extern_libs fpsan_homomorphic_casts instruction_sched_variant instrumentation_mode
    ir_override kpack launch_cooperative_grid launch_pdl llvm_fn_attrs matrix_instr_nonkdim
    max_num_imprecise_acc_default maxnreg min_shared_mem num_buffers_warp_spec
    num_consumer_groups num_ctas num_stages num_warps ptx_options ptx_version reg_dec_producer
    reg_inc_consumer sanitize_overflow sched4reg schedule_hint supported_fp8_dtypes warp_size
    waves_per_eu wgp_cu_mode
"""
# The same of backends outside of Triton: what launches pass to kernels that have no such parameter
# in flag-gems 5.0.2, flag_gems/runtime/backend/{_kunlunxin,_cambricon,_ascend}.
_VENDORS_OPTIONS = """
    bottleneck buffer_size_limit enable_soft_i64 groups_per_cluster isCLOSE_TTXPU_O_ATOMIC_SIM
    isCloseCoreTiling isCloseDtypeConvert isCloseInterleave isCloseMemoryAsync
    isCloseOffsetAnalysis isCloseUnrollControl isCloseVectorization isOpenCmpNan is_use_mask_zero
    multibuffer unroll_num
"""
COMPILE_OPTIONS: frozenset[str] = frozenset((_COMPILE_OPTIONS + _VENDORS_OPTIONS).split())


def check_backend(backend: str) -> None:
    """Return a backend's name if it is one of `BACKENDS`.

    Raises:
        ValueError: it is not one of them.
    """
    if backend not in BACKENDS:
        raise ValueError(f"{backend!r} is not a known backend: {', '.join(BACKENDS)}")
