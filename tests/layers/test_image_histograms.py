"""Values spread over their range: small images, by hand; large ones beside Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from pellucid import layers

RNG = np.random.default_rng(0)


def test_contrast_goes_from_end_to_end_of_the_range():
    image = np.array([[[10.0], [20.0]], [[30.0], [60.0]]])
    assert layers.AutoContrast()(image).flatten().tolist() == pytest.approx([0, 51, 102, 255])
    assert layers.AutoContrast(value_range=(10, 60))(image).flatten().tolist() == pytest.approx([10, 20, 30, 60])


def test_a_channel_of_one_value_stays_as_it_is():
    image = np.full((1, 2, 3, 2), 7.0, "float32")
    image[0, 0, 0, 1] = 8.0
    found = layers.AutoContrast()(image)
    assert (found[..., 0] == 7).all() and found[..., 1].unique().tolist() == [0, 255]
    assert (layers.Equalization()(image, training=True)[..., 0] == 7).all()


def test_values_become_as_frequent_as_their_ranks_say():
    image = np.array([0, 0, 1, 2, 2, 3], "float32").reshape(1, 2, 3, 1)
    # Of six values, 2, 3, 5 and 6 are at or below each; the lowest becomes 0: 0, 1, 3 and 4 of 4 by 255.
    assert layers.Equalization()(image, training=True).flatten().tolist() == [0, 0, 64, 191, 191, 255]


@pytest.mark.parametrize("bins", [16, 256])
@pytest.mark.parametrize("value_range", [(0, 255), (-1, 1)])
def test_equalized_images_are_kerass(bins, value_range):
    images = RNG.uniform(*value_range, (2, 30, 20, 3)).astype("float32")
    ours, theirs = (library.Equalization(value_range, bins=bins) for library in (layers, keras.layers))
    np.testing.assert_allclose(ours(images, training=True), theirs(images, training=True), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("clip_limit", [0, 4.0])
@pytest.mark.parametrize(
    ("size", "grid"), [((64, 48), (8, 8)), ((33, 70), (4, 3)), ((40, 40), (1, 1)), ((50, 20), (2, 5))]
)
def test_ranks_in_tiles_are_kerass(size, grid, clip_limit):
    images = RNG.uniform(0, 255, (2, *size, 2)).astype("float32")
    kwargs = {"clip_limit": clip_limit, "tile_grid_size": grid}
    ours, theirs = (
        library.ContrastLimitedAdaptiveHistogramEqualization(**kwargs) for library in (layers, keras.layers)
    )
    # Whole tiles, by a mirror at the ends; Keras on PyTorch repeats the last row there.
    after = [(0, -length % count) for length, count in zip(size, grid, strict=True)]
    for given in (images, images.astype("int32")):
        whole = np.pad(given, [(0, 0), *after, (0, 0)], mode="symmetric")
        expected = theirs(whole).numpy()[:, : size[0], : size[1]]
        np.testing.assert_allclose(ours(given), expected, rtol=1e-5, atol=1e-4)
        assert ours(given).numpy().dtype == given.dtype


def test_images_smaller_than_the_grid_have_tiles_too():
    found = layers.ContrastLimitedAdaptiveHistogramEqualization()(RNG.uniform(0, 255, (1, 3, 5, 1)))
    assert found.shape == (1, 3, 5, 1) and 0 <= found.min() and found.max() <= 255


def test_mistakes_are_told():
    for make in (layers.AutoContrast, layers.Equalization, layers.ContrastLimitedAdaptiveHistogramEqualization):
        with pytest.raises(ValueError, match="two numbers"):
            make(value_range=(0, 1, 2))
