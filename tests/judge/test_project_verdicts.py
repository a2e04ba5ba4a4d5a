"""Projects before and after a change, and the verdict that each pair must get."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from judge.project import Judge
from judge.verdict import SAFE
from judge.warm import Warm

Edit = tuple[str, str, str]


@dataclass(frozen=True)
class Project:
    """The files of a project, without what all of them have in common."""

    files: dict[str, str]

    def write(self, root: Path, edits: tuple[Edit, ...] = ()) -> Path:
        files = dict(self.files)
        for name, old, new in edits:
            assert files[name].count(old) == 1, (name, old)
            files[name] = files[name].replace(old, new)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            head = "import torch, triton\nimport triton.language as tl\n"
            path.write_text(head + text if name.endswith(".py") else text)
        return root


PLAIN = Project(
    {
        "k.py": """
@triton.jit(do_not_specialize=["m"])
def kern(x_ptr, y_ptr, n, dead, m, BLOCK: tl.constexpr, OTHER: tl.constexpr = 4):
    o = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(x_ptr + o, tl.load(y_ptr + o) + m + OTHER, mask=o < n)
""",
        "run.py": """
from k import kern
x, y = torch.zeros(32), torch.ones(32)
kern[(1,)](x, y, 31, 7, 5, BLOCK=32, num_warps=2)
kern[lambda META: (META["n"] // 8,)](x, y, n=16, dead=3, m=2, BLOCK=16)
""",
    }
)
DEF: Edit = ("k.py", "n, dead, m", "n, m")
FIRST: Edit = ("run.py", "31, 7, 5", "31, 5")
SECOND: Edit = ("run.py", "n=16, dead=3", "n=16")
REMOVED = (DEF, FIRST, SECOND)

TUNED = Project(
    {
        "k.py": """
def prune(configs, args, **rest):
    return [c for c in configs if c.kwargs["BLOCK"] <= args["n"]]
@triton.autotune(
    [triton.Config({"BLOCK": b, "DEAD": d}, num_warps=2) for b in (64, 32, 16) for d in (1, 2)],
    key=["n"], prune_configs_by={"early_config_prune": prune}, restore_value=["x_ptr"],
)
@triton.jit
def kern(x_ptr, n, BLOCK: tl.constexpr, DEAD: tl.constexpr):
    o = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(x_ptr + o, 1.0, mask=o < n)
""",
        "run.py": """
from k import kern
x = torch.zeros(32)
kern[lambda META: (triton.cdiv(32, META["BLOCK"]),)](x, 32)
""",
    }
)
UNTUNED: tuple[Edit, ...] = (
    ("k.py", ", DEAD: tl.constexpr", ""),
    ("k.py", ', "DEAD": d}', "}"),
)

FED = Project(
    {
        "k.py": """
@triton.autotune([triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32})], key=["n", "dead"])
@triton.heuristics({"EVEN": lambda args: args["n"] % 2 == 0, "DEAD": lambda args: 3})
@triton.jit
def kern(x_ptr, old_ptr, n, dead, BLOCK: tl.constexpr, EVEN: tl.constexpr, DEAD: tl.constexpr):
    o = tl.arange(0, BLOCK)
    if EVEN:
        tl.store(x_ptr + o, 1.0, mask=o < n)
""",
        "run.py": """
from k import kern
x = torch.zeros(32)
kern[(1,)](x, torch.ones(1), 32, 1)
kern[(1,)](x, torch.ones(1).half(), 32, 1)
kern[(1,)](x, torch.ones(1), 32, 2)
""",
    }
)
UNFED = (
    ("k.py", ", DEAD: tl.constexpr", ""),
    ("k.py", ', "DEAD": lambda args: 3', ""),
)
NO_KEY = (
    ("k.py", '"n", "dead"]', '"n"]'),
    ("k.py", "n, dead, BLOCK", "n, BLOCK"),
    ("run.py", "(1), 32, 1)", "(1), 32)"),
    ("run.py", "half(), 32, 1)", "half(), 32)"),
    ("run.py", "32, 2)", "32)"),
)
NO_TENSOR = (
    ("k.py", "x_ptr, old_ptr, n", "x_ptr, n"),
    ("run.py", "torch.ones(1), 32, 1)", "32, 1)"),
    ("run.py", "torch.ones(1).half(), 32, 1)", "32, 1)"),
    ("run.py", "torch.ones(1), 32, 2)", "32, 2)"),
)

ONLY_HEURISTICS = Project(
    {
        "k.py": """
