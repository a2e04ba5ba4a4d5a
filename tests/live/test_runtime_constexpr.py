"""TRL101: which values change with every request, and which uses need a constexpr."""

from __future__ import annotations

import textwrap

import pytest
from tests.live.conftest import HEADER, KERNEL

#: Functions around a launch that passes a value of every request as `n`.
PER_REQUEST = {
    "a dimension": "def f(x, tokens):\n    kernel[(1,)](x, tokens.shape[0], 64)",
    "unpacked": "def f(x):\n    num_tokens, d = x.shape\n    kernel[(1,)](x, num_tokens, 64)",
    "unpacked from size()": (
        "def f(x):\n    batch_size, seq_len, d = x.size()\n    kernel[(1,)](x, n=seq_len, BLOCK=64)"
    ),
    "through locals": (
        "def f(q):\n    B, T = q.shape[:2]\n    length = T\n    kernel[(1,)](q, length, 64)"
    ),
    "the number of elements": "def f(x):\n    kernel[(1,)](x, x.numel(), 64)",
    "a limit of something else, or of this": (
        "def f(x, dim):\n    tokens = x.shape[0]\n    assert tokens <= 64 or dim <= 64\n"
        "    kernel[(1,)](x, tokens, 64)"
    ),
    "a limit that raises only beside another": (
        "def f(x, dim):\n    tokens = x.shape[0]\n    if tokens > 64 and dim > 64:\n"
        "        raise ValueError\n    kernel[(1,)](x, tokens, 64)"
    ),
    "a branch for many values": (
        "def f(x):\n    tokens = x.shape[0]\n    if tokens > 2048:\n        return x\n"
        "    if tokens <= 1024:\n        kernel[(1,)](x, tokens, 64)"
    ),
    "a branch for more than a few": (
        "def f(x):\n    tokens = x.shape[0]\n    if tokens > 8:\n"
        "        kernel[(1,)](x, tokens, 64)\n        return x\n    return x + 1"
    ),
    "before a branch for few": (
        "def f(x):\n    tokens = x.shape[0]\n    kernel[(1,)](x, tokens, 64)\n"
        "    if tokens > 8:\n        return x\n    return x + 1"
    ),
    "beside a branch for few": (
        "def f(x, a):\n    tokens = x.shape[0]\n    if a:\n        if tokens > 8:\n"
        "            return x\n    kernel[(1,)](x, tokens, 64)"
    ),
    "a limit of something else that returns": (
        "def f(x, dim):\n    tokens = x.shape[0]\n    if dim > 8 and tokens > 8:\n"
        "        return x\n    kernel[(1,)](x, tokens, 64)"
    ),
    "a tensor like one of an input's size": (
        "def f(y):\n    x = torch.zeros_like(y.to(torch.float16))\n"
        "    kernel[(1,)](x, x.numel(), 64)"
    ),
    "a tensor of as many as there are": (
        "def f(prompts):\n    x = torch.tensor([*prompts])\n    kernel[(1,)](x, x.numel(), 64)"
    ),
    "a tensor made as large as another": (
        "def f(y):\n    x = torch.zeros(4, y.shape[0])\n    kernel[(1,)](x, x.numel(), 64)"
    ),
    "offsets of a batch": (
        "def f(x, x_offsets):\n    B = x_offsets.numel() - 1\n    kernel[(1,)](x, B, 64)"
    ),
    "at most another size": (
        "def f(x, y):\n    rows = min(x.shape[0], y.shape[0])\n    kernel[(1,)](x, rows, 64)"
    ),
    "a product of sizes": (
        "def f(x, dim):\n    M = math.prod(x.shape[:dim])\n    kernel[(1,)](x, M, 64)"
    ),
    "len": "def f(x, cu_seqlens):\n    kernel[(1,)](x, len(cu_seqlens) - 1, 64)",
    "a parameter": "def f(x, num_tokens: int):\n    kernel[(1,)](x, num_tokens, 64)",
    "an attribute": "def f(x, meta):\n    kernel[(1,)](x, meta.num_tokens, 64)",
    "read out of a tensor": (
        "def f(x, lens):\n    max_seqlen = int(lens.max())\n    kernel[(1,)](x, max_seqlen, 64)"
    ),
    "blocks of a sequence": (
        "def f(q):\n    T = q.shape[1]\n    NT = triton.cdiv(T, 64)\n    kernel[(1,)](q, NT, 64)"
    ),
    "either of two": (
        "def f(x, lens):\n"
        "    seq_len = x.shape[1] if lens is None else len(lens)\n"
        "    kernel[(1,)](x, seq_len, 64)"
    ),
    "one or a constant": (
        "def f(x, lens):\n    tokens = 64 if lens is None else x.shape[0]\n"
        "    kernel[(1,)](x, tokens, 64)"
    ),
    "a size of a shape with a name": (
        "def f(x):\n    shape = x.shape\n    tokens = shape[0]\n    kernel[(1,)](x, tokens, 64)"
    ),
    "unpacked from a shape with a name": (
        "def f(x):\n    shape = x.shape\n    tokens, dim = shape\n    kernel[(1,)](x, tokens, 64)"
    ),
    "unpacked from converted sizes": (
        "def f(x):\n    tokens, dim = map(int, x.shape)\n    kernel[(1,)](x, tokens, 64)"
    ),
    "a tensor made here": (
        "def f(x):\n"
        "    tokens = x.shape[0]\n"
        "    out = torch.empty((tokens, 64))\n"
        "    kernel[(1,)](out, out.shape[0], 64)"
    ),
    "a caller": (
        "def f(x, size):\n    kernel[(1,)](x, size, 64)\n\n\n"
        "def g(tokens):\n    f(tokens, len(tokens))"
    ),
    "a caller of a caller": (
        "def f(x, size):\n    kernel[(1,)](x, size, 64)\n\n\n"
        "def g(x, many):\n    f(x, size=many)\n\n\n"
        "def h(x):\n    num_tokens = x.shape[0]\n    g(x, num_tokens)"
    ),
    "a tensor of a caller of a caller": (
        "def f(x, a):\n    kernel[(1,)](x, a.shape[0], 64)\n\n\n"
        "def g(x, b: torch.Tensor):\n    f(x, b)\n\n\n"
        "def h(x, tokens):\n    g(x, tokens)"
    ),
    "a caller of a static method": (
        "class F:\n    @staticmethod\n    def fill(x, size):\n"
        "        kernel[(1,)](x, size, 64)\n\n\n"
        "def f(out, tokens):\n    F.fill(out, len(tokens))"
    ),
    "an autograd function": (
        "class F(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x, size):\n"
        "        kernel[(1,)](x, size, 64)\n\n\n"
        "def f(x):\n    n_rows = x.shape[0]\n    return F.apply(x, n_rows)"
    ),
}

