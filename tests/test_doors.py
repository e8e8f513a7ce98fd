"""Doors: the modules that Keras users look in have Keras's names."""

import pytest

from pellucid import config, settings
from pellucid.errors import ArgumentError


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
