"""Layers of other worlds say what takes their place; the kind of error is that of Keras on PyTorch."""

import keras
import pytest

from pellucid import layers

MADE = {"TFSMLayer": ("folder",), "JaxLayer": (print,), "FlaxLayer": (print,)}
WORDS = {
    "TFSMLayer": r'load_model\("model.keras"\)',
    "JaxLayer": r"TorchModuleWrapper",
    "FlaxLayer": r"TorchModuleWrapper",
}


@pytest.mark.parametrize("name", MADE)
def test_none_can_be_made_and_it_is_said_what_to_do(name):
    with pytest.raises(Exception, match=WORDS[name]) as ours:
        getattr(layers, name)(*MADE[name])
    if name == "FlaxLayer":
        assert isinstance(ours.value, ValueError)  # Keras looks for Flax before it looks at its backend
        return
    with pytest.raises((ValueError, NotImplementedError)) as theirs:
        getattr(keras.layers, name)(*MADE[name])
    assert isinstance(ours.value, theirs.type)
