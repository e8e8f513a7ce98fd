"""Dtype policies: in which dtype a layer computes, and in which it keeps its weights.

Below:  settings.py holds the global policy for as long as a session lasts.
Above:  layers/base.py asks a policy for its dtypes, and casts inputs by `convert_input`.
Kept true: a policy never changes; one made of the name of another equals it.
"""

from __future__ import annotations

import torch

from pellucid import registry, settings
from pellucid.dtypes import is_float_dtype, standardize_dtype, to_torch
from pellucid.errors import ArgumentTypeError, DtypeError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class DTypePolicy:
    """The compute dtype and the weight dtype of a layer, by one name.

    Args:
        name: any dtype, for both; ``"mixed_float16"`` or ``"mixed_bfloat16"`` compute in 16 bits and keep
            float32 weights; None is the global policy's name.

    Raises:
        ArgumentTypeError: `name` is no string.
        DtypeError: no such policy.

    Source: keras.dtype_policies, Keras 3.15.
    """

    def __init__(self, name: str | None = None):
        self._set_names(dtype_policy().name if name is None else name)

    def _set_names(self, source_name, mode: str | None = None):
        self._compute_dtype, self._variable_dtype = _dtypes_of(source_name)
        self._source_name = source_name
        self._quantization_mode = mode
        self._name = f"{mode}_from_{source_name}" if mode else source_name

    @property
    def name(self) -> str:
        """The name that makes this policy again."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype of a layer's inputs, its arithmetic and its outputs."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of a layer's weights."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """The way in which weights are quantized; None if they are not."""
        return self._quantization_mode

    def convert_input(self, x, autocast: bool, dtype: str):
        """`x` as a layer takes it: arrays become tensors, and floating-point ones get `dtype`.

        Args:
            x: a tensor, symbolic tensor or array; anything else is given back as it is.
            autocast: whether to cast at all.
        """
        if isinstance(x, KerasTensor):
            if autocast and is_float_dtype(x.dtype) and x.dtype != standardize_dtype(dtype):
                cast = registry.operator("cast")
                assert cast is not None  # ops/ adds it
                return cast(x, dtype)
            return x
        if not isinstance(x, torch.Tensor):
            if not hasattr(x, "__array__"):
                return x
            x = convert_to_tensor(x)
        if autocast and x.is_floating_point():
            return x.to(to_torch(dtype))
        return x

    def get_config(self) -> dict:
        """What is needed to make it again."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave."""
        return cls(**config)

    _kind = "DTypePolicy"  # the class that a policy counts as, so that both spellings of a float policy are equal

    def __init_subclass__(cls):
        cls._kind = cls.__name__

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and self._kind == other._kind and self.get_config() == other.get_config()

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f'<{self._kind} "{self.name}">'


def _dtypes_of(name) -> tuple[str, str]:
    """The compute dtype and the weight dtype behind the name of a float policy."""
    if not isinstance(name, str):
        raise ArgumentTypeError(
            "The 'name' of a policy is a string.", got=repr(name), expected='such as "mixed_float16"'
        )
    if name in _MIXED:
        return _MIXED[name], "float32"
    try:
        dtype = standardize_dtype(name)
    except DtypeError as error:
        raise DtypeError(
            "There is no such dtype policy.",
            got=repr(name),
            expected='a dtype, "mixed_float16" or "mixed_bfloat16"',
            fix='dtype="float32"',
        ) from error
    return dtype, dtype


class FloatDTypePolicy(DTypePolicy):
    """`DTypePolicy` by the name it had in Keras 3.0."""


FloatDTypePolicy._kind = "DTypePolicy"


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are not told another."""
    return settings.session("dtype_policy", lambda: DTypePolicy(settings.floatx()))
