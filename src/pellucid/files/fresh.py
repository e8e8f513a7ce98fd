"""A file on its way: written, flushed and read back before it has a name, as far as the system allows that.

Below:  leftovers.py knows what is left if this process is killed.
Above:  atomic.py.

A new file has no name while it is written, so that the system frees it whatever becomes of this process. A target that is
there already can only be replaced by a file with a name, since `rename` takes names and `linkat` replaces nothing: so that
name exists from one system call to the next one, for a file that is whole and on the disk. Where a file system knows no
files without a name, it exists from the first byte on.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator

from pellucid.files.leftovers import hidden, hold
from pellucid.files.source import Window

if sys.platform != "win32":
    import fcntl

# What systems answer that know no files without a name, or have no /proc to give them one by.
_WITHOUT = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.ENOSYS}


@contextlib.contextmanager
def written(path: str, write, verify, mode: int | None = None, progress=None) -> Iterator[Fresh]:
    """A whole new file, on the disk and read back, without its name; gone again if an error comes out."""
    with _fresh(path) as fresh:
        write(Window(fresh.file, 0, progress=progress))  # which goes on where the system writes less than it was told
        if mode is not None:
            fresh.allow(mode)
        flush(fresh.file.fileno())
        fresh.file.seek(0)
        verify(fresh.file)
        yield fresh


class Fresh:
    """A file on its way, with a name or without.

    Args:
        file: open for reading and writing.
        path: its name; None for none.
    """

    def __init__(self, file, path: str | None):
        self.file, self.path = file, path

    def allow(self, mode: int) -> None:
        """Give the file these permissions."""
        if sys.platform == "win32":
            assert self.path is not None
            os.chmod(self.path, mode)
        else:
            os.fchmod(self.file.fileno(), mode)

    def put(self, target: str) -> None:
        """Give the file the target's name, whoever had it."""
        if self.path is None and not os.path.lexists(target):
            with contextlib.suppress(FileExistsError):  # somebody was quicker
                self._link(target)
                return
        if self.path is None:
            temporary = hidden(target)
            with _opened_folder(target) as folder:
                self.path = temporary
                self._name(temporary, folder)
                os.replace(temporary, target)
        else:
            if sys.platform == "win32":
                self.file.close()  # what is open there has no other name
            os.replace(self.path, target)
        self.path = None

    def put_beside(self, target: str) -> None:
        """Give the file a name that no other file has."""
        if self.path is None:
            self._link(target)
        elif os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "there is such a file already", target)
        else:
            self.put(target)

    def _link(self, target: str):
        with _opened_folder(target) as folder:
            self._name(target, folder)

    def _name(self, path: str, folder: int):
        # With a folder's handle, Python uses the call that follows the link to the open file.
        os.link(f"/proc/self/fd/{self.file.fileno()}", os.path.basename(path), dst_dir_fd=folder)


@contextlib.contextmanager
def _opened_folder(path: str) -> Iterator[int]:
    """A handle of the folder that a file is in."""
    handle = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def _fresh(path: str) -> Iterator[Fresh]:
    """An empty file, gone again if an error comes out."""
    handle = _without_name(os.path.dirname(path))
    name = None
    if handle is None:
        file, name = _hidden_file(path)
    else:
        file = open(handle, "rb+", buffering=0)
        with contextlib.suppress(OSError):  # where there are no locks, nobody takes leftovers away
            hold(handle)
    with file:
        fresh = Fresh(file, name)
        try:
            yield fresh
        finally:
            if fresh.path is not None:
                with contextlib.suppress(OSError):
                    os.remove(fresh.path)


def _hidden_file(path: str):
    """A new file with a hidden name, held; another save may sweep it away before it is."""
    while True:
        name = hidden(path)
        file = open(name, "xb+", buffering=0)
        try:
            if hold(file.fileno()) and os.path.lexists(name):
                return file, name
        except OSError:
            return file, name
        file.close()
        with contextlib.suppress(FileNotFoundError):
            os.remove(name)


def _without_name(folder: str) -> int | None:
    """A handle of a new file without a name; None where the system knows no such."""
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError as error:
        if error.errno in _WITHOUT and os.path.isdir(folder):
            return None
        raise


def flush(handle: int) -> None:
    """Wait until a file is on the disk, and not only in the disk's own memory."""
    if sys.platform == "darwin":
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    else:
        os.fsync(handle)


def flush_folder(folder: str) -> None:
    """Without this, a power cut may forget the new name."""
    if sys.platform == "win32":
        return  # Windows opens no folders
    handle = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
