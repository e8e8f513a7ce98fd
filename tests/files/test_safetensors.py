"""Tensors written as safetensors are what the format's own package reads."""

import io

import pytest
import safetensors.torch
import torch

from pellucid.errors import DtypeError, FileError
from pellucid.files import safetensors as ours


def written(tensors, metadata=None) -> bytes:
    file = io.BytesIO()
    ours.write(file, tensors, metadata)
    return file.getvalue()


def test_every_dtype_and_shape_comes_back():
    dtypes = [
        torch.float64,
        torch.float32,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.int8,
        torch.uint8,
        torch.bool,
    ]
    tensors = {str(dtype): torch.tensor([[0, 1, 1], [1, 0, 1]]).to(dtype) for dtype in dtypes}
    tensors |= {"number": torch.tensor(2.5), "empty": torch.zeros(0, 3), "turned": torch.arange(6.0).reshape(2, 3).T}
    read = safetensors.torch.load(written(tensors, {"made": "by hand"}))
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[name], tensor) and read[name].dtype is tensor.dtype for name, tensor in tensors.items())


def test_a_dtype_that_the_format_has_not_is_named():
    with pytest.raises(DtypeError, match=r"Safetensors has no dtype for 'phase'"):
        written({"phase": torch.zeros(2, dtype=torch.complex64)})


def test_a_file_that_was_cut_short_is_seen():
    data = written({"a": torch.ones(3)})
    ours.check(io.BytesIO(data))
    with pytest.raises(FileError, match="were not written wholly"):
        ours.check(io.BytesIO(data[:-1]))
