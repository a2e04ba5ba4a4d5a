"""Changes kernels of fla-core 0.6.0 as the report of a trace advises.

    python scripts/gpu/change_fla.py FLA_CORE CHANGED [CHANGE ...]

FLA_CORE is the directory that holds `fla`; CHANGED gets a copy with the changes. The text of every
edit has to occur exactly once, so that another release is refused and not half changed.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

#: By change: the file, the text, and the text that replaces it.
CHANGES = {
    # `TR` is constexpr, and every distinct value compiles again: now an int, not specialized.
    "rotary": [
        ("fla/modules/rotary/ops.py", "    TR: tl.constexpr,\n", "    TR,\n"),
        (
            "fla/modules/rotary/ops.py",
            "@triton.jit(do_not_specialize=['T'])\ndef rotary_embedding_kernel(",
            "@triton.jit(do_not_specialize=['T', 'TR'])\ndef rotary_embedding_kernel(",
        ),
    ],
    # `BT` is in the autotune key, and every distinct value is tuned again: one bucket.
    "gla": [
        (
            "fla/ops/gla/chunk.py",
            "        chunk_size = min(64, max(16, triton.next_power_of_2(q.shape[1])))\n",
            "        chunk_size = 64\n",
        ),
    ],
    # `TQ` and `TK` are ints of three classes: not specialized.
    "sparse": [
        (
            file,
            f"@triton.jit\ndef {kernel}(",
            f"@triton.jit(do_not_specialize=['TQ', 'TK'])\ndef {kernel}(",
        )
        for file, kernel in (
            ("fla/ops/nsa/compression.py", "parallel_nsa_compression_fwd_kernel"),
            ("fla/ops/nsa/parallel.py", "parallel_nsa_kernel_topk"),
            ("fla/ops/nsa/parallel.py", "parallel_nsa_fwd_kernel"),
        )
    ],
    # The same with `T`.
    "attention": [
        (
            "fla/ops/attn/parallel.py",
            "@triton.jit\ndef parallel_attn_fwd_kernel(",
            "@triton.jit(do_not_specialize=['T'])\ndef parallel_attn_fwd_kernel(",
        ),
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("changes", nargs="*", choices=[*CHANGES, []], help="[all]")
    options = parser.parse_args()
    shutil.copytree(options.source, options.target)
    for name in options.changes or CHANGES:
        for file, before, after in CHANGES[name]:
            path = options.target / file
            text = path.read_text()
            if text.count(before) != 1:
                raise SystemExit(f"{name}: {file} is not that of fla-core 0.6.0")
            path.write_text(text.replace(before, after))
        print(f"changed {name}")


if __name__ == "__main__":
    main()
