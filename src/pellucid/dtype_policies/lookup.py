"""Policies by name and by the paths of layers: `get`, the global one set, and to and from plain data."""

from __future__ import annotations

import re
from collections.abc import MutableMapping

from pellucid import settings
from pellucid.dtype_policies.policy import DTypePolicy, FloatDTypePolicy, dtype_policy
from pellucid.dtype_policies.quantized import (
    QUANTIZATION_MODES,
    AWQDTypePolicy,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
)
from pellucid.dtypes import standardize_dtype
from pellucid.errors import ArgumentError, ArgumentTypeError, DtypeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object


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
