"""The arguments of a layer's call: which are tensors, which shapes they have, what a caller passes on.

Above: layers/base.py, which builds by these shapes and calls with these arguments.
"""

from __future__ import annotations

import inspect
import threading

import torch

from pellucid import nest
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import standardize_shape

TENSORS = (torch.Tensor, KerasTensor)


class Signature:
    """What a layer's `call` takes; made once per function."""

    _known: dict = {}

    def __init__(self, call):
        self.signature = inspect.signature(call)
        parameters = list(self.signature.parameters.values())
        self.names = [p.name for p in parameters]
        self.has_training = "training" in self.names
        self.has_mask = "mask" in self.names
        self.has_kwargs = any(p.kind is p.VAR_KEYWORD for p in parameters)

    @classmethod
    def of(cls, layer) -> Signature:
        """The signature of a layer's `call`, without self."""
        function = getattr(layer.call, "__func__", layer.call)
        if function not in cls._known:
            cls._known[function] = cls(layer.call)
        return cls._known[function]


class Call:
    """The arguments of one call, bound to their names.

    Raises:
        ArgumentTypeError: arguments that `call` does not take.
        ArgumentError: tensors and other things mixed in one structure.
    """

    def __init__(self, layer, signature: Signature, args, kwargs):
        # `training` and its like reach sub-layers even where this layer's own call does not take them.
        passed_on = {k: kwargs.pop(k) for k in layer._call_context_args if k in kwargs and k not in signature.names}
        try:
            bound = signature.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentTypeError(
                f"Layer '{layer.name}' ({type(layer).__name__}) cannot be called like this: {error}.",
                expected=f"call{signature.signature}",
            ) from error
        self.given = {**passed_on, **bound.arguments}
        bound.apply_defaults()
        self.arguments = bound.arguments
        self.first = next(iter(self.arguments.values()), None)
        self.tensors = {name: value for name, value in self.arguments.items() if _is_tensors(name, value, layer)}
        self.is_symbolic = any(isinstance(x, KerasTensor) for x in nest.leaves(dict(self.tensors)))

    def shapes(self) -> dict:
        """``{"x_shape": (None, 3)}``: the shapes of all tensor arguments; structures keep their form."""
        catch_alls = ("mask", "args", "kwargs")
        return {
            f"{name}_shape": nest.map_structure(_shape, v) for name, v in self.tensors.items() if name not in catch_alls
        }

    def shapes_for(self, method, layer) -> dict:
        """The shapes under the names that `build` or `compute_output_shape` gives them.

        Raises:
            ArgumentError: a method with several arguments, one of which matches no argument of `call`.
        """
        shapes = self.shapes()
        variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        names = [p.name for p in inspect.signature(method).parameters.values() if p.kind not in variadic]
        if len(names) == 1:
            return {names[0]: next(iter(shapes.values()), None)}
        for name in names:
            if not name.endswith("_shape") or name.removesuffix("_shape") not in self.arguments:
                raise ArgumentError(
                    f"`{method.__name__}` of {type(layer).__name__} has an argument that no argument of `call` matches.",
                    got=name,
                    expected=", ".join(f"{known}_shape" for known in self.arguments),
                    fix=f"def {method.__name__}(self, {', '.join(shapes)})",
                )
        return {name: shapes[name] for name in names if name in shapes}


def _is_tensors(name, value, layer) -> bool:
    if isinstance(value, TENSORS):
        return True
    if not nest.is_nested(value) or not len(value):
        return False
    leaves = nest.flatten(value)
    if all(x is None or isinstance(x, TENSORS) for x in leaves):
        return any(x is not None for x in leaves)
    if any(isinstance(x, TENSORS) for x in leaves) and not layer._allow_non_tensor_positional_args:
        raise ArgumentError(
            f"The argument '{name}' of layer '{layer.name}' mixes tensors with other things.",
            got=[type(x).__name__ for x in leaves],
            expected="tensors only",
        )
    return False


def _shape(x):
    return None if x is None else standardize_shape(x.shape)


class CallContext:
    """What the outermost call hands to all calls inside it: `training` and its like."""

    __slots__ = ("entry_layer", "values")

    def __init__(self, entry_layer):
        self.entry_layer = entry_layer
        self.values: dict = {}


class _Current(threading.local):
    context: CallContext | None = None


current = _Current()
