"""Dtype policies: in which dtype layers compute, and in which they keep their weights."""

from pellucid.dtype_policies.lookup import DTypePolicyMap, deserialize, get, serialize
from pellucid.dtype_policies.policy import DTypePolicy, FloatDTypePolicy
from pellucid.dtype_policies.quantized import (
    AWQDTypePolicy,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
)

__all__ = [
    "AWQDTypePolicy",
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
    "deserialize",
    "get",
    "serialize",
]
