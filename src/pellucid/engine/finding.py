"""Finding: where a value that is no finite number came from: the data, a weight, a layer, or the loss.

Above: guard.py, on the way to an error only.
"""

from __future__ import annotations

import contextlib
import functools
import math

import torch

from pellucid import nest
from pellucid.engine.program import calling_through
from pellucid.errors import StateError

# Outputs that no sensible network gives: it has been diverging for some steps.
_VERY_LARGE = 1e12
_GO_ON = "pellucid.config.disable_finite_check()  # to go on all the same"
GENTLER = f"a lower learning rate, or clipnorm=1.0 in the optimizer; {_GO_ON}"


def refusal(model, loss: float, batch: int, x, y, sample_weight) -> StateError:
    """The error for a loss that is no finite number; the batch is run once more to find out why."""
    found = (
        _in_data({"x": x, "y": y, "sample_weight": sample_weight})
        or in_weights(model)
        or _in_layers(model, x)
        or _in_loss(y, model, x)
    )
    reason, got, fix = found
    return StateError(
        f"The loss is {loss} in batch {batch}, counted from 0: {reason}.",
        got=got,
        expected="finite numbers",
        fix=fix,
    )


def _in_data(parts: dict):
    for name, part in parts.items():
        for path, value in nest.flatten_with_path(part):
            if _is_bad(value):
                place = name + "".join(f"[{step!r}]" for step in path)
                fix = f"{name} without these rows, or np.nan_to_num({name}); {_GO_ON}"
                return f"the data holds {_word(value)}", _first(value, place), fix
    return None


def in_weights(model):
    """What there is to say of the first trainable weight that is not finite: reason, value and fix; None if all are."""
    for variable in model.trainable_variables:
        value = variable._value
        if value.numel() and not _is_finite(value.detach()):
            reason = (
                f"the weight '{variable.path}' holds {_word(value)}, since the gradient of a step before was not finite"
            )
            return reason, _first(value, f"'{variable.path}'"), GENTLER
    return None


def _is_finite(value: torch.Tensor) -> bool:
    """Whether all elements are; in one quick pass nearly always, and without memory."""
    # A sum is finite only if all are. It may overflow by itself: then the largest absolute value decides.
    return any(bool(torch.isfinite(one(value))) for one in (torch.sum, _largest))


def _largest(value):
    return torch.linalg.vector_norm(value, math.inf)


def _in_layers(model, x):
    seen: list = []

    def watched(operation, outputs):
        bad = next((y for y in nest.leaves(outputs) if _is_bad(y)), None)
        if bad is not None and not seen:
            seen.append((operation, bad))
        return outputs

    with torch.no_grad(), contextlib.suppress(Exception), _watching(model, watched):
        model(x, training=True)
    if not seen:
        return None
    operation, value = seen[0]
    kind, name = type(operation).__name__, getattr(operation, "path", None) or operation.name
    return f"layer '{name}' ({kind}) gives {_word(value)} first", _first(value, "its output"), GENTLER


@contextlib.contextmanager
def _watching(model, watched):
    """While open, what every layer and operation gives is shown to `watched`, inner ones first."""
    layers = model._flatten_layers(include_self=False)
    for layer in layers:
        vars(layer)["call"] = _shown(layer, layer.call, watched)

    def call(operation, *args, **kwargs):
        outputs = operation(*args, **kwargs)
        return outputs if hasattr(operation, "_flatten_layers") else watched(operation, outputs)

    try:
        with calling_through(call):
            yield
    finally:
        for layer in layers:
            del vars(layer)["call"]


def _shown(layer, call, watched):
    @functools.wraps(call)
    def run(*args, **kwargs):
        return watched(layer, call(*args, **kwargs))

    run.__func__ = getattr(call, "__func__", call)  # by which signatures are known
    return run


def _in_loss(y, model, x):
    with torch.no_grad():
        outputs = model(x, training=True)
    ranges = ["outputs from {:g} to {:g}".format(*_range(outputs))]
    if y is not None:
        ranges.append("targets from {:g} to {:g}".format(*_range(y)))
    has_diverged = max(map(abs, _range(outputs))) > _VERY_LARGE
    fix = GENTLER if has_diverged else f"a loss without log(0), x / 0 or overflow; {_GO_ON}"
    added = any(_is_bad(loss) for loss in model.losses)
    reason = "a loss that layers or regularizers add is not" if added else "the outputs are finite, but not their loss"
    return reason, ", ".join(ranges), fix


def _is_bad(value) -> bool:
    if not isinstance(value, torch.Tensor) or not (value.is_floating_point() or value.is_complex()):
        return False
    return not bool(torch.isfinite(value).all())


def _word(value) -> str:
    return "NaN" if bool(torch.isnan(value).any()) else "infinity"


def _first(value, place: str) -> str:
    """The first bad value and its place."""
    bad = ~torch.isfinite(value.detach())
    at = tuple(bad.nonzero()[0].tolist())
    more = int(bad.sum()) - 1
    others = f", and {more} more" if more else ""
    return f"{value.detach()[at].item()} at {at} of {place}, shape {tuple(value.shape)}{others}"


def _range(structure) -> tuple[float, float]:
    """The least and the largest value."""
    values = [x for x in nest.leaves(structure) if isinstance(x, torch.Tensor) and x.numel() and not x.is_complex()]
    if not values:
        return math.nan, math.nan
    return min(float(x.min()) for x in values), max(float(x.max()) for x in values)
