"""prove: whether two networks are the same function.

Below:  sides.py runs them, coding.py gives whole numbers, facing.py brings inputs and outputs into one layout,
        parting.py finds where they part; proof.py holds what was found.
Above:  the doors `pellucid.convert` and `pellucid prove`.
Kept true: whole numbers first, as their float32 sums are exact and `==` decides; then the real weights; and each time
           conversions made wrong on purpose, which must be seen to differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.convert import coding, parting
from pellucid.convert.facing import Facing, check_count, facing
from pellucid.convert.proof import Control, Proof, Round
from pellucid.convert.sides import OurModel, Side, side
from pellucid.errors import ArgumentError

_CLOSE = {"float64": 1e-9, "float32": 2e-4}
_MOST_CONTROLS = 12


def prove(a, b, *, input_layout: str | None = None, samples=3, seed: int = 0) -> Proof:
    """Compare two networks: with whole numbers for weights and inputs by `==`, then with their real weights.

    Args:
        a, b: models of ours, torch modules, functions of arrays, or paths: of ``.keras``, ``.h5`` and ``.onnx`` files,
            and of ``.py`` files that `to_torch` wrote.
        input_layout: where the inputs of `b` have the channels; None for where its conversion put them, or where its
            layers have them.
        samples: how many inputs are drawn; or the inputs themselves, as `a` takes them, where neither side knows shapes.
        seed: of what is drawn.

    Returns:
        The proof; true as a condition if they are equal.

    Raises:
        ArgumentError: inputs whose shapes or layout nobody can tell.
    """
    return _Proving(side(a), side(b), input_layout, samples, seed).proof()


@dataclass(frozen=True)
class _Compared:
    """Two runs, and how close they came."""

    first: list[np.ndarray]
    second: list[np.ndarray]
    tolerance: float

    @property
    def largest(self) -> float:
        return max((_distance(x, y) for x, y in zip(self.first, self.second, strict=True)), default=0.0)

    @property
    def equal(self) -> bool:
        pairs = list(zip(self.first, self.second, strict=True))
        if any(x.shape != y.shape for x, y in pairs):
            return False
        if not self.tolerance:
            return all(np.array_equal(x, y, equal_nan=True) for x, y in pairs)
        return all(_distance(x, y) <= self.tolerance * (1 + _largest(x)) for x, y in pairs)


def _largest(x) -> float:
    finite = np.abs(x[np.isfinite(x)]) if x.size else x
    return float(finite.max()) if finite.size else 0.0


def _distance(x, y) -> float:
    if x.shape != y.shape:
        return float("inf")
    apart = np.abs(x.astype("float64") - y.astype("float64"))
    same = (x == y) | (np.isnan(x) & np.isnan(y)) if np.issubdtype(x.dtype, np.floating) else x == y
    return float(np.where(same, 0.0, np.nan_to_num(apart, nan=np.inf)).max()) if x.size else 0.0


class _Proving:
    """One proof in the making."""

    def __init__(self, a: Side, b: Side, input_layout, samples, seed: int):
        self.a, self.b, self.seed = a, b, seed
        self.notes: list[str] = []
        self.facing: Facing = facing(a, b, input_layout, self.notes)
        self.given = None if isinstance(samples, int) else _arrays(samples)
        self.samples = samples

    def proof(self) -> Proof:
        rounds, controls, parted = [], [], None
        whole = self._whole_numbers()
        if whole is not None:
            compared, how, first, second, xs = whole
            rounds.append(Round("whole numbers", how, compared.equal, compared.largest))
            if compared.equal:
                controls = self._controls(first, second, xs, compared)
            else:
                parted = parting.parted(first, second, self.facing, xs, (self.a, self.b))
        compared, how, xs = self._real_weights()
        rounds.append(Round("the real weights", how, compared.equal, compared.largest))
        if not compared.equal:
            parted = parting.parted(self.a, self.b, self.facing, xs, (self.a, self.b)) or parted
        return Proof((_name(self.a), _name(self.b)), tuple(rounds), tuple(controls), parted, tuple(self.notes))

    # ---- inputs

    def _inputs(self, real: bool) -> list[np.ndarray]:
        if self.given is not None:
            return [x if real else np.round(x) for x in self.given]
        return self.facing.drawn(self.samples, self.seed, real)

    def _run(self, first: Side, second: Side, xs, tolerance: float) -> _Compared:
        ys, others = first.run(xs), self.facing.outputs(second.run(self.facing.inputs(xs)))
        check_count("outputs", len(others), len(ys))
        return _Compared(ys, others, tolerance)

    # ---- whole numbers

    def _whole_numbers(self):
        """The comparison with whole numbers, or None where weights cannot be replaced alike on both sides."""
        pair = self._refilled()
        if pair is None:
            return None
        (first, second), xs = pair, self._inputs(real=False)
        compared = self._run(first, second, xs, 0.0)
        if not all(np.isfinite(x).all() for x in compared.first):
            self.notes.append("Whole numbers grew beyond what can be held, so only the real weights were compared.")
            return None
        double = first.doubled()
        if double is not None and compared.equal and not self._is_exact(double, xs, compared):
            return compared, f"== in float32; {self._why(first, double, xs)}", first, second, xs
        if double is None:
            self.notes.append("No copy in float64 could be made of the first network.")
        elif self._is_exact(double, xs, compared):
            return compared, "== in float32, where every sum is exact", first, second, xs
        other = second.doubled()
        if double is None or other is None:
            close = _Compared(compared.first, compared.second, _CLOSE["float32"])
            return (
                close,
                f"in float32, within {_CLOSE['float32']:g} of the largest: {self._why(first, double, xs)}",
                first,
                second,
                xs,
            )
        compared = self._run(double, other, xs, 0.0)
        if compared.equal and all(_is_whole(x) for x in compared.first):
            return compared, "== in float64, as float32 cannot hold the sums", first, second, xs
        close = _Compared(compared.first, compared.second, _CLOSE["float64"])
        return (
            close,
            f"in float64, within {_CLOSE['float64']:g} of the largest: {self._why(first, double, xs)}",
            double,
            other,
            xs,
        )

    def _is_exact(self, double: Side, xs, compared: _Compared) -> bool:
        return all(np.array_equal(x, y) for x, y in zip(double.run(xs), compared.first, strict=True))

    def _why(self, first: Side, double: Side | None, xs) -> str:
        """Which layers are not exact on whole numbers."""
        if double is None:
            return "sums may be rounded"
        single, exact = first.values(xs), double.values(xs)
        inexact = [name for name in single if name in exact and not np.array_equal(single[name], exact[name])]
        return (
            f"not exact on whole numbers: {inexact[0]}{' and what follows' if len(inexact) > 1 else ''}"
            if inexact
            else "sums are rounded"
        )

    def _refilled(self) -> tuple[Side, Side] | None:
        """Copies of both with whole numbers for weights."""
        mine, theirs = self.a.weights(), self.b.weights()
        if mine is None or theirs is None:
            which = "first" if mine is None else "second"
            self.notes.append(
                f"Nobody can get at the weights of the {which} network, so only the real ones were compared."
            )
            return None
        try:
            linked = self.facing.linked(mine, theirs, self.seed)
            if linked is not None:
                return self._unflattened(self.a.with_weights(linked[0]), self.b.with_weights(linked[1]))
            coded = self._coded(mine, theirs)
            return None if coded is None else self._unflattened(*coded)
        except Exception as error:
            self.notes.append(
                f"No copies with whole numbers could be made, so only the real weights were compared: {error}"
            )
            return None

    def _unflattened(self, first: Side, second: Side) -> tuple[Side, Side]:
        """Whole numbers are large: softmax, sigmoid and tanh would make them all alike, and hide what went wrong."""
        if not (isinstance(first, OurModel) and isinstance(second, OurModel)):
            return first, second
        pair = first.unflattened(), second.unflattened()
        if pair[0] is not first:
            self.notes.append(
                "With whole numbers softmax, sigmoid and tanh were left out, as they make large numbers alike."
            )
        return pair

    def _coded(self, mine, theirs):
        code = coding.Code(mine, self.seed)
        second, unknown = code.apply(theirs)
        if unknown:
            self.notes.append(
                f"{unknown} values among the second network's weights are none of the first's: they were computed, not "
                "moved, so only the real weights were compared."
            )
            return None
        alike = [
            name for name, value in mine.items() if value.numel() > 1 and bool((value == value.flatten()[0]).all())
        ]
        if alike:
            self.notes.append(f"All values are alike in {', '.join(alike)}: no test can tell their order, nor need it.")
        return self.a.with_weights(code.apply(mine)[0]), self.b.with_weights(second)

    # ---- real weights

    def _real_weights(self):
        xs = self._inputs(real=True)
        pair = self.a.doubled(), self.b.doubled()
        if None not in pair:
            tolerance, dtype = _CLOSE["float64"], "float64"
            compared = self._run(*pair, xs, tolerance)
        else:
            tolerance, dtype = _CLOSE["float32"], "float32"
            compared = self._run(self.a, self.b, xs, tolerance)
        return compared, f"in {dtype}, within {tolerance:g} of the largest", xs

    # ---- controls

    def _controls(self, first: Side, second: Side, xs, right: _Compared) -> list[Control]:
        """Conversions made wrong on purpose; each must change the outputs."""
        made = []
        for what, weights in self.facing.naive(second, _MOST_CONTROLS):
            with second.holding(weights) as wrong:
                outputs = self.facing.outputs(wrong.run(self.facing.inputs(xs)))
            made.append(Control(what, not _Compared(right.first, outputs, right.tolerance).equal))
        return made


def _is_whole(x) -> bool:
    return bool((x == np.round(x)).all()) and _largest(x) < 2.0**53


def _arrays(samples) -> list[np.ndarray]:
    arrays = [np.asarray(x) for x in (samples if isinstance(samples, (list, tuple)) else [samples])]
    if not arrays or any(x.ndim < 1 or len(x) < 1 for x in arrays):
        raise ArgumentError(
            "`samples` is how many inputs to draw, or the inputs.",
            got=repr(samples)[:60],
            fix="samples=[x], batch first",
        )
    return arrays


def _name(one: Side) -> str:
    return str(
        getattr(one.thing, "name", None) or (one.thing if isinstance(one.thing, str) else type(one.thing).__name__)
    )