#: The same with a value that has few values, or about which nothing is known.
FEW = {
    "a literal": "def f(x):\n    kernel[(1,)](x, 64, 64)",
    "a constant of the module": "TOKENS = 64\n\n\ndef f(x):\n    kernel[(1,)](x, TOKENS, 64)",
    "a width": "def f(x):\n    tokens, dim = x.shape\n    kernel[(1,)](x, dim, 64)",
    "a codebook": "def f(x, code):\n    kernel[(1,)](x, code.numel(), 64)",
    "a name that says nothing": "def f(x):\n    a, b = x.shape\n    kernel[(1,)](x, b, 64)",
    "an inductor's block": (
        "def f(x):\n    xblock = math.ceil(x.numel() / 32)\n    kernel[(1,)](x, xblock, 64)"
    ),
    "a power of two": (
        "def f(x):\n    tokens = triton.next_power_of_2(x.shape[0])\n"
        "    kernel[(1,)](x, tokens, 64)"
    ),
    "rounded": (
        "def f(x):\n    tokens = triton.cdiv(x.shape[0], 64) * 64\n    kernel[(1,)](x, tokens, 64)"
    ),
    "at most a constant": (
        "def f(x):\n    tokens = min(x.shape[0], 32)\n    kernel[(1,)](x, tokens, 64)"
    ),
    "at most what a GPU has": (
        "def f(x, props):\n    rows = min(x.shape[0], props.multi_processor_count * 8)\n"
        "    kernel[(1,)](x, rows, 64)"
    ),
    "at most what a function says of a GPU": (
        "def f(x):\n    rows = min(x.shape[0], 8 * driver.sm_count(x.device))\n"
        "    kernel[(1,)](x, rows, 64)"
    ),
    "sink tokens of a configuration": (
        "def f(x, ctx):\n    kernel[(1,)](x, ctx.dense_sink_tokens, 64)"
    ),
    "largest values": "def f(x, block_amaxes):\n    kernel[(1,)](x, block_amaxes.numel(), 64)",
    "a return for more than a few": (
        "def f(x):\n    tokens = x.shape[0]\n    if tokens <= 1 or tokens > 16:\n"
        "        return x\n    kernel[(1,)](x, tokens, 64)"
    ),
    "the next round of a loop for more than a few": (
        "def f(xs):\n    for x in xs:\n        tokens = x.shape[0]\n        if tokens >= 16:\n"
        "            continue\n        kernel[(1,)](x, tokens, 64)"
    ),
    "a branch for few": (
        "def f(x):\n    tokens = x.shape[0]\n    if tokens <= 16 and x.is_cuda:\n"
        "        kernel[(1,)](x, tokens, 64)"
    ),
    "the other branch": (
        "def f(x):\n    tokens = x.shape[0]\n    if tokens > 16:\n        return x\n"
        "    elif tokens != 1:\n        return -x\n    else:\n"
        "        kernel[(1,)](x, tokens, 64)"
    ),
    "a tensor of numbers on a device": (
        "def f():\n    x = torch.tensor([1.0, 2.0]).to(torch.float16)\n"
        "    kernel[(1,)](x, x.numel(), 64)"
    ),
    "a tensor like one of numbers": (
        "def f():\n    x = torch.tensor([1.0, 2.0])\n    tokens = torch.empty_like(x)\n"
        "    kernel[(1,)](x, tokens.shape[0], 64)"
    ),
    "a tensor of numbers": (
        "def f():\n    x = torch.tensor([1.0, 2.0])\n    kernel[(1,)](x, x.numel(), 64)"
    ),
    "a size that a tensor made here does not have": (
        "def f(x):\n    out = torch.empty((x.shape[0], 64))\n    kernel[(1,)](x, out.shape[2], 64)"
    ),
    "unpacked from what a method `map` returns": (
        "def f(x, data):\n    tokens, rest = data.map(function=len)\n"
        "    kernel[(1,)](x, tokens, 64)"
    ),
    "a tensor of a constant size": (
        "def f():\n    x = torch.zeros(4, 64)\n    kernel[(1,)](x, x.numel(), 64)"
    ),
    "offsets of groups": "def f(x, offsets):\n    kernel[(1,)](x, offsets.numel(), 64)",
    "a bucket": (
        "def f(x):\n    tokens = bucket_for(x.shape[0])\n    kernel[(1,)](x, tokens, 64)\n\n\n"
        "def bucket_for(n):\n    return n"
    ),
    "an unknown function": (
        "def f(x):\n    tokens = plan(x.shape[0])\n    kernel[(1,)](x, tokens, 64)"
    ),
    "a test that raises": (
        "def f(x):\n    tokens = x.shape[0]\n    if x.dim() != 2 or tokens > 64:\n"
        "        raise ValueError\n    kernel[(1,)](x, tokens, 64)"
    ),
    "either of two limits": (
        "def f(x):\n    tokens = x.shape[0]\n    assert tokens == 1 or tokens == 64\n"
        "    kernel[(1,)](x, tokens, 64)"
    ),
    "an assertion": (
        "def f(x):\n    tokens = x.shape[0]\n    assert tokens <= 64\n"
        "    kernel[(1,)](x, tokens, 64)"
    ),
    "a check that raises": (
        "def f(x):\n    tokens = x.shape[0]\n    if tokens > 64:\n        raise ValueError\n"
        "    kernel[(1,)](x, tokens, 64)"
    ),
    "tokens per expert": (
        "def f(x):\n    tokens_per_expert = x.shape[0]\n    kernel[(1,)](x, tokens_per_expert, 64)"
    ),
    "the most of a configuration": (
        "def f(x, config):\n    kernel[(1,)](x, config.max_seq_len, 64)"
    ),
    "rows of a weight": (
        "def f(weight):\n    rows = weight.shape[0]\n    kernel[(1,)](weight, rows, 64)"
    ),
    "rows of what a caller calls a weight": (
        "def f(x):\n    rows = x.shape[0]\n    kernel[(1,)](x, rows, 64)\n\n\n"
        "def g(weight):\n    f(weight)"
    ),
    "another argument of a caller": (
        "def f(x, size, block):\n    kernel[(1,)](x, size, block)\n\n\n"
        "def g(x, tokens):\n    f(x, 64, len(tokens))"
    ),
    "elements of one of many": "def f(state):\n    kernel[(1,)](state, state[0].numel(), 64)",
    "a token's number": "def f(x, pad_token_id):\n    kernel[(1,)](x, pad_token_id, 64)",
    "a flag": "def f(x, seq_len):\n    kernel[(1,)](x, seq_len is not None, 64)",
}

