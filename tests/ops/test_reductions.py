"""Reductions of dtypes that PyTorch stores but does not compare."""

import pytest
import torch

from pellucid import ops


@pytest.mark.parametrize("dtype", [torch.uint16, torch.uint32])
def test_unsigned_whole_numbers_have_extremes(dtype):
    x = torch.tensor([[3, 60000], [7, 5]], dtype=dtype)
    assert (ops.max(x).item(), ops.min(x, axis=1).tolist(), ops.max(x).dtype) == (60000, [3, 5], dtype)