@triton.heuristics({"DEAD": lambda args: 3})
@triton.jit
def kern(x_ptr, n, DEAD: tl.constexpr):
    tl.store(x_ptr, n)
""",
        "run.py": "from k import kern\nkern[(1,)](torch.zeros(32), 32)\n",
    }
)

HELPED = Project(
    {
        "h.py": """
@triton.jit
def inline(ptr, value, dead):
    tl.store(ptr, value)
@triton.jit(noinline=True)
def apart(ptr, value, dead):
    tl.store(ptr, value)
""",
        "k.py": """
from h import apart, inline
@triton.jit
def one(x_ptr, n, dead):
    inline(x_ptr, n, dead)
    apart(x_ptr + 1, n, dead)
@triton.jit
def two(x_ptr, n):
    inline(x_ptr, n, 0)
""",
        "run.py": """
from k import one, two
one[(1,)](torch.zeros(32), 32, 7)
two[(1,)](torch.zeros(32), 32)
""",
    }
)
UNHELPED = (
    ("h.py", "inline(ptr, value, dead)", "inline(ptr, value)"),
    ("h.py", "apart(ptr, value, dead)", "apart(ptr, value)"),
    ("k.py", "inline(x_ptr, n, dead)", "inline(x_ptr, n)"),
    ("k.py", "n, dead)\n@triton", "n)\n@triton"),
    ("k.py", "inline(x_ptr, n, 0)", "inline(x_ptr, n)"),
    ("k.py", "one(x_ptr, n, dead)", "one(x_ptr, n)"),
    ("run.py", "32, 7)", "32)"),
)

OVERWRITTEN = Project(
    {
        "k.py": """
@triton.jit
def kern(x_ptr, y_ptr, n, C: tl.constexpr):
    if C:
        n = tl.load(y_ptr)
    else:
        n = tl.load(y_ptr + 1)
    tl.store(x_ptr, n)
""",
        "run.py": """
from k import kern
for c in (True, False):
    kern[(1,)](torch.zeros(32), torch.zeros(32), 5, C=c)
""",
    }
)
WRITTEN = (("k.py", "y_ptr, n, C", "y_ptr, C"), ("run.py", "(32), 5, C", "(32), C"))

#: In the TTIR of these, Triton names `n` after `v`.
RENAMED = Project(
    {
        "k.py": """
@triton.jit
def kern(x_ptr, n, v):
    v = n
    if n > 4:
        v = n + 1
    tl.store(x_ptr, v)
""",
        "run.py": "from k import kern\nkern[(1,)](torch.zeros(32), 32, 7)\n",
    }
)
NOT_RENAMED = (("k.py", "n, v)", "n)"), ("run.py", "32, 7)", "32)"))

#: One parameter may become many arguments in TTIR.
GROUPS = Project(
    {
        "k.py": """
@triton.jit
def kern(x_ptr, sizes, old, where, dead, n):
    tl.store(x_ptr + sizes[0], n + sizes[1])
    where.store([0, 0], tl.full([8, 16], 0, tl.float32))
""",
        "run.py": """
from triton.tools.tensor_descriptor import TensorDescriptor as D
from k import kern
x, y, z = torch.zeros(8, 16), torch.zeros(8, 16), torch.zeros(8, 16)
kern[(1,)](x, (2, 5), (3, 7), D.from_tensor(y, [8, 16]), D.from_tensor(z, [8, 16]), 9)
""",
    }
)
UNGROUPED = (
    ("k.py", "sizes, old, where, dead", "sizes, where"),
    ("run.py", "(3, 7), ", ""),
    ("run.py", "D.from_tensor(z, [8, 16]), ", ""),
)

HIDDEN = Project(
    {
        "k.py": """
def flops(grid, metadata, args):
    return {"flops": args["n"]}
@triton.jit(launch_metadata=flops)
def kern(x_ptr, n, dead):
    tl.store(x_ptr, n)
""",
        "run.py": """
import threading, warnings
from k import kern
x = torch.zeros(32)
exec("kern[(1,)](x, 32, 7)")
try:
    kern[(2,)](x, 32, 7)
except TypeError:
    pass