#: Bodies of a kernel that need `n` to be a constexpr, or whose code depends on its value.
NEEDED = {
    "arange": "tl.store(x + tl.arange(0, n), 0)",
    "arange of what is computed from it": "tl.store(x + tl.arange(0, n // 2), 0)",
    "arange of a local constexpr": "m: tl.constexpr = n * 2\n    tl.store(x + tl.arange(0, m), 0)",
    "a shape": "tl.store(x, tl.sum(tl.zeros([n], tl.float32)))",
    "a static loop": "for i in tl.static_range(n):\n        tl.store(x + i, 0)",
    "a static assertion": "tl.static_assert(n > 0)\n    tl.store(x, n)",
    "a condition of constexprs": "if n > 4:\n        tl.store(x, 0)",
    "a choice of constexprs": "tl.store(x, 1 if n == 4 else 2)",
    "a condition of what `is` chooses": "m = n if x is not None else 4\n    if m > 2:\n"
    "        tl.store(x, 0)",
    "a part of a condition": "if n > 4 and tl.program_id(0) < 2:\n        tl.store(x, 0)",
    "not": "if not n:\n        tl.store(x, 0)",
    "a while": "i = 0\n    while n:\n        tl.store(x + i, 0)",
    "is": "if n is None:\n        tl.store(x, 0)",
    "an index": "t = (x, x)\n    tl.store(t[n], 0)",
    "an f-string": 'tl.static_print(f"{n}")\n    tl.store(x, n)',
    "a power": "tl.store(x, 2**n)",
    "or": "m = n or 4\n    tl.store(x, m)",
    "a negative floor division": "tl.store(x, -(-n // 4))",
    "a floor division of a negative local": "m = -n\n    tl.store(x, m // 4)",
    "a remainder of a negative number": "tl.store(x + (-n % 16), 1)",
    "a negative step": "for i in range(64, 0, -n):\n        tl.store(x + i, 0)",
    "a step that is a negative local": "m = -n\n    for i in range(64, 0, m):\n"
    "        tl.store(x + i, 0)",
    "a function for numbers": "tl.store(x + triton.cdiv(n, 4), 0)",
    "the message of an assert": 'assert x is not None, f"{n}"\n    tl.store(x + n, 0)',
    "an option of a loop": "for i in tl.range(0, 8, num_stages=n):\n        tl.store(x + i, 0)",
    "a dimension": "tl.store(x + tl.program_id(n), 0)",
    "an unknown function": "tl.store(x, tl.unknown(n))",
    "a lambda": "f = lambda y: y + n\n    tl.store(x, f(1))",
    "a helper's arange": "helper(x, n)",
    "a helper's helper's arange": "between(x, n + 1)",
}

