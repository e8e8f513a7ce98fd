"""Rebuilding: the network that a plan describes, with the weights of the old one moved as it says.

Below:  planning.py decides; models/ has Functional and Sequential.
Above:  relayout.py.
Kept true: the old network is only read; a layer that is called several times is made once; weights get memory once.
"""

from __future__ import annotations

from pellucid import nest, registry
from pellucid.convert import weight_axes
from pellucid.convert.arrangement import State
from pellucid.convert.ledger import Left, Move
from pellucid.convert.passing import activation_layer
from pellucid.convert.planning import Crossing, Plan, graph_of
from pellucid.convert.rearranging import steps
from pellucid.errors import UnsupportedError
from pellucid.graph.objects import ObjectSharingScope
from pellucid.graph.scopes import UnmadeScope, device
from pellucid.layers import Input, InputLayer, Lambda, Softmax, TimeDistributed
from pellucid.layers.base import Layer
from pellucid.models.functional import Functional, is_functional_like
from pellucid.models.sequential import Sequential


class Rebuilder:
    """Makes the new network of a plan.

    Attributes:
        made: for each old layer's id, the pair of old and new.
        left: the transposes that it put in.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        self.made: dict[int, tuple] = {}
        self.left: list[Left] = []

    def model(self, old):
        """The new model, its weights still without values."""
        with UnmadeScope(), ObjectSharingScope():
            return self._model(old, top=True)

    def _model(self, old, top: bool = False):
        graph = graph_of(old)
        states = [self.plan.states[id(symbol)] for symbol in graph.inputs]
        inputs = [_input(symbol, state) for symbol, state in zip(graph.inputs, states, strict=True)]
        run = _Run(self, {node.operation.name for node in graph.nodes}, isinstance(old, Sequential))
        run.values |= {id(symbol): x for symbol, x in zip(graph.inputs, inputs, strict=True)}
        for node in graph.nodes:
            if not node.is_input:
                run.node(node)
        outputs = [run.output(symbol) if top else run.values[id(symbol)] for symbol in graph.outputs]
        if isinstance(old, Sequential):
            first = InputLayer(
                batch_shape=inputs[0].shape, dtype=inputs[0].dtype, name=inputs[0]._keras_history.operation.name
            )
            return _as_trainable(Sequential([first, *run.layers], name=old.name), old)
        cls = type(old) if is_functional_like(type(old)) else Functional
        packed = (nest.pack_sequence_as(old.input, inputs), nest.pack_sequence_as(old.output, outputs))
        return _as_trainable(cls(*packed, name=old.name), old)

    def layer(self, old, passage=None):
        """The new layer of an old one."""
        if id(old) not in self.made:
            self.made[id(old)] = (old, self._made(old, passage))
        return self.made[id(old)][1]

    def _made(self, old, passage):
        if getattr(old, "graph", None) is not None:
            return self._model(old)
        if passage is not None and passage.instead is not None:
            return passage.instead(old.name)
        config = passage.config if passage is not None else {}
        try:
            if isinstance(old, TimeDistributed) and type(old) is TimeDistributed:
                is_planned = id(old.layer) in self.plan.given
                inner = self._model(old.layer) if is_planned else self._again(old.layer, config)
                self.made[id(old.layer)] = (old.layer, inner)
                words = {word: value for word, value in old.get_config().items() if word != "layer"}
                return TimeDistributed(inner, **words)
            return self._again(old, config)
        except Exception as error:
            raise UnsupportedError(
                f"'{old.name}' ({type(old).__name__}) cannot be made again for {self.plan.data_format}: {error}",
                got=config or "its own config",
                where=old.name,
            ) from error

    def _again(self, old, config: dict):
        if type(old) is Lambda:  # its function is at hand, and need not be read from a config
            words = {"output_shape": old._output_shape, "mask": old.mask, "arguments": old.arguments}
            return Lambda(old.function, **words, name=old.name, dtype=old.dtype_policy, trainable=old.trainable)
        with registry.CustomObjectScope({type(old).__name__: type(old)}):
            return type(old).from_config({**old.get_config(), **config})

    # ---- weights

    def fill(self) -> dict[int, tuple]:
        """Give every new weight its moved value; for each old weight's id the new one and its move."""
        pairs: dict[int, tuple] = {}
        for old, new in self.made.values():
            if not isinstance(old, Layer) or getattr(old, "graph", None) is not None:
                continue
            for before, after in (*zip(old.weights, new.weights, strict=True), *_seeds(old, new)):
                if id(before) not in pairs:
                    move = self._move(old, before, after)
                    with device(str(before.value.device)):
                        _give(after, move.apply(before.value.detach()), before)
                    pairs[id(before)] = (after, move)
        return pairs

    def _move(self, layer, before, after) -> Move:
        shift = self.plan.shifts.get(id(before))
        owner = next((one for one in layer._flatten_layers() if any(w is before for w in one._own_weights())), layer)
        names = weight_axes.names(owner, before)
        if shift is None:
            return Move(before.path, after.path, names)
        words = names.split()
        if shift.dims != tuple(range(before.ndim)):
            names = f"{names} -> {' '.join(words[axis] for axis in shift.dims)}"
        why = shift.state.cause or "its axes follow those of the value"
        return Move(before.path, after.path, names, shift.orders, why, shift.state.through)