thread = threading.Thread(target=kern[(3,)], args=(x, 32, 7))
thread.start(); thread.join()
kern.warmup(x, 32, 7, grid=(1,))
triton.compile(triton.compiler.ASTSource(kern, {"x_ptr": "*fp32", "n": "i32", "dead": "i32"}))
""",
    }
)
SHOWN = (
    ("k.py", "n, dead)", "n)"),
    ("run.py", '32, 7)")', '32)")'),
    ("run.py", "kern[(2,)](x, 32, 7)", "kern[(2,)](x, 32)"),
    ("run.py", "(x, 32, 7))", "(x, 32))"),
    ("run.py", "(x, 32, 7, grid", "(x, 32, grid"),
    ("run.py", ', "dead": "i32"', ""),
)


def without(edits: tuple[Edit, ...], place: int, *instead: Edit) -> tuple[Edit, ...]:
    """All edits but one, as if a fixer had overlooked a place."""
    return (*edits[:place], *edits[place + 1 :], *instead)


RIGHT: dict[str, tuple[Project, tuple[Edit, ...]]] = {
    "removed everywhere": (PLAIN, REMOVED),
    "removed, and written in another way": (
        PLAIN,
        (DEF, ("run.py", "31, 7, 5, BLOCK=32", "BLOCK=32, m=5, n=31"), SECOND),
    ),
    "removed from configs that become the same": (TUNED, UNTUNED),
    "configs that become the same are one": (
        TUNED,
        (UNTUNED[0], ("k.py", ', "DEAD": d}', "}"), ("k.py", " for d in (1, 2)]", "]")),
    ),
    "removed with its heuristic": (FED, UNFED),
    "the whole decorator goes": (
        ONLY_HEURISTICS,
        (
            ("k.py", '@triton.heuristics({"DEAD": lambda args: 3})\n', ""),
            ("k.py", ", DEAD: tl.constexpr", ""),
        ),
    ),
    "a tensor gone, so that less is tuned": (FED, NO_TENSOR),
    "helpers and what they are called with": (HELPED, UNHELPED),
    "overwritten in both arms": (OVERWRITTEN, WRITTEN),
    "removed from launches that hide": (HIDDEN, SHOWN),
    "overwritten with another parameter": (RENAMED, NOT_RENAMED),
    "tuples and descriptors": (GROUPS, UNGROUPED),
}

#: Each with words of the reason that the judge must give.
WRONG: dict[str, tuple[Project, tuple[Edit, ...], str]] = {
    # -- launches
    "no launch follows": (PLAIN, (DEF,), "multiple values for argument 'BLOCK'"),
    "the first launch does not follow": (PLAIN, (DEF, SECOND), "kern at run.py:6 raises TypeError"),
    "the second launch does not follow": (PLAIN, (DEF, FIRST), "KeyError: 'Keyword argument dead"),
    "the kernel does not follow": (PLAIN, (FIRST, SECOND), "missing 1 required"),
    "another argument goes": (
        PLAIN,
        (DEF, ("run.py", "31, 7, 5", "7, 5"), SECOND),
        "n gets 7, not 31",
    ),
    "another keyword goes": (
        PLAIN,
        (DEF, FIRST, ("run.py", "n=16, dead=3, m=2", "n=16, m=3")),
        "m gets 3, not 2",
    ),
    "arguments are swapped": (
        PLAIN,
        (DEF, ("run.py", "x, y, 31, 7", "y, x, 31"), SECOND),
        "x_ptr gets a tensor",
    ),
    "one tensor comes twice": (
        PLAIN,
        (DEF, ("run.py", "x, y, 31, 7", "x, x, 31"), SECOND),
        "y_ptr gets a tensor",
    ),
    "an option goes": (
        PLAIN,
        (DEF, ("run.py", "31, 7, 5, BLOCK=32, num_warps=2", "31, 5, BLOCK=32"), SECOND),
        "other options: ",
    ),
    "another grid": (PLAIN, (*REMOVED, ("run.py", "// 8", "// 4")), "another grid"),
    "a launch goes": (
        PLAIN,
        (DEF, SECOND, ("run.py", "kern[(1,)](x, y, 31, 7, 5, BLOCK=32, num_warps=2)\n", "")),
        "is not made",
    ),
    "a launch comes": (
        PLAIN,
        (
            *REMOVED,
            ("run.py", "x, y =", "kern[(1,)](torch.ones(1), torch.ones(1), 1, 5, 16)\nx, y ="),
        ),
        "is new",
    ),
    "one tensor for another that looks the same": (
        Project(
            {
                **PLAIN.files,
                "run.py": """
