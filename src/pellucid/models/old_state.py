"""What optimizers of other ages kept, and where it belongs in ours: `iteration`, and slots in another order.

Above:  legacy.py and saving.py.
Kept true: nothing is assigned here; what does not fit wholly is not taken at all.

Source: Keras 1.2.2 and 2.2.4 (optimizers.py), tf_keras 2.21 (optimizers/ and optimizers/legacy/).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pellucid.graph.variable import Variable
from pellucid.optimizers import Ftrl

# Old optimizers kept slot after slot; ours may keep them weight by weight. Endings of our names, in the old order.
_SLOTS = {
    "SGD": ("momentum",),
    "RMSprop": ("velocity", "momentum", "average_gradient"),
    "Adam": ("momentum", "velocity", "velocity_hat"),
    "AdamW": ("momentum", "velocity", "velocity_hat"),
    "Adagrad": ("accumulator",),
    "Adadelta": ("accumulated_grad", "accumulated_delta_var"),
    "Adamax": ("momentum", "norm"),
    "Nadam": ("momentum", "velocity"),
}


def placed(optimizer, shapes: Sequence[tuple], names: Sequence[str] | None = None) -> list[tuple[Variable, int]] | None:
    """Our optimizer's variables, each with the number of its array in a file; None if the file's state is another's.

    Args:
        shapes: of the arrays in the file, in order.
        names: of the same, where the file has names.
    """
    ours = list(optimizer.variables)
    if list(shapes) == [variable.shape for variable in ours]:
        return list(zip(ours, range(len(ours)), strict=True))
    if names is None or (names[:1] and names[0].split(":")[0] == "iteration") or isinstance(optimizer, Ftrl):
        return _by_weights(ours, shapes)
    return _by_slots(optimizer, ours, shapes)


def product_of_nadam(beta_1: float, updates: int) -> float:
    """What Nadam's product of momenta is after so many updates; Keras 2 did not store it."""
    return math.prod(beta_1 * (1 - 0.96**step / 2) for step in range(1, updates + 1))


def _by_weights(ours, shapes):
    """tf.keras from 2.11 on kept the same as we do, but for the learning rate and what belongs to no weight."""
    kept = [variable for variable in ours if "/" in variable.path and not variable.path.endswith("/learning_rate")]
    if list(shapes) != [variable.shape for variable in kept]:
        return None
    return list(zip(kept, range(len(kept)), strict=True))


def _by_slots(optimizer, ours, shapes):
    """Slot after slot, behind the number of updates; some did not keep that, some slots are not ours."""
    endings = _SLOTS.get(type(optimizer).__name__)
    if endings is None:
        return None
    slots = [[variable for variable in ours if variable.path.endswith(f"_{ending}")] for ending in endings]
    slots = [slot for slot in slots if slot]
    heads = next((k for k, shape in enumerate(shapes) if shape != ()), len(shapes))
    wanted = [variable for slot in slots for variable in slot]
    found = [(ours[0], 0)] if heads else []
    for k, variable in enumerate(wanted, start=heads):
        if k >= len(shapes) or shapes[k] != variable.shape:
            return None
        found.append((variable, k))
    return found
