"""A fuzzer for whatever reads a stranger's bytes: good inputs, changed at random, and one law for each reader.

Run from the folder `tests`:  python -m files.fuzz TARGET --inputs 1000000 --seed 1

The law: an input is refused by a FileError, or it is read; within two seconds of work, and without a gigabyte of memory.
What breaks the law is printed with the number of its input, and kept where --keep says.
"""

from __future__ import annotations

import argparse
import collections
import pathlib
import random
import resource
import signal
import sys
import time
import traceback

from files import fuzz_targets
from pellucid.errors import FileError, PellucidError

MOST_SECONDS = 2  # of work: a machine that stands still is nobody's fault
MOST_BYTES = 2**30
EDGES = [
    0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 2**15 - 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1,
]  # fmt: skip


class TooLate(BaseException):
    """An input took longer than it may."""


def changed(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """Some bytes made others, in one to four ways."""
    new = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        rng.choice(CHANGES)(new, rng, others)
    return bytes(new)


def _place(new, rng) -> int:
    # Half of the changes near the beginning or the end, where headers and directories are.
    near = rng.choice((0, 0, 1, 2))
    size = max(len(new), 1)
    if near == 0:
        return rng.randrange(size)
    return min(rng.randrange(256), size - 1) if near == 1 else max(size - 1 - rng.randrange(256), 0)


def flip(new, rng, others):
    if new:
        new[_place(new, rng)] ^= 1 << rng.randrange(8)


def edge(new, rng, others):
    width, at = rng.choice((1, 2, 4, 8)), _place(new, rng)
    at -= at % rng.choice((1, width))
    new[at : at + width] = (rng.choice(EDGES) % 2 ** (8 * width)).to_bytes(width, rng.choice(("little", "big")))


def shift(new, rng, others):
    """A number a little larger or smaller."""
    width, at = rng.choice((1, 2, 4, 8)), _place(new, rng)
    number = int.from_bytes(new[at : at + width], "little") + rng.choice((-8, -1, 1, 8, 16))
    new[at : at + width] = (number % 2 ** (8 * width)).to_bytes(width, "little")


def pointer(new, rng, others):
    """An address of eight bytes that leads to another place of the file."""
    at = _place(new, rng) // 8 * 8
    new[at : at + 8] = (rng.randrange(max(len(new), 1)) // 8 * 8).to_bytes(8, "little")


def cut(new, rng, others):
    at = _place(new, rng)
    del new[at : at + rng.choice((1, 4, 8, 64, len(new)))]


def insert(new, rng, others):
    at = _place(new, rng)
    new[at:at] = rng.choice((rng.randbytes(rng.randrange(1, 16)), bytes(8), new[at : at + 32]))


def copy(new, rng, others):
    """A block of the file over another one, or from another file."""
    size, source = rng.choice((4, 8, 16, 40, 64, 256)), rng.choice((new, rng.choice(others)))
    begin, at = _place(source, rng), _place(new, rng)
    new[at : at + size] = source[begin : begin + size]


def noise(new, rng, others):
    at = _place(new, rng)
    size = rng.choice((1, 4, 8, 32))
    new[at : at + size] = rng.randbytes(size)


CHANGES = [flip, flip, edge, edge, shift, pointer, cut, insert, copy, noise]


def told(target, data) -> str:
    """How an input was met: "read", "refused", or what is wrong."""
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        target.read(data)
        return "read"
    except FileError:
        return "refused"
    except PellucidError as error:
        return "refused" if target.is_config else f"{type(error).__name__}: {error.message}"
    except TooLate:
        return "too late"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {pathlib.Path(where.filename).name}:{where.lineno}: {str(error)[:80]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def run(name: str, inputs: int, seed: int, keep: str | None = None, first: int = 0) -> collections.Counter:
    """How often each answer came; the law holds if they are "read" and "refused" only."""
    target = fuzz_targets.TARGETS[name]()
    signal.signal(signal.SIGPROF, _raise_too_late)
    taken = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MOST_BYTES, resource.RLIM_INFINITY))
    counts: collections.Counter = collections.Counter()
    for number in range(first, first + inputs):
        rng = random.Random(f"{name} {seed} {number}")
        data = target.changed(rng) if target.is_config else changed(rng.choice(target.good), rng, target.good)
        answer = told(target, data)
        counts[answer] += 1
        if answer not in ("read", "refused") and counts[answer] <= 3:
            print(f"{name}, seed {seed}, input {number}: {answer}", flush=True)
            if keep:
                text = data if isinstance(data, bytes) else repr(data).encode()
                pathlib.Path(keep, f"{name}_{seed}_{number}").write_bytes(text)
    return counts


def _raise_too_late(*_):
    raise TooLate


def main():
    parser = argparse.ArgumentParser(description="Change good inputs at random, and hold each reader to its law.")
    parser.add_argument("target", choices=[*fuzz_targets.TARGETS, "all"])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--keep", help="a folder for inputs that break the law")
    given = parser.parse_args()
    broken = 0
    for name in fuzz_targets.TARGETS if given.target == "all" else [given.target]:
        begin = time.monotonic()
        counts = run(name, given.inputs, given.seed, given.keep, given.first)
        good = {"read": counts.pop("read", 0), "refused": counts.pop("refused", 0)}
        print(
            f"{name}: {given.inputs} inputs, {good}, {time.monotonic() - begin:.0f} s, findings {dict(counts)}",
            flush=True,
        )
        broken += counts.total()
    sys.exit(broken > 0)


if __name__ == "__main__":
    main()