#: Bodies that could take it at run time.
FREE = {
    "a mask": "o = tl.arange(0, BLOCK)\n    tl.store(x + o, 0, mask=o < n)",
    "an address": "tl.store(x + tl.program_id(0) * n, 0)",
    "a bound": "for i in range(n):\n        tl.store(x + i, 0)",
    "a bound of `tl.range`": "for i in tl.range(0, n, BLOCK):\n        tl.store(x + i, 0)",
    "a condition of run time": "if tl.program_id(0) >= n:\n        return\n    tl.store(x, 0)",
    "a value": "tl.store(x, n)",
    "arithmetic": "tl.store(x, tl.sum(tl.arange(0, BLOCK)) / n % n // n)",
    "min and cdiv": "tl.store(x + min(tl.cdiv(n, BLOCK), 8), 0)",
    "the shape of a block pointer": (
        "p = tl.make_block_ptr(x, (n, BLOCK), (BLOCK, 1), (0, 0), (16, 16), (1, 0))\n"
        "    tl.store(p, tl.zeros([16, 16], tl.float32))"
    ),
    "the mask of an atomic": "tl.atomic_add(x, 1, n)",
    "a helper's mask": "free(x, n)",
}

HELPERS = """\
@triton.jit
def helper(x, m):
    tl.store(x + tl.arange(0, m), 0)


@triton.jit
def between(x, m: tl.constexpr):
    helper(x, m=m)


@triton.jit
def free(x, m: tl.constexpr):
    tl.store(x, 0, mask=tl.program_id(0) < m)


"""


