"""Layers as one: training and masks reach each of them; dicts go through."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers
from pellucid.links import Mix, Same, Unknown

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 10, 12, 3)).astype("float32")


class Noting(layers.Layer):
    """Notes what it is told."""

    def compute_mask(self, x, mask):
        return mask

    def call(self, x, training=False, mask=None):
        self.told = training, mask
        return x


def test_training_and_masks_reach_each_layer():
    first, second = Noting(), Noting()
    mask = torch.tensor([True])
    layers.Pipeline([first, second]).call(torch.ones(1), training=True, mask=mask)
    assert first.told[0] is second.told[0] is True and first.told[1] is mask
    layers.Pipeline([first])(torch.ones(1), training=False)
    assert first.told[0] is False


def test_each_layer_takes_what_the_last_one_gave():
    pipeline = layers.Pipeline([layers.AutoContrast(), layers.CenterCrop(8, 9)])
    out = pipeline({"images": IMAGES, "labels": np.arange(2)})
    assert torch.equal(out["images"], layers.CenterCrop(8, 9)(layers.AutoContrast()(IMAGES)))
    assert out["labels"].tolist() == [0, 1]
    assert pipeline.compute_output_shape((None, 10, 12, 3)) == (None, 8, 9, 3)


def test_a_config_makes_it_again_and_stays_as_it_is():
    config = layers.Pipeline([layers.RandomFlip(seed=1), layers.Rescaling(2.0)], name="both").get_config()
    inside = config["layers"]
    again = layers.Pipeline.from_config(config)
    assert config["layers"] is inside and again.get_config() == config and set(config) == {"layers", "name"}
    assert torch.equal(again(IMAGES, training=True), layers.RandomFlip(seed=1)(IMAGES, training=True) * 2)
    for layers_ in ({}, {"layers": None}):
        with pytest.raises(ValueError, match="lists its layers"):
            layers.Pipeline.from_config({**layers_, "name": "x"})


def test_it_trains_and_is_saved_inside_a_model(tmp_path):
    inner = layers.Pipeline([layers.Rescaling(1 / 255), layers.Conv2D(2, 3), layers.GaussianNoise(0.1)])
    model = pellucid.Sequential([pellucid.Input((10, 12, 3)), inner, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(IMAGES, np.ones(2), verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])
    model.save(tmp_path / "model.keras")
    again = pellucid.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))


def test_its_link_is_that_of_the_one_layer_that_moves_anything():
    scale, contrast = layers.Rescaling(2.0), layers.AutoContrast(data_format="channels_last")
    assert layers.Pipeline([scale, scale]).links() == Same()
    assert layers.Pipeline([scale, contrast]).links() == Mix(-3, -2)
    assert layers.Pipeline([contrast, contrast]).links() is None
    flip = layers.RandomFlip()
    assert layers.Pipeline([flip, scale, flip]).links() == Same(in_training=Unknown())
    assert layers.Pipeline([layers.Resizing(2, 2)]).links() is None
