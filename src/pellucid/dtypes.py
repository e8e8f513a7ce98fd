"""Dtypes by name, as Keras writes them, and which dtype two of them make together.

Neighbours: settings.py holds floatx; every floor above names dtypes by the strings used here.
Kept true:  a dtype inside the package is a string; `to_torch` is the one way to PyTorch's own.
Source:     the lattice of JAX's type promotion, which keras.backend.result_type follows; 64-bit
            results become 32-bit ones, as in Keras on PyTorch.
"""

from __future__ import annotations

import functools

import numpy as np
import torch

from pellucid import settings
from pellucid.errors import DtypeError, nearest

INTS = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOATS = ("bfloat16", "float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
FLOAT8 = ("float8_e4m3fn", "float8_e5m2")
ALLOWED = ("bool", "string", *INTS, *FLOATS, *FLOAT8, *COMPLEX)

_TORCH = {name: getattr(torch, name) for name in ALLOWED if name != "string"}
_NAMES = {dtype: name for name, dtype in _TORCH.items()}
_PYTHON = {bool: "bool", int: "int32", str: "string", complex: "complex64"}

# Each dtype, and the next wider ones; "int" and "float" are Python's own numbers, which yield.
_WIDER = {
    "bool": ("int",),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int": ("uint8", "int8", "complex64"),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}
_NARROWED = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def standardize_dtype(dtype) -> str:
    """The name of a dtype given as a string, a Python type, or NumPy's or PyTorch's object; None is floatx.

    Raises:
        DtypeError: no such dtype.
    """
    if type(dtype) is str and dtype in _ALLOWED:
        return dtype
    # NumPy's float64 equals "float", so that only a string may be compared with it.
    if dtype is None or dtype is float or (type(dtype) is str and dtype == "float"):
        return settings.floatx()
    try:
        return _NAMES[dtype]
    except (KeyError, TypeError):
        pass
    return _standardize_other(dtype)


_ALLOWED = frozenset(ALLOWED)


def _standardize_other(dtype) -> str:
    if isinstance(dtype, type) and dtype in _PYTHON:
        return _PYTHON[dtype]
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    name = name.removeprefix("torch.")
    if name == "int":
        return "int32"
    if name == "str" or name.startswith("str"):
        return "string"
    if name not in _ALLOWED:
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = str(name)
    if name not in _ALLOWED:
        close = nearest(name, ALLOWED)
        raise DtypeError(
            f"There is no dtype {name!r}.",
            got=repr(dtype),
            expected="one of " + ", ".join(ALLOWED),
            fix=f'dtype="{close[0] if close else "float32"}"',
        )
    return name


def to_torch(dtype) -> torch.dtype:
    """PyTorch's dtype for a name.

    Raises:
        DtypeError: "string", which PyTorch cannot hold, or no dtype at all.
    """
    name = standardize_dtype(dtype)
    if name == "string":
        raise DtypeError("PyTorch has no tensors of strings.", got="string", expected="a number or bool dtype")
    return _TORCH[name]


def is_float_dtype(dtype) -> bool:
    """Whether a dtype is a floating-point one, float8 included."""
    return "float" in standardize_dtype(dtype)


def is_int_dtype(dtype) -> bool:
    """Whether a dtype is an integer one, signed or not; bool is none."""
    return "int" in standardize_dtype(dtype)


def result_type(*dtypes) -> str:
    """The dtype that values of these dtypes make together.

    Args:
        dtypes: names, or Python's `int` and `float` for numbers that yield to any array.

    Raises:
        DtypeError: a float8 dtype, which promotes to nothing, or no dtype at all.
    """
    if not dtypes:
        return settings.floatx()
    return _result_type(settings.floatx(), *(d if d is int or d is float else standardize_dtype(d) for d in dtypes))


@functools.lru_cache(1024)
def _result_type(floatx: str, *dtypes) -> str:
    weak = {int: "int", float: "float"}
    nodes = {weak.get(d, d) for d in dtypes}
    for node in nodes & set(FLOAT8):
        raise DtypeError(f"{node} does not promote to other dtypes.", got=tuple(dtypes), fix='ops.cast(x, "float32")')
    if unknown := nodes - set(_WIDER):
        raise DtypeError("This dtype takes no part in arithmetic.", got=unknown.pop())
    above = frozenset.intersection(*(_reach(node) for node in nodes))
    least = (above & nodes) or {one for one in above if above <= _reach(one)}
    name = next(iter(least))
    if name in ("int", "float"):
        name += floatx[-2:] if floatx != "bfloat16" else "16"
    return _NARROWED.get(name, name)


@functools.cache
def _reach(node: str) -> frozenset[str]:
    """This dtype and all wider ones."""
    return frozenset({node}).union(*(_reach(wider) for wider in _WIDER[node]))
