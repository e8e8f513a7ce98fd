"""Names in weight files: the walk over a model and all that it holds that has weights of its own.

Above:  saving.py writes what this finds, loading.py follows the same walk.
Kept true: the paths are Keras's. Attributes come in sorted order, private ones last; what stands in a list, tuple or dict is
           named by its class and counted; the layers of functional and sequential models come first.

Source: keras.saving, Keras 3.15.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pellucid.graph.operation import Operation
from pellucid.layers.base import Layer
from pellucid.losses.base import Loss
from pellucid.metrics.base import Metric
from pellucid.naming import to_snake_case
from pellucid.optimizers import Optimizer

# What has a name in files; a list of something else is passed by.
NAMED = (Operation, Optimizer, Metric, Loss)
CONTAINERS = (list, tuple, dict)


def objects(root, without=()) -> list[tuple[str, Any]]:
    """Pairs (path, object) of all that keeps weights in a file, each once; the root's path is "".

    Args:
        without: objects to leave out, with all below them.
    """
    found: list[tuple[str, object]] = []
    seen = {id(thing): thing for thing in without}  # kept, for the next list must not get the id of a past one
    waiting = [("", root)]
    while waiting:
        path, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if not isinstance(thing, CONTAINERS):
            if hasattr(thing, "save_own_variables"):
                found.append((path, thing))
            below = children(thing)
        else:
            below = items(thing)
        waiting += reversed([(f"{path}/{name}" if path else name, value) for name, value in below])
    return found


def children(thing: Any) -> Iterator[tuple[str, object]]:
    """Attributes that hold something with a name, or a container."""
    if isinstance(thing, _model_kinds()[:2]):
        yield "layers", thing.layers
    hidden = _hidden(_kind(thing))
    for name in sorted(dir(thing), key=lambda name: f"~{name}" if name.startswith("_") else name):
        if name.startswith("__") or name in hidden:
            continue
        try:
            value = getattr(thing, name)
        except Exception:  # a property that cannot be read now has nothing to save
            continue
        if isinstance(value, (*NAMED, *CONTAINERS)):
            yield name, value


def items(container) -> Iterator[tuple[str, object]]:
    """What a container holds, by class and count: ``dense``, ``dense_1``; containers inside it are ``container``."""
    counts: Counter[str] = Counter()
    for value in container.values() if isinstance(container, dict) else container:
        if isinstance(value, (*NAMED, *CONTAINERS)):
            name = "container" if isinstance(value, CONTAINERS) else to_snake_case(type(value).__name__)
            count = counts[name]
            counts[name] += 1
            yield (f"{name}_{count}" if count else name), value


def _kind(thing) -> type:
    return next(
        kind for kind in (*_model_kinds(), Optimizer, Metric, Loss, Layer, Operation) if isinstance(thing, kind)
    )


@functools.cache
def _model_kinds() -> tuple[Any, ...]:
    # Models know this file through saving.py.
    from pellucid.models.functional import Functional
    from pellucid.models.model import Model
    from pellucid.models.sequential import Sequential

    return Sequential, Functional, Model


@functools.cache
def _hidden(kind: type) -> frozenset[str]:
    """Attributes that every object of a kind has; they are not looked into."""
    sequential, functional, model = _model_kinds()
    if kind is functional:
        return (_hidden(model) | frozenset(dir(functional)) | _FUNCTIONAL | {"layers"}) - {"optimizer"}
    make: Any = kind
    if issubclass(kind, model):
        own = frozenset(dir(make(name="model"))) - {"optimizer"}
        return own | {"layers"} if kind is sequential else own - {"layers"}
    examples: dict[type, tuple] = {Optimizer: (1.0,), Operation: (), Metric: (), Loss: ()}
    if kind is Layer:
        return frozenset(dir(Layer(name="layer")))
    return frozenset(dir(make(*examples[kind])))


# Set in a functional model's __init__.
_FUNCTIONAL = frozenset(
    {"_inputs_struct", "_outputs_struct", "_inputs", "_outputs", "graph", "_operations", "_program", "output_names"}
)
