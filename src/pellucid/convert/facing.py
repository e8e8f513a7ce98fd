"""Two networks face to face: how the inputs, outputs, weights and layers of one lie in the other.

Below:  the ledger of a conversion tells it; else searching.py says which axes move between two data formats.
Above:  proving.py and parting.py.
Kept true: a layout is told by a ledger, by the layers, or by the user, never guessed from sizes that happen to agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from pellucid.convert import coding
from pellucid.convert.ledger import Arranged, Ledger, Move
from pellucid.convert.permutation import LAYOUTS
from pellucid.convert.planning import data_format_of
from pellucid.convert.searching import plan
from pellucid.convert.sides import OnnxFile, OurModel, Side, TorchModule
from pellucid.errors import ArgumentError, PellucidError

_UNKNOWN_SIZE = 32
_CHANNELS_FIRST = (TorchModule, OnnxFile)


@dataclass
class Facing:
    """How the second network's values lie, seen from the first.

    Attributes:
        ways_in, ways_out: for each input and output; empty where they lie alike.
        ways: for the layers' outputs, by name.
        shapes, dtypes: of the first network's inputs.
        below: integers that go in are below this.
    """

    a: Side
    b: Side
    ways_in: tuple[Arranged, ...] = ()
    ways_out: tuple[Arranged, ...] = ()
    ways: dict[str, Arranged] = field(default_factory=dict)
    shapes: list[tuple] | None = None
    dtypes: list[str] = field(default_factory=list)
    below: int = 2

    def inputs(self, xs) -> list[np.ndarray]:
        """Inputs of the first network as the second takes them."""
        if not self.ways_in:
            return list(xs)
        check_count("inputs", len(xs), len(self.ways_in))
        return [moved(x, way) for x, way in zip(xs, self.ways_in, strict=True)]

    def outputs(self, ys) -> list[np.ndarray]:
        """Outputs of the second network as the first gives them."""
        if not self.ways_out:
            return list(ys)
        check_count("outputs", len(ys), len(self.ways_out))
        return [
            moved(y, way.inverse()) if y.ndim == len(way.dims) + 1 else y
            for y, way in zip(ys, self.ways_out, strict=True)
        ]

    def drawn(self, samples: int, seed: int, real: bool) -> list[np.ndarray]:
        """Inputs of the first network: whole numbers, or any."""
        if self.shapes is None:
            raise ArgumentError(
                "Neither network says which shapes go in.", got=f"{self.a.kind} and {self.b.kind}",
                expected="inputs to compare them on", fix="prove(a, b, samples=[x]), batch first",
            )  # fmt: skip
        shapes = [tuple(_UNKNOWN_SIZE if size is None else size for size in shape) for shape in self.shapes]
        xs = coding.inputs(shapes, self.dtypes, samples, seed, below=self.below)
        if not real:
            return xs
        rng = np.random.default_rng(seed)
        return [rng.normal(size=x.shape).astype(x.dtype) if x.dtype.kind == "f" else x for x in xs]

    # ---- weights

    def pairs(self) -> list[tuple[int, int, Move]] | None:
        """Places of weights in both networks, and the move between them, where one was made from the other."""
        for old, new, turned in ((self.a, self.b, False), (self.b, self.a, True)):
            origin = getattr(new.thing, "_origin", None)
            if origin is not None and isinstance(old, OurModel) and origin.is_of(old.thing):
                return [(j, i, m.inverse()) if turned else (i, j, m) for i, j, m in origin.pairs]
        return None

    def linked(self, mine: dict, theirs: dict, seed: int) -> tuple[dict, dict] | None:
        """Whole numbers for both networks' weights, moved as the conversion moved them."""
        pairs = self.pairs()
        if pairs is None:
            return None
        numbers, names = coding.drawn(mine, seed), {int(name.split()[0]): name for name in mine}
        others = {int(name.split()[0]): name for name in theirs}
        return numbers, {others[j]: move.apply(numbers[names[i]]) for i, j, move in pairs if i in names}

    def naive(self, second: Side, most: int) -> Iterator[tuple[str, dict]]:
        """Wrong conversions: what was left undone, and the weights that change."""
        weights, pairs = second.weights() or {}, self.pairs()
        if pairs is None:
            yield from _turned_axes(weights, most)
            return
        names = {int(name.split()[0]): name for name in weights}
        wrong = {}
        for _, j, move in pairs:
            if move.orders and j in names:
                undone = Move(move.weight, orders={at: _back(order) for at, order in _after(move).items()})
                wrong[names[j]] = (move.weight, undone.apply(weights[names[j]]))
        for name, (weight, value) in list(wrong.items())[:most]:
            yield f"the order of {weight}", {name: value}
        if not wrong:
            yield from _turned_axes(weights, 3)
        if len(wrong) > 1:
            yield "every order of weights", {name: value for name, (_, value) in wrong.items()}


def _turned_axes(weights: dict[str, torch.Tensor], most: int) -> Iterator[tuple[str, dict]]:
    """The largest weights, each with its longest axis turned by one."""
    for name in sorted(weights, key=lambda name: -weights[name].numel())[:most]:
        value = weights[name]
        axis = max(range(value.ndim), key=lambda at: value.shape[at])
        if not torch.equal(value, value.roll(1, axis)):
            yield f"axis {axis} of {name.split()[-1]} turned by one", {name: value.roll(1, axis)}


def _after(move: Move) -> dict[int, tuple[int, ...]]:
    """The orders of a move by the axes as they lie after it."""
    inverse = move.inverse()
    return {axis: _back(order) for axis, order in inverse.orders.items()}


