"""K.function and K.gradients: parts of a graph run by hand, as programs of Keras 1 and 2 look into networks.

Below:  program.py runs the steps between the symbols.
Above:  the door ``pellucid.backend``.
Kept true: a gradient is a step of the graph like any other; it is taken of the values of the same run.
"""

from __future__ import annotations

import torch

from pellucid import nest
from pellucid.engine.program import Program
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.graph import Graph
from pellucid.graph.node import KerasHistory
from pellucid.graph.operation import Operation
from pellucid.graph.symbol import KerasTensor, any_symbolic
from pellucid.graph.values import convert_to_numpy, convert_to_tensor
from pellucid.graph.variable import Variable


def gradients(loss, variables):
    """How the sum of a loss changes with values or weights.

    Args:
        loss: a symbol, or a tensor that PyTorch has watched.
        variables: symbols between the inputs and the loss, weights, or tensors; one, or a list.

    Returns:
        A list with one gradient each, in the variable's shape; zeros where the loss does not depend on it.
    """
    variables = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    if any_symbolic((loss, *variables), {}):
        weights = [x for x in variables if isinstance(x, Variable)]
        symbols = [x for x in variables if not isinstance(x, Variable)]
        found = Gradients(weights)(loss, *symbols) if symbols or weights else ()
        found = iter(found if isinstance(found, (list, tuple)) else [found])
        of_symbols = [next(found) for _ in symbols]
        of_weights = list(found)
        return [of_weights.pop(0) if isinstance(x, Variable) else of_symbols.pop(0) for x in variables]
    return _gradients(loss, [x.value if isinstance(x, Variable) else x for x in variables])


def _gradients(loss, values: list) -> list:
    if not loss.requires_grad:
        raise UnsupportedError(
            "PyTorch did not watch how this loss came about.",
            got="a tensor without a gradient",
            fix="K.function([model.input], K.gradients(loss, layer.output))",
        )
    found = torch.autograd.grad(loss.sum(), values, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if grad is None else grad for x, grad in zip(values, found, strict=True)]


class Gradients(Operation):
    """A step of a graph: the gradients of its first input by the others, and by some weights."""

    def __init__(self, weights=(), name=None):
        super().__init__(name=name)
        self._weights = list(weights)

    def call(self, loss, *values):
        return tuple(_gradients(loss, [*values, *(v.value for v in self._weights)]))

    def compute_output_spec(self, loss, *values):
        return tuple(KerasTensor(x.shape, dtype=x.dtype) for x in (*values, *self._weights))


class BackendFunction:
    """What leads from some symbols to others, called on lists of arrays.

    Args:
        inputs: symbols; among them `learning_phase()`, which is no symbol and whose value says whether it is training.
        outputs: symbols, or one.
        updates: pairs of a weight and the symbol for its next value, taken at each call.

    Raises:
        ArgumentError: no symbols, or outputs that the inputs do not lead to.
    """

    def __init__(self, inputs, outputs, updates=None, name=None, **_):
        inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self._places = [at for at, x in enumerate(inputs) if isinstance(x, KerasTensor)]
        self._phase = next((at for at, x in enumerate(inputs) if isinstance(x, int)), None)
        symbols = [inputs[at] for at in self._places]
        if not symbols:
            raise ArgumentError("A function needs symbols to begin with.", got=repr(inputs), fix="[model.input]")
        for x in symbols:
            if not hasattr(x, "_keras_history"):
                x._keras_history = KerasHistory(None, 0, 0)
        self._is_single = not isinstance(outputs, (list, tuple))
        self._updated = [variable for variable, _ in updates or ()]
        wanted = [*nest.flatten(outputs), *(value for _, value in updates or ())]
        self._inputs = symbols
        self._count = len(wanted) - len(self._updated)
        self._program = Program(Graph(symbols, wanted))

    def __call__(self, inputs):
        """The outputs as arrays: a list of them, or the one."""
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        values = [self._value(given[at], x) for at, x in zip(self._places, self._inputs, strict=True)]
        training = None if self._phase is None or len(given) <= self._phase else bool(given[self._phase])
        results = self._program.run(values, training=training or False)
        for variable, value in zip(self._updated, results[self._count :], strict=True):
            variable.assign(value.detach())
        arrays = [convert_to_numpy(x) for x in results[: self._count]]
        return arrays[0] if self._is_single else arrays

    def _value(self, x, symbol):
        value = convert_to_tensor(x, dtype=symbol.dtype)
        return value.detach().requires_grad_() if value.is_floating_point() else value


def function(inputs, outputs, updates=None, name=None, **kwargs):
    """A function from lists of arrays to arrays, of a part of a graph: ``K.function([model.input], [layer.output])``."""
    return BackendFunction(inputs, outputs, updates, name, **kwargs)
