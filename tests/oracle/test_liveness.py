"""What can be observed of a TTIR function, read from its text: no compiler is needed."""

from __future__ import annotations

import pytest

from tritonlint.verify.liveness import live_values

CASES = {
    "a store": ("tt.store %arg0, %arg1 : !tt.ptr<i32>", {"%arg0", "%arg1"}),
    "arithmetic that goes nowhere": ("%0 = arith.addi %arg0, %arg0 : i32", set()),
    "arithmetic that is stored": (
        """
        %0 = arith.addi %arg0, %arg1 : i32
        tt.store %arg2, %0 : !tt.ptr<i32>
        """,
        {"%arg0", "%arg1", "%arg2"},
    ),
    "an operation that is not known here": ("%0 = tt.strange %arg0 : i32", {"%arg0"}),
    "what only goes round in a loop": (
        """
        %1 = scf.for %arg5 = %arg0 to %arg1 step %arg2 iter_args(%arg6 = %arg3) -> (i32)  : i32 {
          tt.store %arg4, %arg5 : !tt.ptr<i32>
          scf.yield %arg5 : i32
        }
        """,
        {"%arg0", "%arg1", "%arg2", "%arg4"},
    ),
    "what a loop may leave as it was": (
        """
        %1 = scf.for %arg5 = %arg0 to %arg1 step %arg2 iter_args(%arg6 = %arg3) -> (i32)  : i32 {
          scf.yield %arg5 : i32
        }
        tt.store %arg4, %1 : !tt.ptr<i32>
        """,
        {"%arg0", "%arg1", "%arg2", "%arg3", "%arg4"},
    ),
    "the initial value of a loop that surely runs": (
        """
        %c0 = arith.constant 0 : i32
        %c9 = arith.constant 9 : i32
        %1 = scf.for %arg5 = %c0 to %c9 step %arg2 iter_args(%arg6 = %arg3) -> (i32)  : i32 {
          scf.yield %arg5 : i32
        }
        tt.store %arg4, %1 : !tt.ptr<i32>
        """,
        {"%arg2", "%arg4"},
    ),
    "what the second of two results of a branch is": (
        """
        %1:2 = scf.if %arg0 -> (i32, i32) {
          scf.yield %arg1, %arg2 : i32, i32
        } else {
          scf.yield %arg3, %arg4 : i32, i32
        }
        tt.store %arg5, %1#1 : !tt.ptr<i32>
        """,
        {"%arg0", "%arg2", "%arg4", "%arg5"},
    ),
    "the variables of a while loop, named alike in both regions": (
        """
        %1:2 = scf.while (%arg6 = %arg0, %arg7 = %arg1) : (i32, i32) -> (i32, i32) {
          %3 = arith.cmpi slt, %arg7, %arg2 : i32
          scf.condition(%3) %arg6, %arg7 : i32, i32
        } do {
        ^bb0(%arg6: i32, %arg7: i32):
          %3 = arith.addi %arg6, %arg3 : i32
          scf.yield %3, %arg7 : i32, i32
        }
        """,
        {"%arg1", "%arg2"},
    ),
    "what a jump passes on": (
        """
        cf.cond_br %arg0, ^bb1(%arg1 : i32), ^bb2
        ^bb1(%3: i32):  // pred: ^bb0
          tt.store %arg2, %3 : !tt.ptr<i32>
          tt.return
        ^bb2:  // pred: ^bb0
          tt.return
        """,
        {"%arg0", "%arg1", "%arg2"},
    ),
    "a reduction": (
        """
        %1 = "tt.reduce"(%arg0) <{axis = 0 : i32}> ({
        ^bb0(%arg5: f32, %arg6: f32):
          %2 = arith.addf %arg5, %arg6 : f32
          tt.reduce.return %2 : f32
        }) : (tensor<32xf32>) -> f32
        """,
        {"%arg0"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_reaches_an_effect_is_live(case: str) -> None:
    text, expected = CASES[case]
    # The reader has its own names for values that the text itself defines.
    assert {value for value in live_values(text) if "@" not in value} == expected
