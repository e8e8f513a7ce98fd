"""TensorFlow's graphs: layers in a `tf.data` pipeline are given tensors without values, and must wait for them.

Below:  graph/symbol.py: what comes out is found on symbols of the same shapes.
Above:  calling.py and images.py ask whether they were given such tensors.
Kept true: TensorFlow is never imported here; where its tensors come in, a program has done so.
"""

from __future__ import annotations

import functools
import sys

from pellucid import nest
from pellucid.errors import ShapeError
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_numpy


def is_waiting(*structures) -> bool:
    """Whether tensors of a graph of TensorFlow's are among the leaves."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not hasattr(tensorflow, "is_symbolic_tensor"):
        return False
    return any(tensorflow.is_symbolic_tensor(x) for x in nest.leaves(structures))


def put_off(function, tell_spec, args, kwargs):
    """What `function` gives, computed each time when the graph runs.

    Args:
        tell_spec: gives the symbols that stand for the results, from symbols.
    """
    tensorflow = sys.modules["tensorflow"]
    # TensorFlow would else translate every line of ours into its own graph.
    return tensorflow.autograph.experimental.do_not_convert(_put_off)(tensorflow, function, tell_spec, args, kwargs)


def _put_off(tensorflow, function, tell_spec, args, kwargs):
    given = (args, kwargs)
    waiting = [x for x in nest.leaves(given) if tensorflow.is_symbolic_tensor(x)]

    def filled(values):
        values = iter(values)
        return nest.map_structure(lambda x: next(values) if tensorflow.is_symbolic_tensor(x) else x, given)

    args, kwargs = filled(_symbol(x) for x in waiting)
    spec = tell_spec(*args, **kwargs)
    symbols = nest.flatten(spec)

    def run(*values):
        args, kwargs = filled(values)
        found = nest.flatten(function(*args, **kwargs))
        return [convert_to_numpy(x).astype(symbol.dtype) for x, symbol in zip(found, symbols, strict=True)]

    found = tensorflow.numpy_function(run, waiting, [symbol.dtype for symbol in symbols])
    for x, symbol in zip(found, symbols, strict=True):
        x.set_shape(symbol.shape)
    return nest.pack_sequence_as(spec, found)


def _symbol(x):
    if x.shape.rank is None:
        raise ShapeError(
            "A tensor of TensorFlow's does not say how many axes it has.",
            got=x.name,
            fix="x.set_shape((None, None, 3))",
        )
    return KerasTensor(x.shape.as_list(), dtype=x.dtype.name)


def may_wait(method):
    """A method that also takes tensors of TensorFlow's graphs."""

    @functools.wraps(method)
    def may_wait(self, *args, **kwargs):
        if not is_waiting(args, kwargs):
            return method(self, *args, **kwargs)
        bound = functools.partial(method, self)
        return put_off(bound, functools.partial(compute_output_spec, bound), args, kwargs)

    return may_wait
