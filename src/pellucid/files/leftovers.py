"""Leftovers: the hidden names that a save needs for a moment, and taking away those that a killed one left.

Above:     fresh.py and atomic.py; shards.py for its parts.
Kept true: only names of this form are taken away, and only those that no save holds the lock of.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import sys

if sys.platform != "win32":
    import fcntl

_MOST_NAME = 100
_ENDING = ".pellucid"
_LEFT = re.compile(rf"\..{{1,{_MOST_NAME}}}\.[0-9a-f]{{12}}{re.escape(_ENDING)}", re.DOTALL)


def hidden(path: str) -> str:
    """A name that no file has, beside another."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name[:_MOST_NAME]}.{secrets.token_hex(6)}{_ENDING}")


def sweep(folder: str) -> None:
    """Take away what killed saves left in a folder: files and folders that nobody holds the lock of."""
    for left in os.listdir(folder) if os.path.isdir(folder) else ():
        if _LEFT.fullmatch(left):
            with contextlib.suppress(OSError):
                remove_unheld(os.path.join(folder, left))


def remove_unheld(path: str) -> None:
    """Take a file or hidden folder away, unless a save that is under way holds it.

    Raises:
        OSError: the system refuses, knows no locks, or it is a link.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        if not hold(handle):
            return
        mode = os.fstat(handle).st_mode
        if stat.S_ISREG(mode):
            os.remove(path)
        elif stat.S_ISDIR(mode):
            shutil.rmtree(path)
    finally:
        os.close(handle)


def hold(handle: int) -> bool:
    """Hold a file for as long as it is open here; whether nobody else does.

    Raises:
        OSError: the system knows no such locks.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOTSUP, "no locks")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
