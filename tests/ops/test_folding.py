"""Windows into columns, channels into pixels, and back, against Keras and by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import folding

IMAGE = np.arange(2 * 3 * 6 * 8, dtype="float32").reshape(2, 3, 6, 8)


@pytest.mark.parametrize("arguments", [(2,), ((2, 3), 1, 1, 2), ((3, 2), (1, 2), 0, (2, 1))])
def test_unfold_and_fold_are_kerass(arguments):
    columns = folding.unfold(IMAGE, *arguments)
    np.testing.assert_array_equal(columns, keras.ops.unfold(keras.ops.convert_to_tensor(IMAGE), *arguments))
    image = folding.fold(columns, (6, 8), *arguments)
    np.testing.assert_array_equal(image, keras.ops.fold(columns, (6, 8), *arguments))
    assert folding.unfold(KerasTensor((None, 3, 6, 8)), *arguments).shape == (None, *columns.shape[1:])
    assert folding.fold(KerasTensor((None, *columns.shape[1:])), (6, 8), *arguments).shape == (None, 3, 6, 8)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("block", [2, 3])
def test_depth_and_space_are_kerass_and_undo_each_other(block, data_format):
    shape = (2, 12, 18, 3) if data_format == "channels_last" else (2, 3, 12, 18)
    x = np.arange(np.prod(shape), dtype="int32").reshape(shape)
    deep = folding.space_to_depth(x, block, data_format)
    np.testing.assert_array_equal(deep, keras.ops.space_to_depth(x, block, data_format))
    np.testing.assert_array_equal(folding.depth_to_space(deep, block, data_format), x)
    assert folding.space_to_depth(KerasTensor((None, *shape[1:])), block, data_format).shape == (None, *deep.shape[1:])


def test_four_channels_are_one_block_of_pixels():
    assert folding.depth_to_space(np.arange(4).reshape(1, 1, 1, 4), 2).reshape(2, 2).tolist() == [[0, 1], [2, 3]]
    assert folding.space_to_depth(KerasTensor((None, None, None, 3)), 4).shape == (None, None, None, 48)


def test_what_does_not_fit_is_told():
    with pytest.raises(ShapeError, match=r"6 channels do not fill blocks of 2\*2[\s\S]*multiple of 4 = 2\*2"):
        folding.depth_to_space(np.ones((1, 2, 2, 6)), 2)
    with pytest.raises(ShapeError, match=r"5\*4 pixels is not filled by blocks of 2\*2"):
        folding.space_to_depth(np.ones((1, 5, 4, 1)), 2)
    with pytest.raises(ArgumentError, match="block_size=1"):
        folding.space_to_depth(np.ones((1, 4, 4, 1)), 1)
    with pytest.raises(ShapeError, match="4 axes"):
        folding.unfold(np.ones((3, 4, 4)), 2)
    with pytest.raises(ShapeError, match=r"5 elements are no whole number of 2\*2 windows"):
        folding.fold(np.ones((1, 5, 4)), (3, 3), 2)
