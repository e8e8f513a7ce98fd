"""Patches against Keras and by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.patches import extract_patches, extract_patches_3d

IMAGES = np.arange(2 * 9 * 11 * 3, dtype="float32").reshape(2, 9, 11, 3)
VOLUMES = np.arange(2 * 6 * 7 * 8 * 2, dtype="float32").reshape(2, 6, 7, 8, 2)
CASES = [(3,), ((3, 2), 2, 1, "same"), ((2, 2), 1, 2, "valid"), (4, (2, 3), 1, "same")]
CASES_3D = [(3,), ((3, 2, 2), 2, 1, "same"), ((2, 2, 2), 1, 2, "valid")]


def check(ours, theirs, values, case):
    for given, data_format in ((values, "channels_last"), (np.moveaxis(values, -1, 1).copy(), "channels_first")):
        for one in (given, given[0]):
            y = ours(one, *case, data_format=data_format)
            np.testing.assert_allclose(y, theirs(one, *case, data_format=data_format), rtol=1e-5)
        assert ours(KerasTensor((None, *given.shape[1:])), *case, data_format=data_format).shape[0] is None


@pytest.mark.parametrize("case", CASES)
def test_patches_are_kerass(case):
    check(extract_patches, keras.ops.image.extract_patches, IMAGES, case)


@pytest.mark.parametrize("case", CASES_3D)
def test_patches_of_volumes_are_kerass(case):
    check(extract_patches_3d, keras.ops.image.extract_patches_3d, VOLUMES, case)
    if not isinstance(case[0], int):
        assert torch.equal(extract_patches(VOLUMES, *case), extract_patches_3d(VOLUMES, *case))


def test_two_by_two_by_hand_in_any_dtype():
    x = np.arange(16, dtype="uint8").reshape(4, 4, 1)
    assert extract_patches(x, 2).reshape(4, 4).tolist() == [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
    ]


def test_what_is_no_patch_is_told():
    with pytest.raises(ArgumentTypeError, match=r"2\.5"):
        extract_patches(IMAGES, 2.5)
    with pytest.raises(ArgumentError, match=r"\(1, 2, 3, 4\)"):
        extract_patches(IMAGES, (1, 2, 3, 4))
    with pytest.raises(ArgumentTypeError, match=r"\(2, 2\)"):
        extract_patches_3d(VOLUMES, (2, 2))
    with pytest.raises(ShapeError, match="5 axes"):
        extract_patches(VOLUMES, 2)
    with pytest.raises(ShapeError, match="reaches over 20 places along height"):
        extract_patches(IMAGES, 20)