def kernel_of(body):
    return HELPERS + (
        "@triton.jit\ndef kernel(x, n: tl.constexpr, BLOCK: tl.constexpr):\n"
        f"    tl.store(x + BLOCK, tl.arange(0, BLOCK))\n    {body}\n\n\n"
        "def f(x):\n    kernel[(1,)](x, x.numel(), 64)\n"
    )


@pytest.mark.parametrize("host", PER_REQUEST.values(), ids=PER_REQUEST)
def test_value_of_every_request_is_found(found, host):
    assert found(KERNEL + host, "TRL101") == ["TRL101 kernel.n"]


@pytest.mark.parametrize("host", FEW.values(), ids=FEW)
def test_value_of_a_model_or_of_few_is_left_alone(found, host):
    assert found(KERNEL + host, "TRL101") == []


@pytest.mark.parametrize("body", NEEDED.values(), ids=NEEDED)
def test_use_that_needs_a_constexpr_is_left_alone(found, body):
    assert found(kernel_of(body), "TRL101") == []


@pytest.mark.parametrize("body", FREE.values(), ids=FREE)
def test_use_that_needs_none_is_found(found, body):
    assert found(kernel_of(body), "TRL101") == ["TRL101 kernel.n"]


#: Decorators above a kernel that gets a value of every request, and the rule that reports it.
TUNED = {
    "in a key": ("@triton.autotune([C(4), C(8)], key=['n'])", "TRL301"),
    "in a key beside others": ("@triton.autotune([C(4), C(8)], key=['BLOCK', 'n'])", "TRL301"),
    "in a key without a choice": ("@triton.autotune([C(4)], key=['n'])", "TRL101"),
    "another is in the key": ("@triton.autotune([C(4), C(8)], key=['BLOCK'])", "TRL101"),
}


@pytest.mark.parametrize(("decorator", "code"), TUNED.values(), ids=TUNED)
def test_what_a_kernel_is_tuned_for_is_left_to_trl301(found, decorator, code):
    """Without its annotation, the configs would still be timed for each value."""
    decorator = decorator.replace("C(", "triton.Config({}, num_warps=")
    kernel = KERNEL.replace("@triton.jit\n", f"{decorator}\n@triton.jit\n")
    host = "def f(x):\n    kernel[(1,)](x, x.numel(), 64)\n"
    assert found(kernel + host, "TRL101,TRL301") == [f"{code} kernel.n"]
    tuned = f"tuned = {decorator[1:]}(kernel)\n\n\n{host.replace('kernel[', 'tuned[')}"
    assert found(KERNEL + tuned, "TRL101,TRL301") == [f"{code} kernel.n"]


#: Launches of a kernel and of its autotuned form, and the rule that reports the value.
BESIDE = {
    "by the kernel": ("kernel[(1,)](x, x.numel(), 64)\n    tuned[(1,)](x, 5, 64)", "TRL101"),
    "by the autotuner": ("kernel[(1,)](x, 5, 64)\n    tuned[(1,)](x, x.numel(), 64)", "TRL301"),
    "by neither": ("kernel[(1,)](x, 5, 64)\n    tuned[(1,)](x, 6, 64)", None),
}


