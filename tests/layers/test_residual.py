"""Layers at the end of a branch, beside Keras's inner ones; files name them as Keras's do."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras.src.applications import convnext, inception_resnet_v2

import pellucid
from pellucid import errors
from pellucid.layers import residual

LAYERS = {
    "LayerScale": (convnext.LayerScale, {"init_values": 0.5, "projection_dim": 3}),
    "StochasticDepth": (convnext.StochasticDepth, {"drop_path_rate": 0.25}),
    "CustomScaleLayer": (inception_resnet_v2.CustomScaleLayer, {"scale": 0.5}),
}


@pytest.mark.parametrize("name", LAYERS)
def test_values_and_config_are_kerass(name):
    theirs, kwargs = LAYERS[name]
    theirs, ours = theirs(**kwargs, name="it"), getattr(residual, name)(**kwargs, name="it")
    x = np.arange(12, dtype="float32").reshape(2, 2, 3)
    x = [x, x + 1] if name == "CustomScaleLayer" else x
    np.testing.assert_array_equal(ours(x).detach(), theirs(x).detach())
    assert ours.get_config() == theirs.get_config()


@pytest.mark.parametrize("name", LAYERS)
def test_files_name_them_as_kerass_do(name):
    theirs, kwargs = LAYERS[name]
    written = keras.saving.serialize_keras_object(theirs(**kwargs, name="it"))
    ours = pellucid.saving.deserialize_keras_object(written)
    assert type(ours) is getattr(residual, name)
    back = keras.saving.deserialize_keras_object(pellucid.saving.serialize_keras_object(ours))
    assert type(back) is theirs
    assert back.get_config() == ours.get_config()


def test_stochastic_depth_drops_whole_samples_and_keeps_the_mean():
    layer = residual.StochasticDepth(0.25)
    pellucid.utils.set_random_seed(0)
    out = layer(np.ones((4000, 2, 3), "float32"), training=True).numpy()
    each = out.reshape(4000, 6)
    assert (each == each[:, :1]).all()
    assert set(np.unique(each.round(5))) == {0.0, np.float32(1.33333)}
    assert abs((each[:, 0] == 0).mean() - 0.25) < 0.03  # four deviations of a share of 4000


def test_a_drop_path_rate_of_1_is_refused():
    with pytest.raises(errors.ArgumentError, match=r"out of range(?s:.*)from 0 up to 1"):
        residual.StochasticDepth(1.0)