def _back(order) -> tuple[int, ...]:
    return tuple(int(at) for at in np.argsort(order))


def moved(x: np.ndarray, way: Arranged) -> np.ndarray:
    """A value of the first network as it lies in the second."""
    return np.ascontiguousarray(way.apply(torch.from_numpy(np.ascontiguousarray(x))).numpy())


def check_count(word: str, got: int, expected: int) -> None:
    """Raise unless both networks have as many inputs, or outputs."""
    if got != expected:
        raise ArgumentError(f"The two networks have different numbers of {word}.", got=got, expected=expected)


def facing(a: Side, b: Side, input_layout: str | None, notes: list[str]) -> Facing:
    """How two networks face each other.

    Raises:
        ArgumentError: another layout, or one that nobody can tell.
    """
    if input_layout not in (None, *LAYOUTS):
        raise ArgumentError(
            "`input_layout` says where the second network's inputs have the channels.", got=repr(input_layout),
            expected=" or ".join(map(repr, LAYOUTS)), fix='input_layout="channels_first"',
        )  # fmt: skip
    found = Facing(a, b, *_ways(a, b, input_layout, notes))
    found.shapes, found.dtypes = _shapes(found)
    found.below = max(1, min([5, *_vocabularies(a), *_vocabularies(b)]))
    return found


def _vocabularies(one: Side) -> list[int]:
    layers = one.thing._flatten_layers() if isinstance(one, OurModel) else []
    return [layer.input_dim for layer in layers if hasattr(layer, "input_dim") and hasattr(layer, "embeddings")]


def _shapes(found: Facing):
    shapes = found.a.shapes()
    if shapes is None and (theirs := found.b.shapes()) is not None:
        ways = found.ways_in or tuple(Arranged(tuple(range(len(shape) - 1))) for shape in theirs)
        back = [way.inverse().dims for way in ways]
        shapes = [(shape[0], *(shape[1 + axis] for axis in dims)) for shape, dims in zip(theirs, back, strict=True)]
    symbols = getattr(found.a.thing, "inputs", None) or getattr(found.b.thing, "inputs", None) or []
    dtypes = [str(x.dtype) for x in symbols] if len(symbols) == len(shapes or ()) else ["float32"] * len(shapes or ())
    return shapes, dtypes


def _ways(a: Side, b: Side, input_layout, notes):
    """Ways in, out, and of the layers' outputs."""
    if input_layout is None:
        for old, new, turned in ((a, b, False), (b, a, True)):
            ledger = new.ledger
            if ledger is not None and _tells_of(ledger, old, new):
                return _turned(ledger) if turned else (ledger.inputs, ledger.outputs, _last_names(ledger.values))
    before, after = _format(a), input_layout or _format(b)
    if before is None and input_layout:
        before = "channels_last"
    if before is None or after is None or before == after:
        return (), (), {}
    if input_layout is None and isinstance(b, _CHANNELS_FIRST):
        notes.append(f"Inputs of the second network were taken as {after}; input_layout= says otherwise.")
    return _between(a, b, before, after, is_told=input_layout is not None)


def _tells_of(ledger: Ledger, old: Side, new: Side) -> bool:
    """Whether a ledger tells how a conversion of this very network went."""
    if not isinstance(old, OurModel):
        return False
    origin = getattr(new.thing, "_origin", None)
    if origin is not None:
        return origin.is_of(old.thing)
    names = {layer.name for layer in old.thing._flatten_layers()} | _operations(old.thing)
    if ledger.source in LAYOUTS and _format(old) not in (None, ledger.source):
        return False
    if _format(old) == _format(new) and not all(way.stays for way in ledger.inputs):
        return False  # it tells of the network before that, in the other layout
    return set(_last_names(ledger.values)) <= names


def _operations(model) -> set[str]:
    graph = getattr(model, "graph", None)
    return {operation.name for operation in graph.operations} if graph is not None else set()


def _last_names(values: dict[str, Arranged]) -> dict[str, Arranged]:
    return {path.split("/")[-1]: way for path, way in values.items()}


def _turned(ledger: Ledger):
    ways = {name: way.inverse() for name, way in _last_names(ledger.values).items()}
    return tuple(w.inverse() for w in ledger.inputs), tuple(w.inverse() for w in ledger.outputs), ways


def _format(one: Side) -> str | None:
    """Where a network has its channels, as its layers say."""
    if isinstance(one, _CHANNELS_FIRST):
        return "channels_first"
    return data_format_of(one.thing) if isinstance(one, OurModel) else None


def _between(a: Side, b: Side, before: str, after: str, is_told: bool):
    """The ways between two data formats, as a conversion of the one whose graph is known would go."""
    for one, target, turned in ((a, after, False), (b, before, True)):
        try:
            found = plan(one.thing, target, moves_images=is_told)
        except (PellucidError, AttributeError):
            continue
        graph = one.thing.graph
        ways_in = tuple(found.states[id(x)].arranged() for x in graph.inputs)
        ways_out = tuple(found.output(x).arranged() for x in graph.outputs)
        ways = _last_names({path: state.arranged() for path, state in found.values.items()})
        ledger = Ledger(before, after, inputs=ways_in, outputs=ways_out, values=ways)
        return _turned(ledger) if turned else (ways_in, ways_out, ways)
    raise ArgumentError(
        "Nobody can tell which axes of the inputs are channels.", got=f"{a.kind} and {b.kind}, {before} and {after}",
        expected="inputs that lie alike", fix="prove(a, lambda x: b(x.permute(0, 3, 1, 2)))",
    )  # fmt: skip