def _as_trainable(new, old):
    """A model with the old one's own flag; to set `trainable` would set that of every layer too."""
    new._trainable = old.trainable
    return new


def _seeds(old, new):
    """The states of random draws, where both layers draw."""
    sides = [
        [v for layer in one._flatten_layers() for g in layer._seed_generators for v in [g.state]] for one in (old, new)
    ]
    return zip(*sides, strict=True) if len(sides[0]) == len(sides[1]) else ()


def _give(variable, value, before):
    if variable._value is None:
        is_fresh = value.is_contiguous() and value.data_ptr() != before.value.data_ptr()
        variable.begin_with(value, keep=is_fresh)
    else:
        variable.assign(value)


def _input(symbol, state: State):
    layer = symbol._keras_history.operation
    optional = getattr(layer, "optional", False)
    return Input(batch_shape=(symbol.shape[0], *state.shape), dtype=symbol.dtype, name=layer.name, optional=optional)


class _Run:
    """One graph made again, call by call.

    Attributes:
        values: for each old symbol's id the new one.
        layers: what was called, in order; a Sequential is made of them.
    """

    def __init__(self, rebuilder: Rebuilder, names: set[str], is_stack: bool):
        self.rebuilder, self.names, self.is_stack = rebuilder, names, is_stack
        self.values: dict[int, object] = {}
        self.layers: list = []
        self.moved: dict = {}
        self.freed: dict[int, str] = {}

    def node(self, node):
        """The new call of an old one."""
        plan = self.rebuilder.plan
        passage = plan.passages.get(id(node))
        given = {id(x): self._read(x, node) for x in node.input_tensors}
        if passage is not None and passage.vanishes:
            [x] = node.input_tensors
            self.values[id(node.outputs[0])] = given[id(x)]
            if self.freed.setdefault(id(node), node.operation.name):
                self.freed[id(node.outputs[0])] = node.operation.name
            return
        layer = self.rebuilder.layer(node.operation, passage)
        if passage is not None and passage.instead is not None:
            values = [given[id(x)] for x in node.input_tensors]
            outputs = self._called(layer, values[0] if len(values) == 1 else values)
        else:
            args, kwargs = node.arguments.fill_in(given)
            outputs = self._called(layer, *args, **kwargs)
        outputs = nest.flatten(outputs)
        if passage is not None and passage.behind is not None:
            outputs = [self._behind(node, passage, outputs[0])]
        self.values |= {id(old): new for old, new in zip(node.outputs, outputs, strict=True)}

    def output(self, symbol):
        """The new output of the model for an old one."""
        return self._read(symbol, None)

    def _called(self, layer, *args, **kwargs):
        self.layers.append(layer)
        # A Sequential calls its layers itself, so that their weights have its name in their paths.
        return args[0] if self.is_stack else layer(*args, **kwargs)

    def _behind(self, node, passage, x):
        """An activation along an axis that channels no longer end on."""
        name, plan = node.operation.name, self.rebuilder.plan
        old = tuple(node.outputs[0].shape[1:])
        lies = plan.calls[id(node)][1].move(node.operation, len(old))
        if passage.behind.__name__ == "softmax":
            axis = lies.index(len(old) - 1) + 1
            return self._called(Softmax(axis=axis, name=self._name(f"{name}_softmax")), x)
        state = State.moved(old, lies)
        x = self._moved(x, state, State.plain(old), f"{name}_moved", Left(name, name, name, (), passage.why))
        return self._called(activation_layer(passage.behind, self._name(f"{name}_activation")), x)

    def _read(self, symbol, node):
        crossing = self.rebuilder.plan.crossings.get((id(symbol), None if node is None else id(node)))
        x = self.values[id(symbol)]
        if crossing is None:
            return x
        key = (id(symbol), crossing.takes)
        if key not in self.moved:
            self.moved[key] = self._crossed(x, crossing)
        return self.moved[key]

    def _crossed(self, x, crossing: Crossing):
        source = crossing.symbol._keras_history.operation.name
        for step in crossing.steps() or ():
            freed = self._freed_name(crossing) if step.is_transpose else None
            name = freed or self._name(f"{source}_moved")
            x = self._step(x, step, name, Left(name, source, crossing.reader, (), crossing.why))
        return x

    def _freed_name(self, crossing: Crossing) -> str | None:
        """A transpose that stands for a Permute of the old network has its name, once."""
        passage = self.rebuilder.plan.passages.get(id(crossing.node))
        if passage is not None and passage.vanishes and id(crossing.node) not in self.freed:
            self.freed[id(crossing.node)] = ""
            return crossing.node.operation.name
        return self.freed.pop(id(crossing.symbol), None)

    def _moved(self, x, now, wanted, name, left):
        for step in steps(now, wanted):
            x = self._step(x, step, self._name(name), left)
        return x

    def _step(self, x, step, name: str, left: Left):
        if step.is_transpose:
            dims = tuple(axis + 1 for axis in step.dims)
            self.rebuilder.left.append(Left(name, left.value, left.before, dims, left.why))
        return self._called(step.layer(name), x)

    def _name(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.names:
            name, count = f"{wanted}_{count}", count + 1
        self.names.add(name)
        return name