@pytest.mark.parametrize(("launches", "code"), BESIDE.values(), ids=BESIDE)
def test_only_launches_by_an_autotuner_are_tuned(found, launches, code):
    configs = "[triton.Config({}, num_warps=4), triton.Config({}, num_warps=8)]"
    host = f"tuned = triton.autotune({configs}, key=['n'])(kernel)\n\n\ndef f(x):\n    {launches}\n"
    codes = found(KERNEL + host, "TRL101,TRL301")
    assert codes == ([f"{code} kernel.n"] if code else [])


#: A second kernel beside `kernel`, and whether there is a finding.
TWINS = {
    "takes it at run time": ("def kernel_dynamic(x, n, BLOCK: tl.constexpr)", False),
    "has it as a constexpr too": ("def kernel_backward(x, n: tl.constexpr)", True),
    "does not have it": ("def kernel_dynamic(x, m)", True),
    "has another name": ("def other(x, n)", True),
}


@pytest.mark.parametrize(("twin", "is_found"), TWINS.values(), ids=TWINS)
def test_a_twin_that_takes_it_at_run_time_shows_a_purpose(found, twin, is_found):
    source = f"@triton.jit\n{twin}:\n    tl.store(x, 0)\n\n\n"
    host = "def f(x):\n    kernel[(1,)](x, x.numel(), 64)\n"
    assert found(KERNEL + source + host, "TRL101") == ["TRL101 kernel.n"] * is_found


def test_settings_add_words(lint):
    source = (
        HEADER + KERNEL + "def f(x):\n    frames = x.shape[1]\n    kernel[(1,)](x, frames, 64)\n"
    )
    assert lint({"kernels.py": source}, "--select", "TRL101") == []
    settings = {"tritonlint.toml": 'per-request-names = ["frames"]\n'}
    assert len(lint({"kernels.py": source, **settings}, "--select", "TRL101")) == 1
    settings = {"tritonlint.toml": 'per-request-names = ["frames"]\nper-model-names = ["x"]\n'}
    assert lint({"kernels.py": source, **settings}, "--select", "TRL101") == []
    # The user's settings for a word win over what tritonlint knows about it.
    source = source.replace("frames", "num_blocks")
    assert lint({"kernels.py": source}, "--select", "TRL101") == []
    settings = {"tritonlint.toml": 'per-request-names = ["blocks"]\n'}
    assert len(lint({"kernels.py": source, **settings}, "--select", "TRL101")) == 1


def test_message_says_where_the_value_comes_from(lint):
    source = """
    def launch(x, size):
        kernel[(1,)](x, size, 64)


    def outer(hidden_states):
        num_tokens = hidden_states.shape[0]
        launch(hidden_states, num_tokens)
    """
    source = HEADER + KERNEL + textwrap.dedent(source)
    (finding,) = lint({"kernels.py": source}, "--select", "TRL101")
    assert finding["message"] == (
        "`n` is a constexpr that changes with every request, and the kernel could take it at run "
        "time: it is `hidden_states.shape[0]`, through a call of `launch`, and it costs one "
        "compile for every distinct value of `hidden_states.shape[0]`"
    )
    assert finding["variants"]["per_value"]


#: How a function takes the first name of its shape apart, and the size that this is.
PLACES = {
    "tokens, m = hidden_states.shape": "0",
    "tokens, m = hidden_states.shape[:2]": "0",
    "tokens, m = hidden_states.shape[1:]": "1",
    "tokens, m = hidden_states.shape[-2:]": "-2",
    "tokens, m = hidden_states.shape[::-1]": "-1",
    "m, tokens = hidden_states.shape[::-1]": "-2",
    "tokens, m = hidden_states.shape[::2]": "?",
    "tokens, m = hidden_states.shape[m:]": "?",
}


@pytest.mark.parametrize(("unpacking", "place"), PLACES.items())
def test_which_size_is_unpacked(lint, unpacking, place):
    code = f"def f(hidden_states):\n    {unpacking}\n    kernel[(1,)](hidden_states, tokens, 64)\n"
    (finding,) = lint({"kernels.py": HEADER + KERNEL + code}, "--select", "TRL101")
    assert finding["message"].endswith(f" of `hidden_states.shape[{place}]`")
