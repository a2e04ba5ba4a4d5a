"""Doubles the size of projects of many shapes, and shows how time and memory grow with it.

    python scripts/torture/doubling.py [WORD ...] [--halvings 2]

Each shape is a small project of size n. It is made at several sizes, each twice as large as the one
before, and tritonlint runs on each. The exponent of the growth is fitted over these sizes, without
the time of a project of size 1: an exponent of 1 means that twice the size takes twice the time. An
exponent over 1.2, or over 10 seconds at the largest size, is a failure (exit status 1).

If each of n things has to be compared with each of n others, the size is n * n.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from shared import COMMAND

Files = dict[str, str]

MOST_EXPONENT = 1.2
MOST_SECONDS = 10.0

HEAD = "import triton\nimport triton.language as tl\n\n\n"
BODY = "    tl.store(p, 1)\n\n\n"
DEAD = f"{HEAD}@triton.jit\ndef kernel(p, n):\n{BODY}"


class Cost(NamedTuple):
    """The cost of a run: CPU seconds, and the peak memory (MiB) of one process."""

    seconds: float
    memory: float


class Shape(NamedTuple):
    """A kind of project.

    Attributes:
        make: the files of the project of size n.
        largest: the largest n.
        options: the options of the run.
        is_product: whether the size is n * n.
        is_memory: whether the memory is measured as well.
    """

    make: Callable[[int], Files]
    largest: int
    options: tuple[str, ...] = ("--output-format", "json")
    is_product: bool = False
    is_memory: bool = False


FIX = ("--fix", "--unsafe-fixes", "--output-format", "json")


# -- shapes --------------------------------------------------------------------------------


def names(n: int, letter: str = "a") -> str:
    return ", ".join(f"{letter}{i}" for i in range(n))


def kernel(name: str, parameters: str = "p, n") -> str:
    return f"@triton.jit\ndef {name}({parameters}):\n{BODY}"


def one_name(n: int) -> Files:
    """n kernels of one name, each launched as `mod.kernel` without a hint at which one it is."""
    launch = "def run(mod, x, n):\n    mod.kernel[(1,)](x, n)\n"
    return {f"m{i}.py": DEAD + launch for i in range(n)}


def one_of_many(n: int) -> Files:
    """n kernels of one name and n launches, each of which may reach all of them."""
    chosen = "".join(f"if sys.argv[1] == '{i}':\n    import m{i} as mod\n" for i in range(n))
    launched = "    mod.kernel[(1,)](x, x.shape[0])\n" * n
    files = {f"m{i}.py": DEAD for i in range(n)}
    return {**files, "z.py": f"import sys\n\n{chosen}\n\ndef run(x):\n{launched}"}


def dead_and_launches(n: int) -> Files:
    return {"a.py": HEAD + kernel("kernel", f"p, {names(n)}") + _launches(n, n)}


def dead(n: int) -> Files:
    return {"a.py": HEAD + kernel("kernel", f"p, {names(n)}") + _launches(1, n)}


def launches(n: int) -> Files:
    return {"a.py": DEAD + _launches(n, 1)}


def _launches(number: int, arguments: int) -> str:
    launch = f"    kernel[(1,)](x, {names(arguments, 'v')})\n"
    values = "".join(f"    v{i} = x.shape[{i}]\n" for i in range(arguments))
    return f"def run(x):\n{values}" + launch * number


def kernels(n: int) -> Files:
    launched = "".join(f"    kernel{i}[(1,)](x, x.shape[0])\n" for i in range(n))
    return {
        "a.py": HEAD + "".join(kernel(f"kernel{i}") for i in range(n)) + f"def run(x):\n{launched}"
    }


def star_ring(n: int) -> Files:
    """n files that import everything from the next one; each launches a kernel of one of them."""
    launch = "\n\ndef run(x):\n    kernel[(1,)](x, x.shape[0])\n"
    files = {f"m{i}.py": f"from m{(i + 1) % n} import *\n{launch}" for i in range(n)}
    return {**files, "m0.py": f"from m{1 % n} import *\n\n{DEAD}"}


def imports(n: int) -> Files:
    files = {f"m{i}.py": f"# triton\nfrom m{i - 1} import kernel\n" for i in range(1, n)}
    launch = f"from m{n - 1} import kernel\n\n\ndef run(x):\n    kernel[(1,)](x, x.shape[0])\n"
    return {"m0.py": DEAD, **files, "z.py": launch}


def aliases(n: int) -> Files:
    chain = "".join(f"k{i} = k{i - 1}\n" for i in range(1, n))
    return {"a.py": f"{DEAD}k0 = kernel\n{chain}\n\nk{n - 1}[(1,)](x, x.shape[0])\n"}


def helpers(n: int) -> Files:
    """A chain of n helpers that pass n parameters to one that reads none of them."""
    text = HEAD + kernel("helper0", f"p, {names(n)}")
    for i in range(1, n):
        call = f"    helper{i - 1}(p, {names(n)})\n\n\n"
        text += f"@triton.jit\ndef helper{i}(p, {names(n)}):\n{call}"
    return {"a.py": text + f"helper{n - 1}[(1,)](x, {', '.join(['7'] * n)})\n"}


def helper_chain(n: int) -> Files:
    text = HEAD + kernel("helper0")
    for i in range(1, n):
        text += f"@triton.jit\ndef helper{i}(p, n):\n    helper{i - 1}(p, n)\n\n\n"
    return {"a.py": f"{text}helper{n - 1}[(1,)](x, 7)\n"}


def per_file_ignores(n: int) -> Files:
    ignored = "".join(f'"some/folder{i}/*.py" = ["TRL001"]\n' for i in range(n))
    files = {f"m{i}.py": DEAD for i in range(n)}
    return {"tritonlint.toml": f"[per-file-ignores]\n{ignored}", **files}


def dead_in_long_file(n: int) -> Files:
    """n findings in a file of n more lines, shown with the lines around them."""
    text = "".join(kernel(f"kernel{i}") for i in range(n))
    return {"a.py": f"{HEAD}{text}" + "# a long line of nothing but a comment\n" * (10 * n)}


def big_file(n: int) -> Files:
    """A file of n kernels and n functions of plain code, 1 kB in all for each n."""
    plain = "".join(f"    x{i} = f(x, [{i}, 'text'], a={i})\n" for i in range(22))
    return {
        "a.py": HEAD
        + "".join(f"def plain{i}(x):\n{plain}\n\n{kernel(f'kernel{i}')}" for i in range(n))
    }


def big_data(n: int) -> Files:
    """A file that is one long table, 1 kB for each n."""
    row = f"    [{', '.join(str(1000 + i) for i in range(166))}],\n"
    return {"a.py": f"{DEAD}TABLE = [\n{row * n}]\n"}


def suppressions(n: int) -> Files:
    return {"a.py": f"{DEAD}x = 1  {'# tritonlint: ignore[' * n}\n"}


SHAPES: dict[str, Shape] = {
    "kernels of one name, launched as `mod.kernel`": Shape(one_name, 96, is_product=True),
    "kernels of one name x launches": Shape(one_of_many, 96, is_product=True),
    "kernels of one name x launches, fixed": Shape(one_of_many, 96, FIX, is_product=True),
    "dead parameters x launches": Shape(dead_and_launches, 200, is_product=True),
    "dead parameters x launches, fixed": Shape(dead_and_launches, 200, FIX, is_product=True),
    "dead parameters of one kernel": Shape(dead, 2000),
    "dead parameters of one kernel, fixed": Shape(dead, 2000, FIX),
    "launches of a kernel": Shape(launches, 4000),
    "launches of a kernel, fixed": Shape(launches, 4000, FIX),
    "kernels in a file": Shape(kernels, 4000),
    "kernels in a file, fixed": Shape(kernels, 4000, FIX),
    "ring of star imports": Shape(star_ring, 1000),
    "chain of imports": Shape(imports, 2000),
    "chain of imports, fixed": Shape(imports, 1000, FIX),
    "chain of aliases": Shape(aliases, 32000),
    "chain of helpers": Shape(helper_chain, 1000),
    "chain of helpers x parameters": Shape(helpers, 64, is_product=True),
    "chain of helpers x parameters, fixed": Shape(helpers, 64, FIX, is_product=True),
    "`per-file-ignores` x files": Shape(per_file_ignores, 1000, is_product=True),
    "findings in a long file, in full": Shape(dead_in_long_file, 2000, ("--output-format", "full")),
    "one big file of code (kB)": Shape(big_file, 2000, is_memory=True),
    "one big file of data (kB)": Shape(big_data, 8000, is_memory=True),
    "`# tritonlint: ignore[` in a line": Shape(suppressions, 32000),
}


# -- measuring -----------------------------------------------------------------------------


def measure(shape: Shape, n: int) -> Cost:
    """What a run on the shape of size n costs."""
    with tempfile.TemporaryDirectory(prefix="tritonlint-doubling-") as name:
        # Directories beside a project are searched too.
        root = Path(name) / "alone" / "project"
        root.mkdir(parents=True)
        (root / "tritonlint.toml").touch()
        for file, text in shape.make(n).items():
            (root / file).write_text(text)
        command = [*COMMAND, "--no-cache", "--jobs", "1", *shape.options, str(root)]
        environment = {**os.environ, "XDG_STATE_HOME": name}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise SystemExit(f"status {process.returncode} at size {n}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The slope of the costs over the sizes, both as logarithms (least squares)."""
    xs = [math.log(size) for size in sizes]
    ys = [math.log(max(cost, 0.001)) for cost in costs]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return rise / sum((a - x) ** 2 for a in xs)


