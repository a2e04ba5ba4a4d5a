"""The source of a value that a launch gets through a function of another file."""

from __future__ import annotations

import textwrap

import pytest
from tests.live.conftest import HEADER, KERNEL

#: A file with a launch, whose `size` only the callers know.
LAUNCH = HEADER + KERNEL + "def launch(x, size):\n    kernel[(1,)](x, size, 64)\n"

STATIC = (
    HEADER
    + KERNEL
    + """\
class Ops:
    @staticmethod
    def fill(x, size):
        kernel[(1,)](x, n=size, BLOCK=64)


class FastOps(Ops):
    @staticmethod
    def fill(x, size):
        kernel[(1,)](x, size, 64)


def choose():
    return Ops


operator = choose()
"""
)

METHOD = (
    HEADER
    + KERNEL
    + """\
class Layer:
    def fill(self, x, size):
        kernel[(1,)](x, size, 64)
"""
)

#: Trees with a caller, in another file, that passes a value of every request.
PER_REQUEST = {
    "an import": {
        "ops.py": LAUNCH,
        "model.py": """
            from ops import launch

            def forward(tokens):
                launch(tokens, tokens.shape[0])
        """,
    },
    "a keyword": {
        "ops.py": LAUNCH,
        "model.py": """
            from ops import launch

            def forward(x):
                num_tokens, width = x.shape
                launch(x=x, size=num_tokens)
        """,
    },
    "a module": {
        "pkg/__init__.py": "",
        "pkg/ops.py": LAUNCH,
        "pkg/model.py": """
            from . import ops

            def forward(x):
                num_tokens = x.shape[0]
                ops.launch(x, num_tokens)
        """,
    },
    "a package that hands the name on": {
        "pkg/__init__.py": "",
        "pkg/ops/__init__.py": "from .fill import launch\n",
        "pkg/ops/fill.py": LAUNCH,
        "pkg/model.py": """
            from pkg.ops import launch

            def forward(x):
                num_tokens = x.shape[0]
                launch(x, num_tokens)
        """,
    },
    "an import in a function, under another name": {
        "ops.py": LAUNCH,
        "model.py": """
            def forward(x):
                import ops as o

                num_tokens = x.shape[0]
                o.launch(x, num_tokens)
        """,
    },
    "two calls": {
        "ops.py": LAUNCH,
        "between.py": """
            from ops import launch

            def fill(x, *, count):
                launch(x, count)
        """,
        "model.py": """
            from between import fill

            def forward(x):
                num_tokens = x.shape[0]
                fill(x, count=num_tokens)
        """,
    },
    "two calls, one of them in the same file": {
        "ops.py": LAUNCH,
        "model.py": """
            from ops import launch

            def fill(x, count):
                launch(x, count)

            def forward(x):
                num_tokens = x.shape[0]
                fill(x, num_tokens)
        """,
    },
    "two calls, one of them of a method": {
        "ops.py": LAUNCH,
        "layer.py": """
            from ops import launch

            class Layer:
                def fill(self, x, count):
                    launch(x, count)
        """,
        "model.py": """
            def forward(self, x):
                num_tokens = x.shape[0]
                self.layer.fill(x, num_tokens)
        """,
    },
    "an object of unknown type": {
        "ops.py": STATIC,
        "model.py": """
            from ops import operator

            def fill(x):
                num_tokens = x.shape[0]
                operator.fill(x, num_tokens)
        """,
    },
    "a class": {
        "ops.py": STATIC,
        "model.py": """
            from ops import FastOps

            def forward(x):
                num_tokens = x.shape[0]
                FastOps.fill(x, num_tokens)
        """,
    },
    "a method": {
        "ops.py": METHOD,
        "model.py": """
            def forward(self, x):
                num_tokens = x.shape[0]
                self.layer.fill(x, num_tokens)
        """,
    },
    "a product": {
        "ops.py": LAUNCH,
        "model.py": """
            from ops import launch

            def forward(k, beta):
                B, T, Hg, K = k.shape
                H = beta.shape[-1]
                launch(k, B * H)
        """,
    },
}

#: The same with a value that stays the same, or a call that may call something else.
UNKNOWN = {
    "a width": {
        "ops.py": LAUNCH,
        "model.py": """
            from ops import launch

            def forward(x):
                num_tokens, dim = x.shape
                launch(x, dim)
        """,
    },
    "rows of a weight": {
        "ops.py": LAUNCH,
        "model.py": """
            from ops import launch

            def forward(weight):
                rows = weight.shape[0]
                launch(weight, rows)
        """,
    },
    "a test": {
        "ops.py": LAUNCH,
        "tests/test_ops.py": """
            from ops import launch

            def test_launch(x):
                num_tokens = x.shape[0]
                launch(x, num_tokens)
        """,
    },
    "a function of that name in another module": {
        "ops.py": LAUNCH,
        "others.py": "def launch(x, size):\n    return x\n",
        "model.py": """
            from others import launch

            def forward(x):
                num_tokens = x.shape[0]
                launch(x, num_tokens)
        """,
    },
    "a name that may be either": {
        "ops.py": LAUNCH,
        "others.py": "def launch(x, size):\n    return x\n",
        "model.py": """
            try:
                from ops import launch
            except ImportError:
                from others import launch

            def forward(x):
                num_tokens = x.shape[0]
                launch(x, num_tokens)
        """,
    },
    "a function that is replaced": {
        "ops.py": LAUNCH + "\n\nlaunch = torch.compile(launch)\n",
        "model.py": """
            from ops import launch

            def forward(x):
                num_tokens = x.shape[0]
                launch(x, num_tokens)
        """,
    },
    "a method that another class has too": {
        "ops.py": METHOD,
        "others.py": "class Pot:\n    def fill(self, x, size):\n        return x\n",
        "model.py": """
            def forward(self, x):
                num_tokens = x.shape[0]
                self.layer.fill(x, num_tokens)
        """,
    },
    "a method that another class of the file has too": {
        "ops.py": METHOD + "\n\nclass Pot:\n    def fill(self, x, size):\n        return x\n",
        "model.py": """
            def forward(self, x):
                num_tokens = x.shape[0]
                self.layer.fill(x, num_tokens)
        """,
    },
    "a function of the name, called on an object": {
        "ops.py": LAUNCH,
        "model.py": """
            def forward(self, x):
                num_tokens = x.shape[0]
                self.runner.launch(x, num_tokens)
        """,
    },
    "arguments that are unpacked": {
        "ops.py": LAUNCH,
        "model.py": """
            from ops import launch

            def forward(x, *rest):
                num_tokens = x.shape[0]
                launch(*rest, num_tokens)
        """,
    },
    "a name that says that a model fixes it": {
        "ops.py": LAUNCH.replace("size", "head_size"),
        "model.py": """
            from ops import launch

            def forward(x):
                num_tokens = x.shape[0]
                launch(x, num_tokens)
        """,
    },
    "a bucket": {
        "ops.py": LAUNCH,
        "model.py": """
            import triton

            from ops import launch

            def forward(x):
                num_tokens = triton.next_power_of_2(x.shape[0])
                launch(x, num_tokens)
        """,
    },
}


