"""Memory: while a network trains, what one step has freed stays with the process for the next step.

Above:  train.py opens `kept_memory` around a fit.
Why:    the C library gives every large tensor back to the system when it is freed, and the next one of its size costs
        a page fault for each 4 KB: a quarter of a step of a small network of convolutions on two cores (93 ms, then 70).
Kept true: nothing happens where the C library is another than glibc; afterwards large arrays are given back as before,
        and of the memory that training leaves free at most a part of the machine's stays.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os

# Of <malloc.h>: parameters of mallopt, their values while training, and those that glibc arrives at by itself.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_NEVER = -1
_OWN_TRIM_THRESHOLD, _OWN_MMAP_MAX = 64 * 2**20, 65536

_LARGEST_SHARE_KEPT = 0.25

_depth = 0


@contextlib.contextmanager
def kept_memory():
    """Within the block, freed memory is kept for the next allocation; blocks may lie within one another."""
    global _depth
    library = _glibc()
    if library is None:
        yield
        return
    _depth += 1
    if _depth == 1:
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        _depth -= 1
        if _depth == 0:
            library.mallopt(_MMAP_MAX, _OWN_MMAP_MAX)
            _give_back_much(library)


def _give_back_much(library):
    if library.mallinfo2().fordblks > _LARGEST_SHARE_KEPT * _bytes_of_machine():
        library.mallopt(_TRIM_THRESHOLD, _OWN_TRIM_THRESHOLD)
        library.malloc_trim(0)


class _Account(ctypes.Structure):
    """`struct mallinfo2`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


@functools.cache
def _glibc():
    """The C library of this process, if it is a glibc that can be told how to keep memory (2.33 or later)."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  # only glibc has it
        library.mallinfo2.restype = _Account
        library.malloc_trim.argtypes = [ctypes.c_size_t]
    except (AttributeError, OSError, TypeError):
        return None
    return library


@functools.cache
def _bytes_of_machine() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
