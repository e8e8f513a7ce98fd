"""Images made brighter and of other colours: Keras's own functions judge."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.image_generator.theirs import image as theirs
from pellucid.errors import ArgumentError
from pellucid.preprocessing import image as ours

IMAGES = [
    np.random.default_rng(0).random((4, 5, 3)) * 255,
    np.random.default_rng(1).normal(size=(4, 5, 3)),
    np.random.default_rng(2).random((4, 5, 1)) * 900,
    np.full((4, 5, 3), 7.0),
]


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("x", IMAGES, ids=["bytes", "small", "large", "plain"])
def test_brightness_is_kerass(x, scale):
    for brightness in (0, 0.4, 1, 1.7):
        np.testing.assert_allclose(
            ours.apply_brightness_shift(x, brightness, scale),
            theirs.apply_brightness_shift(x, brightness, scale),
            atol=1e-4,
        )


def test_a_shift_of_colours_stays_within_what_there_was():
    x = np.array([[[0.0, 5.0]], [[10.0, 2.0]]])
    assert ours.apply_channel_shift(x, 4, channel_axis=2).tolist() == [[[4, 9]], [[10, 6]]]
    np.testing.assert_array_equal(ours.apply_channel_shift(x, -3, 2), theirs.apply_channel_shift(x, -3, 2))


@pytest.mark.parametrize(("name", "given"), [("random_channel_shift", (30.0, 2)), ("random_brightness", ((0.5, 2),))])
def test_drawn_colours_are_kerass(name, given):
    found = []
    for library in (ours, theirs):
        np.random.seed(3)
        found.append(getattr(library, name)(IMAGES[0], *given))
    np.testing.assert_allclose(*found, atol=1e-4)


def test_no_pair_is_told():
    with pytest.raises(ArgumentError, match="`brightness_range` is a pair"):
        ours.random_brightness(IMAGES[0], (1,))