from k import kern
def go(x, y, z):
    kern[(1,)](x, y, 31, z, 5, BLOCK=32)
go(torch.zeros(32), torch.ones(32), torch.ones(32))
""",
            }
        ),
        (DEF, ("run.py", "x, y, 31, z, 5", "x, z, 31, 5")),
        "y_ptr gets a tensor float32[32] (z), not a tensor float32[32] (y)",
    ),
    "another kind of argument": (
        PLAIN,
        (*REMOVED, ("run.py", "x, y =", "x = y =")),
        "CompilationError",
    ),
    "the contents of an argument": (
        PLAIN,
        (*REMOVED, ("run.py", "torch.ones(32)", "torch.zeros(32)")),
        "y_ptr gets a tensor float32[32] (y), not a tensor float32[32] (y)",
    ),
    "the script fails": (PLAIN, (*REMOVED, ("run.py", "x, y =", "nothing\nx, y =")), "NameError"),
    "the script ends": (
        PLAIN,
        (*REMOVED, ("run.py", "x, y =", "raise SystemExit(3)\nx, y =")),
        "SystemExit: 3",
    ),
    "the process dies": (
        PLAIN,
        (*REMOVED, ("run.py", "x, y =", "import os; os.abort()\nx, y =")),
        "the process died (signal 6)",
    ),
    "the script does not end": (
        PLAIN,
        (*REMOVED, ("run.py", "x, y =", "while True: pass\nx, y =")),
        "it took more than",
    ),
    # -- the kernel
    "the body changes": (PLAIN, (*REMOVED, ("k.py", " + m + OTHER", " + OTHER")), "other TTIR"),
    "an operand changes": (
        PLAIN,
        (
            *REMOVED,
            ("k.py", "tl.store(x_ptr + o, tl.load(y_ptr", "tl.store(y_ptr + o, tl.load(x_ptr"),
        ),
        "other TTIR",
    ),
    "a default changes": (PLAIN, (*REMOVED, ("k.py", "= 4", "= 8")), "parameter OTHER of"),
    "a default comes": (
        PLAIN,
        (*REMOVED, ("k.py", "BLOCK: tl.constexpr, O", "BLOCK: tl.constexpr = 8, O")),
        "parameter BLOCK of",
    ),
    "a default goes": (
        PLAIN,
        (*REMOVED, ("k.py", ": tl.constexpr = 4", ": tl.constexpr")),
        "OTHER",
    ),
    "an annotation goes": (
        PLAIN,
        (*REMOVED, ("k.py", "OTHER: tl.constexpr", "OTHER")),
        "other TTIR",
    ),
    "an annotation comes": (
        PLAIN,
        (*REMOVED, ("k.py", "n, m,", "n: tl.constexpr, m,")),
        "parameter n of",
    ),
    "parameters change places": (
        PLAIN,
        (
            ("k.py", "n, dead, m", "m, n"),
            ("run.py", "31, 7, 5", "5, 31"),
            SECOND,
        ),
        "the parameters of k.kern were",
    ),
    "a parameter that is read goes": (
        PLAIN,
        (
            ("k.py", ", OTHER: tl.constexpr = 4", ""),
            ("k.py", "\n@triton", "\nOTHER = tl.constexpr(5)\n@triton"),
        ),
        "other TTIR",
    ),
    "a list of the decorator is lost": (
        PLAIN,
        (*REMOVED, ("k.py", '(do_not_specialize=["m"])', "")),
        "parameter m of k.kern has become another",
    ),
    "an option of the decorator comes": (
        PLAIN,
        (*REMOVED, ("k.py", "(do_not", "(debug=True, do_not")),
        "other options of the decorator",
    ),
    "another name": (PLAIN, (*REMOVED, ("k.py", "def kern(", "def kernel(")), "kern is defined 0"),
    # -- what overwrites
    "overwritten in one arm only": (
        Project(
            {
                **OVERWRITTEN.files,
                "k.py": OVERWRITTEN.files["k.py"].replace("n = tl.load(y_ptr)", "return"),
            }
        ),
        WRITTEN,
        "n is not defined",
    ),
    # -- tuning
    "the configs do not follow": (TUNED, UNTUNED[:1], "Keyword argument DEAD"),
    "the kernel does not follow the configs": (TUNED, UNTUNED[1:], "missing 1 required"),
    "another entry of the configs goes": (
        TUNED,
        (UNTUNED[0], ("k.py", '"BLOCK": b, "DEAD": d', '"DEAD": d')),
        "KeyError: 'BLOCK'",
    ),
    "a config goes": (TUNED, (*UNTUNED, ("k.py", "(64, 32, 16)", "(64, 32)")), "the configs are"),
    "a config that is never tried goes": (
        TUNED,
        (*UNTUNED, ("k.py", "(64, 32, 16)", "(32, 16)")),
        "the configs are",
    ),
    "an option of the configs goes": (
        TUNED,
        (UNTUNED[0], ("k.py", ', "DEAD": d}, num_warps=2', "}")),
        "the configs are",
    ),
    "a name of the key goes": (
        TUNED,
        (*UNTUNED, ("k.py", 'key=["n"]', "key=[]")),
        "key is [], not",
    ),
    "what is restored goes": (
        TUNED,
        (*UNTUNED, ("k.py", 'restore_value=["x_ptr"]', "restore_value=None")),
        "restore is [], not",
    ),
    "the pruning goes": (
        TUNED,
        (*UNTUNED, ("k.py", ', prune_configs_by={"early_config_prune": prune}', "")),
        "the autotuner tries 3 configs, not 2",
    ),
    "the pruning fails": (TUNED, (*UNTUNED, ("k.py", 'args["n"]]', 'args["m"]]')), "KeyError: 'm'"),
    "a dead name leaves the key": (FED, NO_KEY, "not allowed here: key"),
    "another name leaves the key": (
        FED,
        (("k.py", '"n", "dead"]', '"dead"]'), *NO_KEY[1:]),
        "key contains names that are not kernel arguments",
    ),
    "a heuristic goes": (
        FED,
        (*UNFED, ("k.py", '"EVEN": lambda args: args["n"] % 2 == 0', "")),
        "heuristics is [], not ['EVEN']",
    ),
    "another heuristic": (
        FED,
        (*UNFED, ("k.py", "% 2 == 0", "% 2 == 1")),
        "EVEN gets False, not True",
    ),
    "the autotuner goes": (
        ONLY_HEURISTICS,
        (
            ("k.py", '@triton.heuristics({"DEAD": lambda args: 3})\n', ""),
            ("run.py", "32)\n", "32, 3)\n"),
        ),
        "has lost its heuristics",
    ),
    # -- helpers
    "a helper does not follow": (HELPED, without(UNHELPED, 0), "CompilationError"),
    "a call of a helper does not follow": (HELPED, without(UNHELPED, 2), "CompilationError"),
    "another call of a helper does not follow": (HELPED, without(UNHELPED, 4), "CompilationError"),
    "a helper's body changes": (
        HELPED,
        (
            *UNHELPED,
            (
                "h.py",
                "inline(ptr, value):\n    tl.store(ptr",
                "inline(ptr, value):\n    tl.store(ptr + 1",
            ),
        ),
        "other TTIR",
    ),
    "a helper gets another argument": (
        HELPED,
        (*without(UNHELPED, 2), ("k.py", "inline(x_ptr, n, dead)", "inline(x_ptr, 7)")),
        "other TTIR",
    ),
    # -- tuples and descriptors
    "another tuple": (
        GROUPS,
        (UNGROUPED[0], ("run.py", "(2, 5), ", ""), UNGROUPED[2]),
        "sizes gets tuple(3, 7), not tuple(2, 5)",
    ),
    "another descriptor": (
        GROUPS,
        (*UNGROUPED[:2], ("run.py", "D.from_tensor(y, [8, 16]), ", "")),
        "where gets",
    ),
    # -- launches that hide
    "a launch in a string": (HIDDEN, without(SHOWN, 1), "at run.py:7 raises TypeError"),
    "a launch whose exception is caught": (HIDDEN, without(SHOWN, 2), "run.py:9 raises TypeError"),
    "a launch in a thread": (HIDDEN, without(SHOWN, 3), "raises TypeError"),
    "a warmup": (HIDDEN, without(SHOWN, 4), "raises TypeError"),
    "a compile without a launch": (HIDDEN, without(SHOWN, 5), "fails after the fix"),
    "what a profiler is told": (
        HIDDEN,
        (*SHOWN, ("k.py", 'args["n"]', 'args["dead"]')),
        "launch metadata",
    ),
}

PLAIN_HELPER = "@triton.jit\ndef alone(x_ptr, dead):\n    tl.store(x_ptr, 1)\n"
UNUSABLE: dict[str, tuple[Project, tuple[Edit, ...], str]] = {
    "it fails before the fix": (
        Project({**PLAIN.files, "run.py": PLAIN.files["run.py"] + "nothing\n"}),
        REMOVED,
        "fails before the fix: NameError",
    ),
    "it does not end before the fix": (
        Project({**PLAIN.files, "run.py": PLAIN.files["run.py"] + "while True: pass\n"}),
        REMOVED,
        "before the fix: it took more than",
    ),
    "no two runs are the same": (
        Project(
            {
                **PLAIN.files,
                "run.py": PLAIN.files["run.py"]
                + "import time\nkern[(1,)](x, y, time.time_ns(), dead=1, m=1, BLOCK=16)\n",
            }
        ),
        (*REMOVED, ("run.py", ", dead=1", "")),
        "two runs of it differ",
    ),
    "the kernel that changes is never compiled": (
        Project({**PLAIN.files, "k.py": PLAIN.files["k.py"] + PLAIN_HELPER}),
        (("k.py", "alone(x_ptr, dead)", "alone(x_ptr)"),),
        "k.alone has changed and is not compiled",
    ),
}


class Remembering:
    """A `Warm` that runs the same files only once."""

    def __init__(self, warm: Warm) -> None:
        self.warm = warm
        self.known = {}

    def run(self, root: Path, script: str, paths=(), limit: float = 60.0):
        files = {path.relative_to(root): path.read_bytes() for path in root.rglob("*.*")}
        key = (frozenset(files.items()), script, tuple(paths))
        if key not in self.known:
            self.known[key] = self.warm.run(root, script, paths, limit)
        return self.known[key]


@pytest.fixture(scope="module")
def remembering(warm: Warm):
    return Remembering(warm)


@pytest.fixture
def verdict(warm: Warm, remembering: Remembering, request, tmp_path):
    # Of many wrong fixes, each has the same few projects before it.
    is_wrong = "wrong" in request.node.name

    def give(project: Project, edits: tuple[Edit, ...], allow: frozenset[str] = SAFE):
        before = project.write(tmp_path / "before")
        after = project.write(tmp_path / "after", edits)
        endless = "while True" in (after / "run.py").read_text()
        limit = 1 if endless else 60
        return Judge(remembering if is_wrong else warm, allow=allow, limit=limit).judge(
            before, after
        )

    return give


@pytest.mark.parametrize(("project", "edits"), RIGHT.values(), ids=RIGHT)
def test_a_right_fix_is_right(verdict, project, edits):
    found = verdict(project, edits)
    assert (found.outcome, found.reasons) == ("right", [])
    assert found.changes["removed"] > 0


@pytest.mark.parametrize(("project", "edits", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_fix_is_broken(verdict, project, edits, words):
    found = verdict(project, edits)
    assert found.outcome == "broken"
    assert words in "\n".join(found.reasons)


@pytest.mark.parametrize(("project", "edits", "words"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_proves_nothing_is_not_called_right(verdict, project, edits, words):
    found = verdict(project, edits)
    assert found.outcome == "proves nothing"
    assert words in found.reasons[0]


def test_a_project_that_nothing_was_done_to(verdict):
    found = verdict(PLAIN, (("k.py", "    o = tl", "    # a comment\n    o = tl"),))
    assert found.outcome == "unchanged"
    assert found.launches == 2


@pytest.mark.parametrize(
    ("project", "edits", "kinds"),
    [
        (PLAIN, (("k.py", '["m"]', '["m", "dead"]'),), {"demoted": 1}),
        (TUNED, (("k.py", "DEAD: tl.constexpr", "DEAD"),), {"demoted": 1}),
        (FED, NO_KEY, {"removed": 1, "key": 1, "tuning": 1}),
    ],
    ids=["not specialized", "no constexpr", "out of the key"],
)
def test_changes_that_a_caller_may_allow(verdict, project, edits, kinds):
    found = verdict(project, edits, frozenset({"removed", "tuning", "key", "demoted"}))
    assert (found.outcome, found.reasons) == ("right", [])
    assert found.changes == kinds
