"""Wrong programs: graphs, Sequential models, and symbolic tensors where values belong."""

import numpy as np
import torch

from wrong_programs.row import Wrong


def _disconnected(k):
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    return k.Model(a, k.layers.Dense(2)(b))


def _two_of_one_name(k):
    x = k.Input((3,))
    y = k.layers.Dense(3, name="same")(k.layers.Dense(3, name="same")(x))
    return k.Model(x, y)


def _two_in_sequence_of_one_name(k):
    return k.Sequential([k.layers.Dense(3, name="same"), k.layers.Dense(3, name="same")])


def _truth_of_symbol(k):
    return 1 if k.Input((3,)) > 0 else 0


def _loop_over_symbol(k):
    for row in k.Input((3,)):
        return row
    return None


def _set_in_symbol(k):
    x = k.Input((3,))
    x[0] = 1


def _input_of_uncalled(k):
    return k.layers.Dense(3).input


def _add_after_branch(k):
    model = k.Sequential([k.Input((8, 8, 3)), k.layers.Conv2D(4, 3)])
    model.add(k.layers.Dense(2)(k.Input((3,))))


def _sequential_shape_break(k):
    return k.Sequential([k.Input((8, 8, 3)), k.layers.GlobalAveragePooling2D(), k.layers.Conv2D(4, 3)])


def _model_without_outputs(k):
    return k.Model(inputs=k.Input((3,)))


def _add_loss_on_graph(k):
    x = k.Input((3,))
    k.Model(x, k.layers.Dense(1)(x)).add_loss(0.0)


def _two_inputs(k):
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    return k.Model([a, b], k.layers.Add()([a, b]))


def _model(k):
    x = k.Input((3,))
    return k.Model(x, k.layers.Dense(1, name="last")(x))


def _second_input_to_sequential(k):
    model = k.Sequential([k.Input((3,)), k.layers.Dense(2)])
    model.add(k.Input((3,)))


# fmt: off
GRAPHS = [
    Wrong("a layer called on a list of numbers", lambda k: k.layers.Dense(2)([1.0, 2.0]), ("[1.0, 2.0]",), ValueError),
    Wrong("a layer called on text", lambda k: k.layers.Dense(2)("hello"), ("'hello'", "tensor")),
    Wrong("a layer called on None", lambda k: k.layers.Dense(2)(None), ("None",), ValueError),
    Wrong("a layer called on nothing", lambda k: k.layers.Dense(2)(), ("inputs",), (TypeError, ValueError)),
    Wrong("a layer called on a dict", lambda k: k.layers.Dense(2)({"a": np.ones((1, 3)), "b": np.ones((1, 3))}), ("2 inputs", "1")),
    Wrong("a layer called on a layer", lambda k: k.layers.Dense(2)(k.layers.Dense(3)), ("Dense",), ValueError),
    Wrong("a layer called with an unknown argument", lambda k: k.layers.Dense(2)(k.Input((3,)), trainig=True), ("trainig",), (TypeError, ValueError)),
    Wrong("a model whose input leads nowhere", _disconnected, ("'b'", "inputs")),
    Wrong("two layers of one name", _two_of_one_name, ("same", "name")),
    Wrong("two layers of one name in sequence", _two_in_sequence_of_one_name, ("same", "name")),
    Wrong("a model between layers in place of tensors", lambda k: k.Model(k.Input((3,)), k.layers.Dense(3)), ("Dense", "symbolic")),
    Wrong("a model from values", lambda k: k.Model(np.ones((1, 3)), np.ones((1, 3))), ("symbolic", "Input(shape=")),
    Wrong("a model without outputs", _model_without_outputs, ("outputs",), (TypeError, ValueError)),
    Wrong("Sequential of text", lambda k: k.Sequential(["dense"]), ("'dense'", "layer")),
    Wrong("Sequential of a class", lambda k: k.Sequential([k.layers.Flatten]), ("Flatten()",)),
    Wrong("Sequential of a function", lambda k: k.Sequential([k.ops.relu]), ("Activation", )),
    Wrong("Sequential with a tensor added", _add_after_branch, ("KerasTensor",)),
    Wrong("Sequential with a second input", _second_input_to_sequential, ("input",)),
    Wrong("Sequential whose layers do not fit", _sequential_shape_break, ("(None, 3)", "4 axes")),
    Wrong("pop of an empty Sequential", lambda k: k.Sequential().pop(), ("pop",)),
    Wrong("a Sequential without layers that predicts", lambda k: k.Sequential().predict(np.ones((1, 3)), verbose=0), ("add",), ValueError),
    Wrong("summary of weights not made yet", lambda k: k.Sequential([k.layers.Dense(3)]).count_params(), ("build",)),
    Wrong("a symbol in NumPy", lambda k: np.sin(k.Input((3,))), ("ops",), (ValueError, TypeError)),
    Wrong("a symbol as a NumPy array", lambda k: np.asarray(k.Input((3,))), ("ops",)),
    Wrong("a symbol in a torch function", lambda k: torch.relu(k.Input((3,))), ("ops",), (ValueError, TypeError)),
    Wrong("a symbol in an if", _truth_of_symbol, ("if",)),
    Wrong("a symbol in a for", _loop_over_symbol, ("for",)),
    Wrong("a symbol as a number", lambda k: float(k.Input((3,))), ("symbolic",), (ValueError, TypeError)),
    Wrong("values set in a symbol", _set_in_symbol, ("ops.where",)),
    Wrong("sizes of two symbols that do not fit", lambda k: k.Input((3,)) + k.Input((4,)), ("(None, 3)", "(None, 4)"), ValueError),
    Wrong("a product of symbols that do not fit", lambda k: k.ops.matmul(k.Input((3,)), k.Input((4, 5))), ("3", "4"), ValueError),
    Wrong("the input of a layer never called", _input_of_uncalled, ("input", "called")),
    Wrong("a layer that is not there", lambda k: _model(k).get_layer("lst"), ("lst", "last")),
    Wrong("a layer by a number too large", lambda k: _model(k).get_layer(index=9), ("9", "2")),
    Wrong("get_layer of nothing", lambda k: _model(k).get_layer(), ("name", "index")),
    Wrong("add_loss on a graph", _add_loss_on_graph, ("add_loss",), NotImplementedError),
    Wrong("a graph called on one of two inputs", lambda k: _two_inputs(k)(k.Input((3,))), ("2", "1 input")),
]
# fmt: on
