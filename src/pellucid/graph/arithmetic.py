"""Arithmetic: Python's operators as operations of the same meaning, for what stands for a value.

Above: variable.py, and other classes that read as tensors.
"""

from __future__ import annotations

from pellucid import registry

_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
    "and": "logical_and",
    "or": "logical_or",
    "xor": "logical_xor",
}
_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_UNARY = {"neg": "negative", "abs": "absolute", "invert": "logical_not"}


def give_arithmetic(cls: type) -> type:
    """Give a class Python's operators, each by the operation of the same meaning."""
    for word, name in {**_BINARY, **_COMPARISONS, **_UNARY}.items():
        setattr(cls, f"__{word}__", _arithmetic(name))
    for word, name in _BINARY.items():
        setattr(cls, f"__r{word}__", _reflected(name))
    setattr(cls, "__pos__", lambda self: self.value)  # noqa: B010  (as the others above)
    return cls


def _arithmetic(name: str):
    """`x + y` as the operation "add" where there is one, so that dtypes follow Keras's rule."""

    def method(self, *others):
        return registry.operator(name)(self.value, *others)

    return method


def _reflected(name: str):
    def method(self, other):
        return registry.operator(name)(other, self.value)

    return method
