"""Compares the variants of two traces, such as one of a GPU and one without.

    python scripts/gpu/compare_variants.py TRACE OTHER

A variant is a kernel and each parameter's part of the key. What a tuning chose (the parameters of
its configs, `num_warps`) is left out of launches after it, since without a GPU another config wins.
All configs of the tunings themselves count. The exit status is 1 if the two traces differ.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from tritonlint.runtime.reader import read
from tritonlint.runtime.steps import config_names

Variant = tuple[str, str, frozenset[tuple[str, str]]]


def variants(path: Path) -> set[Variant]:
    trace = read(path)
    tuned: defaultdict[str, set[str]] = defaultdict(set)
    for tuning in trace.tunings:
        tuned[tuning.kernel.name] |= config_names([tuning.tried])
    found = set()
    for compile in trace.compiles:
        chosen = tuned[compile.kernel.name] if compile.tuning is None else set()
        parts = {(a.name, a.identity) for a in compile.arguments if a.name not in chosen}
        if compile.tuning is not None or not tuned[compile.kernel.name]:
            names = ("num_warps", "num_stages", "num_ctas")
            parts |= {(name, str(compile.options.get(name))) for name in names}
        how = "launch" if compile.tuning is None else "tuning"
        found.add((compile.kernel.name, how, frozenset(parts)))
    return found


def main() -> int:
    one, other = (variants(Path(argument)) for argument in sys.argv[1:3])
    print("| kernel | in both | only in the first | only in the second |")
    print("| --- | ---: | ---: | ---: |")
    for name in sorted({variant[0] for variant in one | other}):
        counts = [
            sum(variant[0] == name for variant in part)
            for part in (one & other, one - other, other - one)
        ]
        print(f"| `{name}` | {' | '.join(map(str, counts))} |")
    print(f"| all | {len(one & other)} | {len(one - other)} | {len(other - one)} |")
    for title, part in (("first", one - other), ("second", other - one)):
        for name, how, parts in sorted(part, key=str)[:10]:
            print(f"only in the {title}: {name} ({how}): {sorted(parts)}", file=sys.stderr)
    return 1 if one != other else 0


if __name__ == "__main__":
    sys.exit(main())
