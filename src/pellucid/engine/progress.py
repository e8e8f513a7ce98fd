"""Progress: one line in the terminal that says how far a loop has come.

Above: callbacks/progbar_logger.py feeds it; the door pellucid.utils shows Progbar.
Kept true: drawn at most 20 times a second, never wider than the terminal; plain lines where there is no terminal.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time

import numpy as np

from pellucid import settings
from pellucid.distribution import processes
from pellucid.errors import ArgumentError

_BOLD, _GREEN, _GREY, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"
_FILL = "━"
_LEAST_WIDTH = 5


def say(message: str, line_break: bool = True) -> None:
    """Print to the terminal, or to the log where interactive logging is off; of several processes, one prints."""
    if not processes.is_first():
        return
    if not settings.is_interactive_logging_enabled():
        logging.getLogger("pellucid").info(message.strip())
        return
    text = message + "\n" if line_break else message
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.replace(_FILL, "=").encode(encoding, errors="replace").decode(encoding))
    sys.stdout.flush()


def is_redrawable() -> bool:
    """Whether a line can be drawn over: in a terminal or a notebook."""
    if not settings.is_interactive_logging_enabled():
        return False
    isatty = getattr(sys.stdout, "isatty", None)
    return bool(isatty and isatty()) or "ipykernel" in sys.modules


class Progbar:
    """A progress line: ``12/20 ━━━━━━━━━━━━━━━━━━━━ 0s 3ms/step - loss: 0.8033``.

    Args:
        target: the number of steps; None if unknown.
        width: of the bar, in characters.
        verbose: 0 for silence, 1 for a line that moves, 2 for one line at the end.
        interval: seconds between two drawings, at least.
        stateful_metrics: names of values that are shown as they are; others are averaged over the steps.
        stateless_metrics: names of values that are averaged; others are shown as they are. Give one of the two.
        unit_name: what is counted.

    Raises:
        ArgumentError: both lists of names.
    """

    def __init__(
        self,
        target,
        width=20,
        verbose=1,
        interval=0.05,
        stateful_metrics=None,
        stateless_metrics=None,
        unit_name="step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ArgumentError(
                "`stateful_metrics` and `stateless_metrics` exclude one another.", got="both", expected="one"
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._shown_as_is = set(stateful_metrics or ())
        self._is_redrawable = is_redrawable()
        self._values: dict = {}  # name -> [sum over steps, steps]
        self._seen = 0
        self._begun = time.time()
        self._after_first: float | None = None
        self._drawn_at = 0.0
        self._drawn_width = 0

    def is_due(self, current: int) -> bool:
        """Whether an update at this step would be drawn, or is needed for the time per step."""
        if current <= 1:
            return True
        return self.verbose == 1 and time.time() - self._drawn_at >= self.interval

    def update(self, current: int, values=None, finalize: bool | None = None) -> None:
        """Say that `current` steps are done.

        Args:
            values: pairs of a name and the value of the last step.
            finalize: whether this is the end; found out from `target` if None.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._note(name, value, current, finalize)
        self._seen = current
        now = time.time()
        per_step = self._seconds_per_step(current, now)
        if self.verbose == 1 and (finalize or now - self._drawn_at >= self.interval):
            self._draw(current, now, per_step, finalize)
        elif self.verbose == 2 and finalize and self.target:
            seconds = f"{self._counted(current)} - {now - self._begun:.0f}s - {_duration(per_step)}/{self.unit_name}"
            say(seconds + self._metrics_text())

    def add(self, n: int, values=None) -> None:
        """Say that `n` more steps are done."""
        self.update(self._seen + n, values)

    def _note(self, name, value, current, finalize):
        is_averaged = name not in self._shown_as_is if self._averaged is None else name in self._averaged
        if not is_averaged or finalize:
            self._values[name] = [value, 1]
            return
        steps = max(current - self._seen, 1)
        total = self._values.setdefault(name, [0.0, 0])
        total[0] += value * steps
        total[1] += steps

    def _seconds_per_step(self, current, now):
        """The first step warms up and would spoil the mean, so it is left out once there are more."""
        if not current:
            return 0.0
        if self._after_first is not None and current > 1:
            seconds = (now - self._after_first) / (current - 1)
        else:
            seconds = (now - self._begun) / current
        if current == 1:
            self._after_first = now
        return seconds

    def _draw(self, current, now, per_step, finalize):
        self._drawn_at = now
        if finalize or not self.target:
            clock = f"{now - self._begun:.0f}s"
        else:
            clock = _clock(per_step * (self.target - current))
        tail = f" {clock} {_duration(per_step)}/{self.unit_name}{self._metrics_text()}"
        head = self._counted(current) if self.target else f"{current:7d}/Unknown"
        if not self._is_redrawable:
            bar = f" {_FILL * self.width}" if self.target else ""
            say(head + bar + tail)
            return
        self._redraw(head, tail, current, finalize)

    def _redraw(self, head, tail, current, finalize):
        columns = shutil.get_terminal_size().columns - 1
        width = min(self.width, max(columns - len(head) - len(tail) - 1, _LEAST_WIDTH)) if self.target else 0
        room = columns - len(head) - (width + 1 if width else 0)
        if len(tail) > room > 1:
            tail = tail[: room - 1] + "…"
        done = int(width * min(current / self.target, 1.0)) if width else 0
        used = len(head) + len(tail) + (width + 1 if width else 0)
        blank = " " * max(self._drawn_width - used, 0)
        self._drawn_width = used
        say("\r" + _painted(head, width, done, tail) + blank, line_break=finalize)

    def _counted(self, current):
        return f"{current:{len(str(self.target))}d}/{self.target}"

    def _metrics_text(self):
        parts = []
        for name, (total, steps) in self._values.items():
            if not isinstance(total, (int, float)):
                total = float(np.mean(total))
            mean = total / max(steps, 1)
            parts.append(f" - {name}: {mean:.4f}" if abs(mean) > 1e-3 else f" - {name}: {mean:.4e}")
        return "".join(parts)


def _painted(head, width, done, tail):
    if "NO_COLOR" in os.environ:
        bar = f" {_FILL * done}{' ' * (width - done)}" if width else ""
        return head + bar + tail
    bar = f" {_GREEN}{_FILL * done}{_GREY}{_FILL * (width - done)}{_PLAIN}" if width else ""
    return f"{_BOLD}{head}{_PLAIN}{bar}{tail}"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms"
    return f"{seconds * 1e6:.0f}us"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if whole > 60 else f"{whole}s"