class Row(NamedTuple):
    """The result for a shape."""

    name: str
    largest: int
    cost: Cost
    exponents: tuple[float, ...]

    @property
    def failed(self) -> bool:
        return max(self.exponents) > MOST_EXPONENT or self.cost.seconds > MOST_SECONDS

    def __str__(self) -> str:
        seconds, *memory = (f"{each:.2f}" for each in self.exponents)
        memory = [f"{self.cost.memory:,.0f} MiB", *memory] if memory else ["", ""]
        mark = " (over)" if self.failed else ""
        cells = [self.name, f"{self.largest:,}", f"{self.cost.seconds:.1f}", seconds + mark]
        return f"| {' | '.join([*cells, *memory])} |"


def row(name: str, shape: Shape, halvings: int) -> Row:
    """Measure one shape."""
    sizes = [shape.largest >> k for k in range(halvings, -1, -1)]
    start = measure(shape, 1)
    costs = [measure(shape, n) for n in sizes]
    totals = [n * n if shape.is_product else n for n in sizes]
    exponents = [exponent(totals, [c.seconds - start.seconds for c in costs])]
    if shape.is_memory:
        exponents.append(exponent(totals, [c.memory - start.memory for c in costs]))
    return Row(name, shape.largest, costs[-1], tuple(exponents))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="shapes whose name holds one of these")
    parser.add_argument("--halvings", type=int, default=2)
    options = parser.parse_args()
    print("| shape | n | seconds | exponent | memory | exponent |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    failed = False
    for name, shape in SHAPES.items():
        if not options.words or any(word in name for word in options.words):
            found = row(name, shape, options.halvings)
            print(found, flush=True)
            failed = failed or found.failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
