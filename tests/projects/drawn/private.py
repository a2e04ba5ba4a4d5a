"""Draws launches in private functions, whose parameters may go with the kernel's."""

from __future__ import annotations

from drawn.launches import way
from drawn.site import Argument, Site

#: How the function is written and called: `%S` is its signature, `%L` the launch with its
#: parameters, `%V` the values for them in order, `%W` the same by keyword.
FORMS: dict[str, tuple[str, str]] = {
    "by position": ("def %f(%S):\n    %L", "%f(%V)"),
    "by keyword": ("def %f(%S):\n    %L", "%f(%W)"),
    "by keyword only": ("def %f(*, %S):\n    %L", "%f(%W)"),
    "by position only": ("def %f(%S, /):\n    %L", "%f(%V)"),
    "twice": ("def %f(%S):\n    %L", "%f(%V)\n%f(%W)"),
    "with another": ("def %f(%S, more=1):\n    for _ in range(more):\n        %L", "%f(%V, 2)"),
    "in two": ("def %f(%S):\n    %f2(%S)\n\n\ndef %f2(%S):\n    %L", "%f(%V)"),
    "in an expression": ("def %f(%S):\n    %L", "made = [%f(%V) or 1 for _ in range(2)]"),
    "a comment and a docstring": (
        'def %f(\n    # what it needs\n    %S,\n):\n    """See %P."""\n    %L  # as %f says',
        "%f(\n    %V,  # all\n)",
    ),
    "in a lambda": ("def %f(%S):\n    %L", "(lambda: %f(%V))()"),
    "kept": ("def %f(%S):\n    %L", "kept = %f\nkept(%V)"),
    "in a list": ("def %f(%S):\n    %L", "for each in [%f]:\n    each(%V)"),
    "unpacked": ("def %f(%S):\n    %L", "every = [%V]\n%f(*every)"),
    "unpacked by keyword": ("def %f(%S):\n    %L", "every = dict(%W)\n%f(**every)"),
    "by its name": ("def %f(%S):\n    %L", "globals()['%f'](%V)"),
    "decorated": (
        "def pass_on(f):\n    return lambda *a: f(*a)\n\n\n@pass_on\ndef %f(%S):\n    %L",
        "%f(%V)",
    ),
    "replaced": ("def %f(%S):\n    %L\n\n\n%f0 = %f\n%f = lambda *a: %f0(*a)", "%f(%V)"),
    "defined twice": ("def %f(%S):\n    1 / 0\n\n\ndef %f(%S):\n    %L", "%f(%V)"),
    "counted": ("def %f(%S):\n    %L", "assert %f.__code__.co_argcount == %C\n%f(%V)"),
    "read as well": ("def %f(%S):\n    %L\n    assert (%P,)", "%f(%V)"),
    "read by name": ("def %f(%S):\n    assert len(locals()) == %C\n    %L", "%f(%V)"),
    "set": ("def %f(%S):\n    %P, = %P,\n    %L", "%f(%V)"),
    "read inside": ("def %f(%S):\n    seen = lambda: (%P,)\n    %L\n    seen()", "%f(%V)"),
    "an effect": (
        "made = []\n\n\ndef note(x):\n    made.append(x)\n    return x\n\n\ndef %f(%S):\n    %L",
        "before = len(made)\n%f(%E)\nassert len(made) == before + %C",
    ),
}


def _write(site: Site, function: str, call: str) -> None:
    given = [f"given_{number}" for number in range(len(site.arguments))]
    inner = [Argument(a.name, g, a.keyword) for a, g in zip(site.arguments, given, strict=True)]
    values = [argument.value for argument in site.arguments]
    words = {
        "%f2": site.name("_launch_inner"),
        "%f0": site.name("_launch_before"),
        "%f": site.name("_launch"),
        "%S": ", ".join(given),
        "%P": ", ".join(given),
        "%L": f"{site.k}[(1,)]({', '.join(argument.text for argument in inner)})",
        "%V": ", ".join(values),
        "%W": ", ".join(f"{g}={v}" for g, v in zip(given, values, strict=True)),
        "%E": ", ".join(f"note({value})" for value in values),
        "%C": str(len(given)),
    }
    for word, text in words.items():
        function, call = function.replace(word, text), call.replace(word, text)
    site.top.append(function)
    site.body.append(call)


def _name(form: str, function: str, call: str) -> str:
    """Register a way to launch, and return its name."""
    name = f"in a private function, {form}"
    way(name)(lambda site: _write(site, function, call))
    return name


_NAMES = {form: _name(form, *texts) for form, texts in FORMS.items()}
PLAIN = {
    _NAMES[form]
    for form in ("by position", "by keyword", "twice", "in two", "a comment and a docstring")
}
