"""Contenders in processes of their own, let go in turn: a machine that is slow for one is slow for all alike.

Below contest.py, above worker.py (what such a process does). A process that waits for its turn uses no core.
"""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

TURN = 0.25  # seconds that one turn should last at least
PAUSE = 0.25  # seconds between turns; OpenMP's threads spin for 0.2 s after their last piece of work
PATIENCE = 600  # seconds that a contender may take to get ready


@dataclass
class Times:
    """Seconds per call of one contender in each of its turns; or why it could not run."""

    engine: str = ""
    seconds: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    trouble: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds else float("nan")


class Process:
    """One contender of one case: `ready` answers how it runs, `turn` how long a call took."""

    def __init__(self, case: str, contender: str):
        backend = contender.removeprefix("keras-") if contender.startswith("keras-") else "torch"
        surroundings = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.worker", case, contender]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        self.process = subprocess.Popen(command, env=surroundings, **pipes)

    def answer(self) -> dict:
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.process.kill()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"trouble": f"no answer, exit status {self.process.wait()}"}

    def turn(self, calls: int) -> dict:
        print(calls, file=self.process.stdin, flush=True)
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def in_turn(case: str, contenders: list[str], *, rounds: int) -> dict[str, Times]:
    """Times of each contender. They get ready one after the other, then take `rounds` turns, each in the same order."""
    times = {name: Times() for name in contenders}
    running = {}
    for name in contenders:
        process = Process(case, name)
        ready = process.answer()
        times[name].engine, times[name].trouble = ready.get("engine", ""), ready.get("trouble", "")
        if not times[name].trouble:
            running[name] = process, max(1, round(TURN / ready["seconds"]))
    for _ in range(rounds):
        for name, (process, calls) in running.items():
            time.sleep(PAUSE)
            said = process.turn(calls)
            times[name].seconds.append(said["seconds"])
            times[name].megabytes = said["megabytes"]
    for process, _ in running.values():
        process.end()
    return times
