"""Applications beside Keras's: the same layers in the same order, the same configs, the same numbers from the same file."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import pellucid
from applications.comparing import answer, both, differences, draw_weights, images, rows

# One of each family, at a size that is soon reckoned.
SMALL = {
    "VGG16": {"include_top": False, "input_shape": (32, 32, 3), "pooling": "avg"},
    "ResNet50": {"include_top": False, "input_shape": (64, 64, 3), "pooling": "max"},
}


@pytest.mark.parametrize("name", SMALL)
def test_layers_configs_and_numbers_are_kerass(name, tmp_path):
    theirs, ours = both(name, **SMALL[name])
    assert rows(ours) == rows(theirs)
    assert ours.count_params() == theirs.count_params()
    assert list(differences(theirs.get_config(), ours.get_config())) == []
    draw_weights(theirs)
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    ours.load_weights(tmp_path / "theirs.weights.h5")
    image = images(theirs)
    expected = answer(keras, theirs, image)
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(answer(pellucid, ours, image), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
