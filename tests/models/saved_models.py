"""Models that files are tried with: one for each row of the layer cases, and graphs of several kinds."""

import zipfile

import h5py
import numpy as np
import pytest

from layers.cases import CASES
from layers.test_laws import call, make

ROWS = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])


def model_of(library, case):
    """A model of one row: inputs, and the layer."""
    shapes = case.shape if isinstance(case.shape, list) else [case.shape]
    inputs = [library.Input(shape, dtype="int32" if case.whole else "float32") for shape in shapes]
    layer = make(library, case, None)
    return library.Model(inputs if len(inputs) > 1 else inputs[0], call(layer, case, inputs))


def values_for(case):
    rng = np.random.default_rng(3)
    shapes = case.shape if isinstance(case.shape, list) else [case.shape]
    if case.whole:
        return rng.integers(0, case.whole, (2, *shapes[0])).astype("int32")
    values = [rng.normal(size=(2, *shape)).astype("float32") for shape in shapes]
    return values if len(values) > 1 else values[0]


def vary(model):
    """Weights that are all different from each other."""
    rng = np.random.default_rng(5)
    model.set_weights([rng.uniform(0.3, 1.2, w.shape).astype(w.dtype) for w in model.get_weights()])


def output(model, x):
    y = model(x, training=False)
    return y.detach().numpy()


def names_in(path):
    found = {}

    def note(name, thing):
        found[name] = getattr(thing, "shape", "group")

    if str(path).endswith(".keras"):
        with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as file, h5py.File(file) as h5:
            h5.visititems(note)
    else:
        with h5py.File(path) as h5:
            h5.visititems(note)
    return found


def sequential(library):
    L = library.layers
    return library.Sequential([library.Input((4,)), L.Dense(3, activation="tanh"), L.BatchNormalization(), L.Dense(2)])


def nested(library):
    L = library.layers
    inner = sequential(library)
    x = library.Input((4,), name="a")
    branch = library.Model(x, inner(x))
    top = library.Input((4,), name="b")
    return library.Model(top, L.Dense(2)(branch(top)))


def shared(library):
    L = library.layers
    dense = L.Dense(3, name="twice")
    a, b = library.Input((4,), name="a"), library.Input((4,), name="b")
    return library.Model([a, b], L.Dense(2)(L.Add()([dense(a), dense(b)])))


def by_name(library):
    L = library.layers
    a, b = library.Input((4,), name="a"), library.Input((4,), name="b")
    return library.Model({"a": a, "b": b}, {"sum": L.Add()([a, b]), "dense": L.Dense(2)(a)})


def operations(library):
    ops = library.ops
    x = library.Input((4,))
    y = ops.relu(x) * 2.0 + ops.exp(x)
    y = ops.concatenate([y, ops.sum(x, axis=-1, keepdims=True)], axis=-1)
    return library.Model(x, library.layers.Dense(2)(ops.reshape(y, (-1, 5))))


GRAPHS = [sequential, nested, shared, by_name, operations]


def inputs_for(model):
    rng = np.random.default_rng(3)
    draw = lambda: rng.normal(size=(3, 4)).astype("float32")  # noqa: E731
    if len(model.inputs) == 1:
        return draw()
    names = [x.name for x in model.inputs]
    return {name: draw() for name in names} if set(names) == {"a", "b"} else [draw() for _ in names]


def outputs(model, x):
    y = model(x)
    return {k: v.detach().numpy() for k, v in y.items()} if isinstance(y, dict) else {"": y.detach().numpy()}
