"""UpSampling: repeated cells by hand, interpolation beside Keras and Keys's formula, configs, errors as text."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers
from pellucid.errors import ArgumentError, ArgumentTypeError


def test_each_cell_stands_several_times_in_a_row():
    assert layers.UpSampling1D(3)(np.array([[[1], [2]]])).squeeze().tolist() == [1, 1, 1, 2, 2, 2]
    image = np.array([[[[1], [2]]]])
    assert layers.UpSampling2D((2, 1))(image).squeeze().tolist() == [[1, 2], [1, 2]]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(
    ("name", "size", "sizes"),
    [("UpSampling2D", 2, (3, 4)), ("UpSampling2D", (2, 3), (3, 1)), ("UpSampling3D", (1, 2, 3), (2, 3, 2))],
)
def test_values_shapes_and_configs_are_kerass(name, size, sizes, data_format):
    ours, theirs = (getattr(library.layers, name)(size, data_format, name="it") for library in (pellucid, keras))
    shape = (2, *sizes, 3) if data_format == "channels_last" else (2, 3, *sizes)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    assert np.array_equal(ours(x), theirs(x).detach())
    unknown = (None, *(n if n == 3 else None for n in shape[1:]))
    for known in (shape, unknown):
        assert ours.compute_output_shape(known) == theirs.compute_output_shape(known)
    assert list(ours.get_config()) == list(theirs.get_config())
    assert {**ours.get_config(), "dtype": None} == {**theirs.get_config(), "dtype": None}


def test_the_config_of_one_axis_has_one_number():
    ours, theirs = (library.layers.UpSampling1D(3, name="it").get_config() for library in (pellucid, keras))
    assert {**ours, "dtype": None} == {**theirs, "dtype": None}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_bilinear_lies_on_lines_between_the_centres_of_cells(data_format):
    layer = layers.UpSampling2D((1, 2), data_format, "bilinear")
    x = np.array([0.0, 4.0, 8.0], "float32").reshape((1, 1, 3, 1) if data_format == "channels_last" else (1, 1, 1, 3))
    assert layer(x).squeeze().tolist() == [0, 1, 3, 5, 7, 8]


def test_bicubic_is_keyss_with_a_of_one_half_below_zero():
    x = np.random.default_rng(1).normal(size=(1, 1, 7, 1)).astype("float32")
    y = layers.UpSampling2D((1, 2), interpolation="Bicubic")(x)[0, 0, :, 0]
    # The point at 3.25 (output cell 7): Keys 1981 with a = -1/2 at distances 1.25, 0.25, 0.75 and 1.75.
    weights = np.array([-0.0703125, 0.8671875, 0.2265625, -0.0234375])
    assert float(y[7]) == pytest.approx(float(x[0, 0, 2:6, 0] @ weights), abs=1e-6)


def test_interpolated_integers_stay_integers():
    x = torch.arange(6).reshape(1, 2, 3, 1)
    assert layers.UpSampling2D(2, interpolation="bilinear")(x).dtype is torch.int64


def test_an_unknown_interpolation_is_refused():
    with pytest.raises(ArgumentError) as error:
        layers.UpSampling2D(interpolation="cubical")
    assert "'bilinear' or 'bicubic'" in str(error.value)


@pytest.mark.parametrize(
    ("size", "kind"), [(0, ArgumentError), (-2, ArgumentError), ((2,), ArgumentTypeError), (1.5, ArgumentTypeError)]
)
def test_one_axis_takes_one_positive_number(size, kind):
    with pytest.raises(kind) as error:
        layers.UpSampling1D(size)
    assert "size" in str(error.value)
    assert repr(size) in str(error.value)
