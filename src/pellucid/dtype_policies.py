"""Dtype policies: in which dtype a layer computes, and in which it keeps its weights.

Below:  settings.py holds the global policy for as long as a session lasts.
Above:  layers/base.py asks a policy for its dtypes, and casts inputs by `convert_input`.
Kept true: a policy never changes; one made of the name of another equals it.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping

import torch

from pellucid import registry, settings
from pellucid.dtypes import is_float_dtype, standardize_dtype, to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError, DtypeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor

QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")
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
                return registry.operator("cast")(x, dtype)
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


class QuantizedDTypePolicy(DTypePolicy):
    """A policy whose layers keep their kernels quantized: ``int8_from_float32``.

    Args:
        mode: one of int8, float8, int4, gptq, awq.
        source_name: the float policy that the layer had before; None is the global one.

    Raises:
        ArgumentError: no such mode, or one that does not go with `source_name`.
    """

    def __init__(self, mode: str, source_name: str | None = None):
        self._set_names(dtype_policy().name if source_name is None else source_name, mode)
        if mode not in QUANTIZATION_MODES:
            raise ArgumentError(
                "There is no such quantization mode.", got=repr(mode), expected=", ".join(QUANTIZATION_MODES)
            )
        if mode == "int8" and self.compute_dtype == "float16":
            raise ArgumentError(
                "Sums of int8 products overflow float16.", got=repr(self.name), fix='source_name="mixed_bfloat16"'
            )

    def get_config(self) -> dict:
        return {"mode": self._quantization_mode, "source_name": self._source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """A policy whose layers train in float8.

    Args:
        amax_history_length: how many past steps set the scale of the next one.

    Raises:
        ArgumentTypeError: `amax_history_length` is no int.
    """

    default_amax_history_length = 1024

    def __init__(self, mode: str, source_name: str | None = None, amax_history_length: int = 1024):
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise ArgumentTypeError(
                "`amax_history_length` must be an integer.", got=repr(amax_history_length), expected="1024"
            )
        self.amax_history_length = amax_history_length

    def get_config(self) -> dict:
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class _NumberedDTypePolicy(QuantizedDTypePolicy):
    """Parent of policies whose mode carries numbers: ``gptq/4/128``."""

    form: str  # the mode in words
    allowed_bits = (4,)

    def __init__(self, mode: str, source_name: str | None = None):
        algorithm, *words = self.form.split("/")
        numbers = self._numbers(mode, algorithm, words)
        super().__init__(algorithm, source_name)
        self._name = f"{mode}_from_{self._source_name}"
        self.mode = algorithm
        for word, number in zip(words, numbers, strict=True):
            setattr(self, word, number)

    def _numbers(self, mode, algorithm, words) -> list[int]:
        found, *numbers = mode.split("/")
        try:
            numbers = [int(number) for number in numbers]
        except ValueError:
            numbers = []
        if found != algorithm or len(numbers) != len(words):
            raise ArgumentError(
                "This mode has another form.", got=repr(mode), expected=repr(self.form), fix=repr(self._example())
            )
        if "weight_bits" in words and numbers[0] not in self.allowed_bits:
            bits = " or ".join(map(str, self.allowed_bits))
            raise ArgumentError(f"{algorithm} weights have {bits} bits.", got=repr(mode), fix=repr(self._example()))
        if numbers[-1] < -1 or numbers[-1] == 0:
            raise ArgumentError(
                f"`{words[-1]}` is -1 for no groups, or above 0.", got=repr(mode), fix=repr(self._example())
            )
        return numbers

    def _example(self) -> str:
        return self.form.replace("weight_bits", "4").replace("group_size", "128").replace("block_size", "128")

    def get_config(self) -> dict:
        numbers = [str(getattr(self, word)) for word in self.form.split("/")[1:]]
        return {**super().get_config(), "mode": "/".join([self.mode, *numbers])}


class Int4DTypePolicy(_NumberedDTypePolicy):
    """int4 kernels with one scale for each block of rows: ``Int4DTypePolicy("int4/128", "float32")``."""

    form = "int4/block_size"


class GPTQDTypePolicy(_NumberedDTypePolicy):
    """Kernels quantized by GPTQ (arXiv 2210.17323) to 2, 3, 4 or 8 bits: ``GPTQDTypePolicy("gptq/4/128", "float32")``."""

    form = "gptq/weight_bits/group_size"
    allowed_bits = (2, 3, 4, 8)


class AWQDTypePolicy(_NumberedDTypePolicy):
    """Kernels quantized by AWQ (arXiv 2306.00978) to 4 bits: ``AWQDTypePolicy("awq/4/128", "float32")``."""

    form = "awq/weight_bits/group_size"


class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Policies by the paths of layers; a key may be a pattern, such as ``"encoder/.*"``.

    Args:
        default_policy: for paths that no key matches; None is the global policy, also after loading.
        policy_map: policies by path.

    Raises:
        ArgumentError: `default_policy` is itself a map.
        ArgumentTypeError: `policy_map` is no dict.
    """

    def __init__(self, default_policy=None, policy_map: dict | None = None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ArgumentError("`default_policy` is one policy, not a map.", got=repr(default_policy))
        if policy_map is not None and not isinstance(policy_map, dict):
            raise ArgumentTypeError(
                "`policy_map` must be a dict.", got=repr(policy_map), expected='{"model/dense": policy}'
            )
        self._default_policy_arg = default_policy
        self._default_policy = get(default_policy)
        self._policy_map = policy_map or {}

    default_policy = property(lambda self: self._default_policy, doc="The policy of paths that no key matches.")
    name = property(lambda self: f"map_{self._default_policy.name}")
    compute_dtype = property(lambda self: self._default_policy.compute_dtype)
    variable_dtype = property(lambda self: self._default_policy.variable_dtype)
    quantization_mode = property(lambda self: self._default_policy.quantization_mode)

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policy_map:
            return self._policy_map[key]
        matching = [pattern for pattern in self._policy_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ArgumentError(
                f"Several keys of the policy map match '{key}'.", got=matching, expected="one key per path"
            )
        return self._policy_map[matching[0]] if matching else self.default_policy

    def __setitem__(self, key: str, policy):
        if key in self._policy_map:
            raise ArgumentError(
                f"The policy map has a policy for '{key}' already.", got=self._policy_map[key], fix=f"del map[{key!r}]"
            )
        self._policy_map[key] = get(policy)

    def __delitem__(self, key):
        del self._policy_map[key]

    def __contains__(self, key):
        return key in self._policy_map

    def __len__(self):
        return len(self._policy_map)

    def __iter__(self):
        return iter(self._policy_map)

    def pop(self, key, *default):
        """Take a key out of the map; unlike a look-up, it must be there."""
        return self._policy_map.pop(key, *default)

    def get_config(self) -> dict:
        configs = {key: serialize(policy) for key, policy in self._policy_map.items()}
        if self._default_policy_arg is None:
            # What was taken from the global policy is to be taken from the global one again after loading.
            for inner in (config["config"] for config in configs.values()):
                inner.update({word: None for word in ("name", "source_name") if word in inner})
        default = self._default_policy_arg
        return {
            "default_policy": serialize(default) if isinstance(default, DTypePolicy) else default,
            "policy_map": configs,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects=None):
        policies = {key: deserialize(one, custom_objects) for key, one in config["policy_map"].items()}
        return cls(config["default_policy"], policies)

    def __repr__(self):
        mapping = [(key, policy.name) for key, policy in self._policy_map.items()]
        return f"<DTypePolicyMap default_policy={self._default_policy.name}, mapping={mapping}>"


_BY_MODE = {
    "int8": QuantizedDTypePolicy,
    "float8": QuantizedFloat8DTypePolicy,
    "int4": QuantizedDTypePolicy,
    "int4/": Int4DTypePolicy,
    "gptq": GPTQDTypePolicy,
    "awq": AWQDTypePolicy,
}
_CLASSES = (DTypePolicy, FloatDTypePolicy, DTypePolicyMap, *_BY_MODE.values())
ALL_OBJECTS = {cls.__name__: cls for cls in _CLASSES}


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are not told another."""
    return settings.session("dtype_policy", lambda: DTypePolicy(settings.floatx()))


def set_dtype_policy(policy: str | DTypePolicy) -> None:
    """Set the policy of layers made from now on.

    Raises:
        ArgumentError: neither a policy nor the name of one.
    """
    if not isinstance(policy, (str, DTypePolicy)):
        raise ArgumentError(
            "This is no dtype policy.", got=repr(policy), expected="a name or a policy", fix='"mixed_bfloat16"'
        )
    settings.set_session("dtype_policy", get(policy))


def get(identifier) -> DTypePolicy:
    """The policy that is meant by a name, a config, a dtype, or a policy; None is the global one.

    Raises:
        ArgumentError: nothing of these.
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return _quantized(identifier) if identifier.startswith(QUANTIZATION_MODES) else DTypePolicy(identifier)
    try:
        return DTypePolicy(standardize_dtype(identifier))
    except DtypeError:
        raise ArgumentError("This is no dtype policy.", got=repr(identifier), expected="a name or a policy") from None


def _quantized(name: str) -> DTypePolicy:
    mode, *source = name.split("_from_")
    if len(source) != 1:
        raise ArgumentError(
            "This is no quantized policy.", got=repr(name), expected="mode_from_policy", fix='"int8_from_float32"'
        )
    algorithm, slash, _ = mode.partition("/")
    cls = _BY_MODE.get(algorithm + slash) or _BY_MODE.get(algorithm, QuantizedDTypePolicy)
    return cls(mode, source[0])


def serialize(dtype_policy: DTypePolicy) -> dict:
    """A policy as plain data."""
    return serialize_keras_object(dtype_policy)


def deserialize(config: dict, custom_objects=None) -> DTypePolicy:
    """The policy that plain data stands for."""
    return deserialize_keras_object(config, module_objects=ALL_OBJECTS, custom_objects=custom_objects)
