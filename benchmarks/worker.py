"""What one contender's process does: ``python -m benchmarks.worker CASE CONTENDER``, then a line "calls" for each turn.

Started by turns.py. Answers are lines of JSON on the real standard output; what libraries print goes to the error output.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

from benchmarks.cases import CASES
from benchmarks.contenders import prepared

# The first calls compile: so many and so long, or else so long.
WARM_CALLS, WARM_SECONDS = 5, 1.5
LONGEST_WARM_SECONDS = 6.0


def main(case: str, contender: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        run, engine = prepared(CASES[case], contender)
        tell(answers, engine=engine, seconds=warm(run))
    except Exception as error:
        tell(answers, trouble=f"{type(error).__name__}: {error}".splitlines()[0])
        return
    for line in sys.stdin:
        tell(answers, seconds=seconds_each(run, int(line)), megabytes=megabytes())


def warm(run) -> float:
    """Seconds of a call once the first ones are over."""
    begun, calls, passed = time.perf_counter(), 0, 0.0
    while passed < (LONGEST_WARM_SECONDS if calls < WARM_CALLS else WARM_SECONDS) or calls < 2:
        latest = seconds_each(run, 1)
        calls, passed = calls + 1, time.perf_counter() - begun
    return latest


def seconds_each(run, calls: int) -> float:
    begun = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - begun) / calls


def megabytes() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tell(answers, **what):
    print(json.dumps(what), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
