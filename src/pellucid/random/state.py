"""The random state of a process, as plain arrays: Python's, NumPy's, PyTorch's on every device, and Pellucid's own.

Below:  seed.py holds the generator behind draws without a seed.
Above:  engine/course.py keeps a training's random numbers by this.
Kept true: after `set_random_state(random_state())` every next draw is what it would have been.
"""

from __future__ import annotations

import random

import numpy as np
import torch

from pellucid import settings
from pellucid.random.seed import global_seed_generator

_OURS = "seed_generator"


def random_state() -> dict[str, np.ndarray]:
    """The state as arrays by name; nothing is drawn for it."""
    _, words, spare = random.getstate()
    found = {"python": np.array(words, "u4")}
    if spare is not None:  # Python draws normal values in pairs, and keeps the second
        found["python_spare"] = np.array(spare)
    _, key, at, has_spare, spare = np.random.get_state()
    found["numpy"] = np.array(key)
    found["numpy_place"] = np.array([at, has_spare], "i8")
    found["numpy_spare"] = np.array(spare)
    found["torch"] = torch.get_rng_state().numpy()
    if torch.cuda.is_available():
        found.update({f"cuda_{k}": state.numpy() for k, state in enumerate(torch.cuda.get_rng_state_all())})
    if settings.in_session(_OURS):
        found["pellucid"] = global_seed_generator().state.numpy()
    return found


def set_random_state(state) -> None:
    """Go on from what `random_state` gave.

    Args:
        state: a mapping of arrays. A GPU that it does not tell of is left alone.
    """
    if "pellucid" in state:
        global_seed_generator().state.assign(state["pellucid"])  # before Python's: to make it may draw there
    else:
        settings.forget_session(_OURS)
    spare = float(state["python_spare"]) if "python_spare" in state else None
    random.setstate((3, tuple(state["python"].tolist()), spare))
    at, has_spare = state["numpy_place"].tolist()
    np.random.set_state(("MT19937", state["numpy"], at, has_spare, float(state["numpy_spare"])))
    torch.set_rng_state(torch.from_numpy(np.array(state["torch"])))
    for k in range(torch.cuda.device_count()):
        if f"cuda_{k}" in state:
            torch.cuda.set_rng_state(torch.from_numpy(np.array(state[f"cuda_{k}"])), k)
