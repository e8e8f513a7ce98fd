"""Progress of large files: a line in the terminal while one is loaded or saved; nothing in pipes, or for smaller ones.

Below:  engine/progress.py draws.
Above:  saving.py and legacy.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from pellucid.engine.progress import Progbar, is_redrawable

LEAST_BYTES = 500 * 10**6
_MEGABYTE = 10**6


@contextlib.contextmanager
def shown(size_bytes: int) -> Iterator[Callable[[int], None]]:
    """A function that is told, again and again, how many bytes more are done."""
    if size_bytes < LEAST_BYTES or not is_redrawable():
        yield lambda count: None
        return
    bar = Progbar(max(round(size_bytes / _MEGABYTE), 1), unit_name="MB")
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        bar.update(min(int(done / _MEGABYTE), bar.target - 1), finalize=False)

    yield tell
    bar.update(bar.target)
