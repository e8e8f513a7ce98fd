"""Adaptive pooling layers: windows by hand, shapes and configs beside Keras, errors as text."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import pellucid
from pellucid import layers
from pellucid.errors import ArgumentError, ArgumentTypeError


def test_windows_share_the_axis_as_evenly_as_they_can():
    x = np.array([1, 2, 3, 4, 8], "float32").reshape(1, 5, 1)
    # Windows 0 to 3 and 2 to 5: the middle cell counts for both.
    assert layers.AdaptiveAveragePooling1D(2)(x).squeeze().tolist() == [2, 5]
    assert layers.AdaptiveMaxPooling1D(2)(x).squeeze().tolist() == [3, 8]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["AdaptiveMaxPooling", "AdaptiveAveragePooling"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("size", ["number", "numbers"])
def test_values_shapes_and_configs_are_kerass(rank, kind, data_format, size):
    output_size = 2 if size == "number" else (3, 2, 4)[:rank]
    ours, theirs = (
        getattr(library.layers, f"{kind}{rank}D")(output_size, data_format, name="it") for library in (pellucid, keras)
    )
    sizes = (7, 5, 6)[:rank]
    shape = (2, *sizes, 3) if data_format == "channels_last" else (2, 3, *sizes)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    np.testing.assert_allclose(ours(x), theirs(x).detach(), rtol=1e-5, atol=1e-6)
    for known in (shape, (None, *(n if n == 3 else None for n in shape[1:]))):
        assert ours.compute_output_shape(known) == tuple(theirs.compute_output_shape(known))
    assert list(ours.get_config()) == list(theirs.get_config())
    assert {**ours.get_config(), "dtype": None} == {**theirs.get_config(), "dtype": None}


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("AdaptiveMaxPooling1D", (2, 3), ArgumentError),
        ("AdaptiveMaxPooling1D", "2", ArgumentTypeError),
        ("AdaptiveAveragePooling2D", (2, 3, 4), ArgumentTypeError),
        ("AdaptiveAveragePooling3D", None, ArgumentTypeError),
        ("AdaptiveAveragePooling2D", (2, 0), ArgumentError),
    ],
)
def test_sizes_that_are_none_are_refused(name, size, kind):
    with pytest.raises(kind) as error:
        getattr(layers, name)(size)
    assert "`output_size`" in str(error.value)
    assert repr(size) in str(error.value)
