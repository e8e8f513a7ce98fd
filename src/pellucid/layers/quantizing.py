"""Quantizing and rematerializing: the two detours that a layer's call may take.

Below:  dtype_policies/ names the modes, quantizers/ their configs, graph/remat.py runs a call without keeping its values.
Above:  base.py; adapting.py fills the detour of layers with a large weight.
Kept true: a layer without a detour does not pass here: `_has_detour` is False, and `call` is called.
"""

from __future__ import annotations

import contextlib
import functools

from pellucid.dtype_policies.quantized import QUANTIZATION_MODES
from pellucid.errors import ArgumentError, OrderError, UnsupportedError
from pellucid.graph import remat
from pellucid.layers.replaying import Replay
from pellucid.quantizers.lookup import resolve_config


def _checking(quantize):
    """`quantize` with its mode and config made one, and with the layer open for new weights."""

    @functools.wraps(quantize)
    def checking(self, mode=None, config=None, **kwargs):
        if getattr(self, "_is_quantizing", False):
            quantize(self, mode=mode, config=config, **kwargs)  # a parent's, called by a child's
            return
        config = resolve_config(mode, config)
        self._check_quantizable(config.mode)
        self._is_quantizing = True
        try:
            with self._unlocked():
                quantize(self, mode=config.mode, config=config, **kwargs)
        finally:
            self._is_quantizing = False
        self._note_detour()

    return checking


class Quantizing:
    """Something whose call may take a detour: through quantized weights, or without keeping its values."""

    _is_quantized = False
    _has_detour = False
    _remat_mode = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "quantize" in cls.__dict__:
            cls.quantize = _checking(cls.__dict__["quantize"])

    @contextlib.contextmanager
    def _unlocked(self):
        """Let new weights come although the layer is built."""
        locked, self._locked = self._locked, False
        try:
            yield
        finally:
            self._locked = locked

    def quantize(self, mode=None, type_check=True, config=None):
        """Store the weights in fewer bits.

        Args:
            mode: "int8", "int4", "float8", "gptq" or "awq"; not needed where a config says it.
            type_check: whether subclasses refuse.
            config: how, as a `QuantizationConfig`.

        Raises:
            OrderError: not built yet, or quantized already.
            ArgumentError: no such mode, or one that does not go with the config or dtype.
            UnsupportedError: the layer has no quantized form.
        """
        raise self._no("quantize")

    def quantized_build(self, input_shape, mode):
        """Make the weights of a quantized layer."""
        raise self._no("quantized_build")

    def quantized_call(self, *args, **kwargs):
        """The arithmetic with quantized weights."""
        mode = self.quantization_mode
        if mode not in QUANTIZATION_MODES:
            raise self._no_mode(mode)
        return getattr(self, f"_{mode}_call")(*args, **kwargs)

    def _no(self, word) -> UnsupportedError:
        return UnsupportedError(f"{type(self).__name__} has no `{word}`.")

    def _no_mode(self, mode) -> UnsupportedError:
        return UnsupportedError(
            f"{type(self).__name__} has no such quantization mode.",
            got=repr(mode),
            expected=", ".join(QUANTIZATION_MODES),
        )

    def _no_call(self, *args, **kwargs):
        raise self._no(f"_{self.quantization_mode}_call")

    _int8_call = _int4_call = _float8_call = _gptq_call = _awq_call = _no_call

    def _check_quantizable(self, mode):
        if not self.built:
            raise OrderError(
                f"Layer '{self.name}' has no weights to quantize yet.", fix=f"{self.name}.build(input_shape)"
            )
        if self._is_quantized:
            raise OrderError(f"Layer '{self.name}' is quantized already.", got=mode, expected=self.dtype_policy.name)
        if mode == "int8" and self.compute_dtype == "float16":
            raise ArgumentError("Sums of int8 products overflow float16.", got=repr(mode), fix='dtype="mixed_bfloat16"')

    def _follow_policy(self, policy):
        """Quantize a built layer whose new policy says so."""
        if policy.quantization_mode is not None and self.built and not self._is_quantized:
            if policy.quantization_mode == "gptq":
                raise ArgumentError(
                    "GPTQ needs data, which a policy does not have.",
                    got=policy.name,
                    fix='layer.quantize("gptq", config=GPTQConfig(dataset, tokenizer))',
                )
            self.quantize(policy.quantization_mode)
        self._note_detour()

    # ---- the detour

    def _note_detour(self):
        mode = self.quantization_mode
        self._has_detour = self._remat_mode is not None or (mode is not None and self._computes(mode))

    def _computes(self, mode) -> bool:
        """Whether it has arithmetic of its own for this mode."""
        word = f"_{mode}_call"
        return (
            type(self).quantized_call is not Quantizing.quantized_call
            or getattr(type(self), word, None) is not Quantizing._no_call
        )

    def _detour(self, *args, **kwargs):
        mode = self.quantization_mode
        call = self.quantized_call if mode is not None and self._computes(mode) else self.call
        if self._remat_mode is not None:
            call = self.rematerialized_call(call, *args, **kwargs)
        return call(*args, **kwargs)

    def rematerialized_call(self, layer_call, *args, **kwargs):
        """`layer_call` as the RematScope in which the layer was made says: as it is, or keeping no values."""
        mode = self._remat_mode
        if mode is None:
            return layer_call
        if mode.mode == "activations" and getattr(self, "activation", None) is not None:
            return functools.partial(self._call_with_remat_activation, layer_call)
        if mode.covers(self, args, kwargs):
            return remat.remat(Replay(self, layer_call))
        return layer_call

    def _call_with_remat_activation(self, layer_call, *args, **kwargs):
        activation = self.activation
        self.activation = remat.remat(activation)
        try:
            return layer_call(*args, **kwargs)
        finally:
            self.activation = activation
