"""Doors: the modules that Keras users look in have Keras's names."""

import keras
import pytest

from pellucid import config, dtype_policies, mixed_precision, random, settings, tree
from pellucid.errors import ArgumentError


@pytest.mark.parametrize(
    "module", [config, dtype_policies, mixed_precision, random, tree], ids=lambda module: module.__name__
)
def test_a_door_has_keras_s_names(module):
    theirs = {name for name in dir(getattr(keras, module.__name__.split(".")[-1])) if name[0] != "_"}
    assert set(module.__all__) == theirs
    assert all(hasattr(module, name) for name in theirs)


def test_flash_attention_can_be_disabled_and_left_to_pytorch_again(monkeypatch):
    monkeypatch.setitem(settings._values, "flash_attention", None)
    assert config.is_flash_attention_enabled() is None
    config.disable_flash_attention()
    assert config.is_flash_attention_enabled() is False
    config.enable_flash_attention()
    assert config.is_flash_attention_enabled() is None


def test_there_is_one_backend():
    config.set_backend("torch")
    assert config.backend() == "torch" and config.is_nnx_enabled() is False
    with pytest.raises(ArgumentError, match="PyTorch only"):
        config.set_backend("jax")
