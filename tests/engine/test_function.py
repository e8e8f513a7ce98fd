"""Function: a graph as one operation."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import errors


def test_a_function_runs_what_lies_between_its_symbols():
    a, b = pellucid.KerasTensor((None, 2)), pellucid.KerasTensor((None, 2))
    function = pellucid.Function([a, b], pellucid.ops.add(a, b) * 2)
    result = function([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
    assert result.tolist() == [[8, 12]]


def test_a_function_tells_its_output_shape():
    a = pellucid.KerasTensor((None, 2, 3))
    function = pellucid.Function(a, pellucid.ops.reshape(a, (-1, 6)))
    assert function.compute_output_shape((5, 2, 3)) == (5, 6)
    assert function(pellucid.KerasTensor((7, 2, 3))).shape == (7, 6)


def test_a_function_refuses_another_size():
    a = pellucid.KerasTensor((None, 2))
    function = pellucid.Function(a, a + 1)
    with pytest.raises(errors.ShapeError):
        function(np.ones((4, 3)))


def test_a_function_refuses_another_form():
    a = pellucid.KerasTensor((None, 2))
    with pytest.raises(errors.ArgumentError):
        pellucid.Function([a], a + 1)({"a": np.ones((4, 2))})
