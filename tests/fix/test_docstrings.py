"""What a docstring says about a removed parameter is removed with it."""

from __future__ import annotations

import pytest

KERNEL = """
@triton.jit
def kernel(x[-, n, dead_m-]):
{docstring}
    tl.store(x, 0)


def launch(x):
    kernel[(1,)](x[-, 1, 2-])
"""

#: Docstrings; the lines that begin with "~" are removed.
DOCSTRINGS = {
    "Google's style": '''
    """Store zero.

    Args:
        x (tensor): where to.
~       n (int): the length, with a line
~           that goes on.
~       dead_m: another one.
    """''',
    "in the middle": '''
    """Store zero.

    Args:
~       n (Optional[int]): the length.
~
~           After an empty line.
        x: where to.
~       dead_m: another one.

    Returns:
        nothing.
    """''',
    "numpy's style": '''
    """
    Store zero.

    Parameters
    ----------
    x : tensor
        Where to.
~   n : int
~       The length.
~   dead_m
~       Another one.

    Returns
    -------
    nothing
    """''',
    "reST": '''
    """
    Store zero.

    :param x: where to
~   :param n: the length,
~       which goes on
~   :type n: int
~   :param int dead_m: another one
    :returns: nothing
    """''',
    "a list": """
    '''
    - x: where to
~   - n: the length
~     which goes on
~   - `dead_m`: another one
    '''""",
    "several at once": '''
    """
    Args:
        [-n, -]x: where to
        x[-, dead_m-] (int): again
~       n, dead_m: both
    """''',
    "without a section": '''
    """
    x: where to
~   n: the length
~   dead_m -- another one
    """''',
    "a name that stands alone elsewhere": '''
    """Store zero.

    Parameters
    ----------
    x
        Where to, for each
        n
~   n
~       The length.

    Notes
    -----
    n
    """''',
    "no entry": '''
    """Store zero; n is the length.

    The n: rows of x. See dead_m.
    """''',
    "nothing else in the section": '''
    """Store zero.

~   Args:
~       n: the length
~       dead_m: another
~
    Notes:
        none
    """''',
    "nothing else in the last section": '''
    """Store zero.
~
~   Args:
~       n: the length
    """''',
    "in the first line": '''
    """n: the length"""''',
}


@pytest.mark.parametrize("case", DOCSTRINGS)
def test_docstring(check_fix, case):
    lines = DOCSTRINGS[case].strip("\n").split("\n")
    marked = (f"[- {line[1:]}\n-]" if line[:1] == "~" else f"{line}\n" for line in lines)
    docstring = "".join(marked).replace("[- \n-]", "[-\n-]")
    check_fix(KERNEL.replace("{docstring}\n", docstring).lstrip("\n"))