@pytest.mark.parametrize("files", PER_REQUEST.values(), ids=PER_REQUEST)
def test_caller_in_another_file_is_followed(lint, files):
    findings = lint(files, "--select", "TRL101")
    assert [f["parameter"] for f in findings] == ["n"]


@pytest.mark.parametrize("files", PER_REQUEST.values(), ids=PER_REQUEST)
def test_file_that_is_named_alone_has_the_same_finding(write, tritonlint, files):
    root = write(files)
    (file,) = [root / name for name, text in files.items() if KERNEL in text]
    options = ("--select", "TRL101", "--output-format", "json")
    whole = tritonlint(root, *options).findings
    assert tritonlint(file, *options).findings == whole
    assert len(whole) == 1


@pytest.mark.parametrize("files", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_certain_is_left_alone(lint, files):
    assert lint(files, "--select", "TRL101") == []


def test_a_name_in_many_files_is_not_followed(lint):
    caller = "from ops import launch\n\n\ndef forward(x):\n    num_tokens = x.shape[0]\n"
    caller += "    launch(x, num_tokens)\n"
    few = {"ops.py": LAUNCH, **{f"model{i}.py": caller for i in range(15)}}
    many = {"ops.py": LAUNCH, **{f"model{i}.py": caller for i in range(16)}}
    assert len(lint(few, "--select", "TRL101")) == 1
    assert lint(many, "--select", "TRL101") == []


def test_message_names_the_file(lint):
    (finding,) = lint(PER_REQUEST["an import"], "--select", "TRL101")
    assert "`tokens.shape[0]`, through a call of `launch` in `model.py`, and" in finding["message"]


def test_a_key_of_autotune_is_followed_too(lint):
    ops = HEADER + textwrap.dedent(
        """
        @triton.autotune(
            configs=[triton.Config({"BLOCK": 64}), triton.Config({"BLOCK": 128})], key=["n"]
        )
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x + tl.arange(0, BLOCK), 0, mask=tl.arange(0, BLOCK) < n)


        def launch(x, size):
            kernel[(1,)](x, size)
        """
    )
    files = {**PER_REQUEST["an import"], "ops.py": ops}
    assert [f["code"] for f in lint(files, "--select", "TRL301")] == ["TRL301"]


#: A launch with rows of a tensor, called in another file: whether there is a finding.
ELSEWHERE = {
    "rows of a weight": ("launch(layer.weight)", False),
    "rows of a weight, and of an input": ("launch(layer.weight)\n    launch(tokens)", True),
    "rows of an input": ("launch(tokens)", True),
    "in a branch for a few": ("if tokens.shape[0] < 4:\n        launch(tokens)", True),
}


@pytest.mark.parametrize(("calls", "is_found"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_caller_in_another_file_may_tell_that_a_model_fixes_it(lint, calls, is_found):
    ops = HEADER + KERNEL + "def launch(x):\n    rows = x.shape[0]\n    kernel[(1,)](x, rows, 64)\n"
    model = f"from ops import launch\n\n\ndef forward(layer, tokens):\n    {calls}\n"
    found = lint({"ops.py": ops, "model.py": model}, "--select", "TRL101")
    assert len(found) == is_found


def test_a_check_in_another_file_may_leave_few_values(lint):
    ops = HEADER + KERNEL + "def launch(x, num_tokens):\n    kernel[(1,)](x, num_tokens, 64)\n"
    model = "from ops import launch\n\n\ndef forward(x, n):\n    if n <= 8:\n        launch(x, n)\n"
    assert lint({"ops.py": ops, "model.py": model}, "--select", "TRL101") == []
    assert (
        len(lint({"ops.py": ops, "model.py": model.replace("8", "800")}, "--select", "TRL101")) == 1
    )


def test_a_caller_in_another_file_says_nothing_about_the_name_of_a_quotient(lint):
    ops = (
        HEADER
        + KERNEL
        + (
            "def launch(x):\n    T = x.shape[0]\n    num_chunks = triton.cdiv(T, 64)\n"
            "    kernel[(1,)](x, num_chunks, 64)\n"
        )
    )
    model = "from ops import launch\n\n\ndef forward(q):\n    launch(q)\n"
    assert len(lint({"ops.py": ops, "model.py": model}, "--select", "TRL101")) == 1
