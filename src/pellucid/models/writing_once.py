"""Writing once: of several processes that save one model, one on each machine writes the file.

Below:  distribution/ gives turns, and puts weights together that are held in parts.
Above:  saving.py.
Kept true: when a save returns, the file is there, whichever process wrote it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable

from pellucid.distribution import sharding
from pellucid.distribution.team import turn


def written_once(save: Callable) -> Callable:
    """A function ``save(model, filepath, ...)`` that only the first process to come runs; the others wait for it.

    Where weights are held in parts, all processes must come, since each brings its own.
    """

    @functools.wraps(save)
    def run(model, filepath, *args, **kwargs):
        if hasattr(filepath, "write"):
            with sharding.put_together(_variables(model)):
                return save(model, filepath, *args, **kwargs)
        with turn(os.path.realpath(os.fspath(filepath))) as is_mine:
            with sharding.put_together(_variables(model), keeps=is_mine):
                return save(model, filepath, *args, **kwargs) if is_mine else None

    return run


def _variables(model) -> list:
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *([] if optimizer is None else optimizer.variables)]
