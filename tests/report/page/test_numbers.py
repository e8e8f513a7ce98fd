"""Numbers packed as text come out bit for bit, in as few bytes as their kind allows."""

import base64

import numpy as np
import pytest
import torch

from pellucid.report.page.numbers import is_packable, packed

KINDS = {"u1": "u1", "i2": "<i2", "i4": "<i4", "f4": "<f4", "f8": "<f8"}


def unpacked(made: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(made["data"]), KINDS[made["kind"]])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (torch.tensor([0.0, 255.0]), "u1"),
        (torch.tensor([-1.0, 255.0]), "i2"),
        (torch.tensor([-1, 70_000]), "i4"),
        (torch.tensor([0.5, 3.0]), "f4"),
        (torch.tensor([-0.0, 1.0]), "f4"),  # a zero below 0 is no whole number's
        (torch.tensor([0.1, 1e300], dtype=torch.float64), "f8"),
        (torch.tensor([float("nan"), float("inf"), 1.0]), "f4"),
        (torch.tensor([2**40]), "f8"),
        (torch.tensor([True, False]), "u1"),
        (torch.tensor([0.1, 0.2], dtype=torch.bfloat16), "f4"),
        (torch.tensor([0.1, 0.2], dtype=torch.float16), "f4"),
        (torch.zeros(0), "f4"),
    ],
)
def test_numbers_come_out_as_they_went_in(values, kind):
    made = packed(values)
    assert made["kind"] == kind
    expected = values.double().numpy()
    assert unpacked(made).astype("float64").tobytes() == expected.tobytes()


def test_what_is_not_contiguous_is_packed_in_row_major_order():
    assert unpacked(packed(torch.arange(6.0).reshape(2, 3).T)).tolist() == [0, 3, 1, 4, 2, 5]


def test_browsers_have_no_complex_numbers():
    assert is_packable(torch.zeros(1)) and not is_packable(torch.zeros(1, dtype=torch.complex64))
