"""Quantizing a whole model: each of its layers that can be, by name or choice.

Below:  layers/quantizing.py, what a layer says to it.
Above:  model.py.
"""

from __future__ import annotations

import re
import warnings

from pellucid.errors import ArgumentError, MissingAttributeError, UnknownArgumentError, UnsupportedError
from pellucid.models.calibrating import calibrate
from pellucid.quantizers.lookup import resolve_config


class QuantizableModel:
    """Something whose layers can be quantized all at once."""

    def quantize(self, mode=None, config=None, filters=None, **kwargs):
        """Store the weights of the layers in fewer bits; a layer that cannot is told of and left as it is.

        Args:
            mode: "int8", "int4", "float8", "gptq" or "awq"; not needed where a config says it.
            config: how, as a `QuantizationConfig`.
            filters: which layers: a pattern, patterns, or a function of the layer; all if None.

        Raises:
            OrderError: a layer is not built yet, or is quantized already.
            ArgumentError: no such mode or filter, or the mode needs to know the model's blocks.
        """
        type_check = kwargs.pop("type_check", True)
        if kwargs:
            raise UnknownArgumentError("`quantize` does not take this.", got=", ".join(kwargs))
        config = resolve_config(mode, config)
        mode = config.mode
        self._check_quantizable(mode)
        choose = _chooser(filters)
        changed = [
            layer
            for layer in self._flatten_layers()
            if choose(layer) and not layer._layers and _quantized(layer, mode, config, type_check)
        ]
        if mode in ("gptq", "awq"):
            self._calibrate(mode, config, choose)
        if changed:
            self.train_function = self.test_function = self.predict_function = None

    def get_quantization_layer_structure(self, mode=None):
        """The blocks that gptq and awq go through: "pre_block_layers" and "sequential_blocks". A subclass says them."""
        return

    def _calibrate(self, mode, config, choose):
        structure = config.quantization_layer_structure or self.get_quantization_layer_structure(mode)
        if structure is None:
            raise ArgumentError(
                f"{mode} goes through a model block by block, and nothing says which they are.",
                fix='config.quantization_layer_structure = {"pre_block_layers": [...], "sequential_blocks": [...]}',
            )
        calibrate(config, structure, choose)


def _chooser(filters):
    """A function that says whether a layer is meant."""
    if filters is None:
        return lambda layer: True
    if callable(filters):
        return filters
    if not isinstance(filters, (str, list, tuple)):
        raise ArgumentError(
            "`filters` says which layers are meant.", got=repr(filters), expected="a pattern, patterns, or a function"
        )
    patterns = [filters] if isinstance(filters, str) else filters
    return lambda layer: any(re.search(pattern, layer.name) for pattern in patterns)


def _quantized(layer, mode, config, type_check) -> bool:
    """Quantize a layer; whether it can be."""
    try:
        layer.quantize(mode, type_check=type_check, config=config)
    except UnsupportedError as error:
        if layer.weights:
            warnings.warn(f"Layer '{layer.name}' stays as it is: {error}", stacklevel=4)
        return False
    except MissingAttributeError:
        return False
    return True
