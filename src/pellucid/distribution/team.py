"""Team: the processes of a job, and what they can do together.

Below:  processes.py finds them; torch.distributed carries the values.
Above:  share.py and sharding.py for steps, engine/sharing.py for loops.
Kept true: every process makes the same calls in the same order; where one is gone, the others say which and stop.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator

import torch
import torch.distributed as dist

from pellucid.distribution import processes
from pellucid.errors import StateError

# Values travel in pieces of about this size, so that the first is under way while the next is put together.
PIECE_BYTES = 2**25
SECONDS_TO_END = 3.0
_FAILED = "pellucid/failed"


class Team:
    """All processes of the job, of which this is one."""

    def __init__(self):
        self.rank, self.count = dist.get_rank(), dist.get_world_size()
        self._homes = [(socket.gethostname(), os.getpid())] * self.count
        self._turns: Counter[str] = Counter()
        self._tell_of_failures()
        self._homes = self.told((socket.gethostname(), os.getpid()))

    # ---- values

    def total(self, x: torch.Tensor) -> torch.Tensor:
        """The sum of what all processes have, in place."""
        with self._together():
            dist.all_reduce(x)
        return x

    def totals(self, tensors: list) -> list:
        """The sums of several tensors, in few journeys."""
        found = list(tensors)
        under_way = []
        with self._together():
            for places in _pieces(tensors):
                flat = torch.cat([tensors[k].reshape(-1) for k in places])
                under_way.append((places, flat, dist.all_reduce(flat, async_op=True)))
            for places, flat, work in under_way:
                work.wait()
                parts = flat.split([tensors[k].numel() for k in places])
                for k, part in zip(places, parts, strict=True):
                    found[k] = part.view(tensors[k].shape)
        return found

    def agreed(self, x: torch.Tensor) -> torch.Tensor:
        """What process 0 has, in place."""
        with self._together():
            dist.broadcast(x, 0)
        return x

    def gathered(self, x: torch.Tensor, sizes: list[int]) -> torch.Tensor:
        """The rows of all processes, one after the other.

        Args:
            sizes: how many rows each process has.
        """
        most = max(sizes)
        padded = x.new_zeros((most, *x.shape[1:]))
        padded[: sizes[self.rank]] = x[: sizes[self.rank]]
        found = [torch.empty_like(padded) for _ in sizes]
        with self._together():
            dist.all_gather(found, padded.contiguous())
        return torch.cat([rows[:size] for rows, size in zip(found, sizes, strict=True)])

    def told(self, thing) -> list:
        """What each process says, in the order of their numbers; plain Python values."""
        found: list = [None] * self.count
        with self._together():
            dist.all_gather_object(found, thing)
        return found

    def said_by_first(self, thing):
        """What process 0 says; a plain Python value."""
        said = [thing]
        with self._together():
            dist.broadcast_object_list(said, 0)
        return said[0]

    def bounds(self, of: int) -> tuple[int, int]:
        """The first row of this process's share of a batch, and the one after its last."""
        return of * self.rank // self.count, of * (self.rank + 1) // self.count

    def sizes(self, of: int) -> list[int]:
        """How many rows of a batch each process has."""
        return [of * (rank + 1) // self.count - of * rank // self.count for rank in range(self.count)]

    def check_same(self, what: str, own, fix: str) -> None:
        """Compare what the processes are about to do.

        Args:
            what: what is compared, such as "data".
            own: what this process has, as plain values.

        Raises:
            StateError: another process has something else; all processes raise it.
        """
        told = self.told(own)
        for rank, other in enumerate(told):
            if other != told[0]:
                raise StateError(
                    f"Process {rank} of {self.count} has another {what} than process 0.",
                    got=f"{_difference(other, told[0])} in process {rank}",
                    expected=f"{_difference(told[0], other)}, as in process 0",
                    fix=fix,
                )

    @contextlib.contextmanager
    def turn(self, name: str) -> Iterator[bool]:
        """Whether this process does something that is done once on each machine; the others wait until it is done."""
        self._turns[name] += 1
        key = f"pellucid/turn/{socket.gethostname()}/{name}/{self._turns[name]}"
        if _store().add(key, 1) == 1:  # the first to come
            try:
                yield True
            finally:
                _store().set(f"{key}/done", "")
            return
        yield False
        with self._together():
            _store().wait([f"{key}/done"])

    # ---- failures

    def _tell_of_failures(self):
        """Let the other processes know why this one stops, if an error ends it."""
        print_error = sys.excepthook

        def tell(kind, error, traceback):
            with contextlib.suppress(Exception):  # the first one to fail is the one to tell of
                _store().compare_set(_FAILED, "", f"{self.rank}\n{kind.__name__}: {error}")
            print_error(kind, error, traceback)

        sys.excepthook = tell

    @contextlib.contextmanager
    def _together(self):
        try:
            yield
        except RuntimeError as error:
            raise self._lost(error) from error

    def _gone(self) -> list[str]:
        """Processes of this machine that are no more; a process closes its connections before it ends."""
        patience_ends = time.monotonic() + SECONDS_TO_END
        while True:
            gone = [str(rank) for rank, home in enumerate(self._homes) if _is_gone(*home)]
            if gone or time.monotonic() > patience_ends:
                return gone
            time.sleep(0.05)

    def _lost(self, error) -> StateError:
        facts = {"got": str(error).splitlines()[0][:300], "expected": "that all processes take part in every step"}
        with contextlib.suppress(Exception):
            if _store().check([_FAILED]):
                rank, _, reason = _store().get(_FAILED).decode().partition("\n")
                return StateError(f"Process {rank} of {self.count} has failed.", **{**facts, "got": reason})
        gone = self._gone()
        whose = f"Process {', '.join(gone)} of {self.count}" if gone else f"Another of the {self.count} processes"
        return StateError(f"{whose} is gone.", **facts)


def _pieces(tensors) -> list[list[int]]:
    """Places of tensors that travel together: of one device and dtype, and not too many."""
    pieces: list[list[int]] = []
    filling: dict[tuple, tuple[list[int], int]] = {}
    for k, tensor in enumerate(tensors):
        key = tensor.device, tensor.dtype
        places, size_bytes = filling.get(key, ([], PIECE_BYTES))
        if size_bytes >= PIECE_BYTES:
            places, size_bytes = [], 0
            pieces.append(places)
        places.append(k)
        filling[key] = places, size_bytes + tensor.nbytes
    return pieces


def _difference(one, other) -> str:
    """What of two lists is not the same; else the whole."""
    if isinstance(one, list) and isinstance(other, list):
        for k, item in enumerate(one):
            if k >= len(other) or other[k] != item:
                return str(item)
        return f"nothing after {len(one)}"
    return str(one)


def _is_gone(host: str, pid: int) -> bool:
    if host != socket.gethostname() or not os.path.isdir("/proc/self"):
        return False
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def _store():
    return dist.distributed_c10d._get_default_store()


_team: Team | None = None
_is_known = False


def current_team() -> Team | None:
    """The team of this job; None for a single process."""
    global _team, _is_known
    if not _is_known or (_team is None and dist.is_available() and dist.is_initialized()):
        _is_known = True
        if processes.begin():
            _team = Team()
    return _team


def turn(name: str):
    """As `Team.turn`; a process that has met no others does everything itself."""
    return contextlib.nullcontext(True) if _team is None else _team.turn(name)
