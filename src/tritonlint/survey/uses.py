"""What is done with the value of an expression."""

from __future__ import annotations

import ast
from typing import TypeAlias

from tritonlint.survey.facts.references import Escape

#: What is done with the value of an expression, with the detail for the text of `Escape`.
How: TypeAlias = tuple[Escape, str]

VALUE: How = (Escape.VALUE, "")
NAMED: How = (Escape.NAMED, "")
DROPPED: How = (Escape.DROPPED, "")
TESTED: How = (Escape.TESTED, "")
LOOKED_AT: How = (Escape.LOOKED_AT, "")
ODD_CALL: How = (Escape.ODD_CALL, "")
MATCHED: How = (Escape.MATCHED, "")
KEY: How = (Escape.KEY, "")
KEYED: How = (Escape.INDEXED, "")
DECORATED: How = (Escape.DECORATED, "")
LAUNCH: How = (Escape.PASSED, "a launch")

#: By node type, what is done with the values of the expressions in it.
HOW_OF: dict[type, How] = {
    ast.List: (Escape.STORED, "a list"),
    ast.Tuple: (Escape.STORED, "a tuple"),
    ast.Set: (Escape.STORED, "a set"),
    ast.Starred: (Escape.UNPACKED, ""),
    ast.JoinedStr: (Escape.FORMATTED, ""),
    ast.FormattedValue: (Escape.FORMATTED, ""),
    ast.Return: (Escape.RETURNED, ""),
    ast.Yield: (Escape.RETURNED, ""),
    ast.YieldFrom: (Escape.RETURNED, ""),
    ast.Delete: DROPPED,
}

#: Uses after which a launcher, `kernel[grid]`, can no longer be followed.
KEPT = frozenset(
    {Escape.PASSED, Escape.STORED, Escape.RETURNED, Escape.RETURNED_BY_LAMBDA, Escape.ASSIGNED}
    | {Escape.CLASS_BODY, Escape.DEFAULT, Escape.DECORATED, Escape.DECORATES, Escape.KEY}
    | {Escape.SEARCHED, Escape.ITERATED, Escape.UNPACKED, Escape.MATCHED}
)
#: Uses after which a compiled kernel, the result of a launch, can no longer be followed.
COMPILED_KEPT = frozenset(
    {Escape.PASSED, Escape.STORED, Escape.RETURNED, Escape.ASSIGNED, Escape.MATCHED}
)
#: Uses that take one name out of a dictionary of names.
INDEXED = frozenset({Escape.INDEXED, Escape.WITH_GRID})


def passed(function: str) -> How:
    """Return the use as an argument of a function with that name."""
    return Escape.PASSED, f"`{function}`"
