"""Writing files so that nothing is lost: at every moment the target is the whole old file or the whole new one.

Above: models/ and the callbacks write every file through this.
Kept true: success is told only after the new file is on the disk, was read back, and the folder that names it is on the
           disk too; after an error nothing is left behind.

A new file has no name while it is written, so that the system frees it whatever becomes of this process. A target that is
there already can only be replaced by a file with a name: that name exists from one system call to the next, for a file that
is whole and on the disk. A process killed between the two leaves it, and the next save beside it takes it away; so it is
from the first byte on where a file system knows no files without a name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator

from pellucid.errors import FileError
from pellucid.files.source import Window

if sys.platform != "win32":
    import fcntl

_MOST_NAME = 100
_ENDING = ".new"
# What systems answer that know no files without a name, or have no /proc to give them one by.
_WITHOUT = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.ENOSYS}


def replace(path, write, verify, keep=None) -> None:
    """Write a file without a name, and put it in the target's place.

    Args:
        path: the target; a link is followed.
        write: ``write(file)`` fills an open binary file that can be read and written.
        verify: ``verify(file)`` reads it back, and raises if anything is wrong.
        keep: a name in the same folder for the file that was there; without it, that is gone.

    Raises:
        FileError: the target is no regular file, or cannot be written.
    """
    path = os.path.realpath(os.fspath(path))
    mode = _mode_of(path)
    folder, name = os.path.split(path)
    try:
        _sweep(folder, name)
        with _fresh(folder, name) as fresh:
            write(Window(fresh.file, 0))  # which goes on where the system writes less than it was told
            if mode is not None:
                fresh.allow(mode)
            _flush(fresh.file.fileno())
            fresh.file.seek(0)
            verify(fresh.file)
            if keep is not None and os.path.exists(path):
                os.replace(path, keep)
            fresh.put(path)
            _flush_folder(folder)
    except OSError as error:
        raise FileError("The file cannot be written.", got=str(error), where=path) from error


def remove(path) -> None:
    """Take a file away, if it is there, and what killed saves of it left."""
    path = os.path.realpath(os.fspath(path))
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)
    _sweep(*os.path.split(path))


def make_folders(path) -> None:
    """Make a folder and those above it, where they are not there, and put their names on the disk.

    Raises:
        FileError: they cannot be made.
    """
    path = os.path.abspath(os.fspath(path))
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    try:
        for folder in reversed(missing):
            os.makedirs(folder, exist_ok=True)
            _flush_folder(os.path.dirname(folder))
    except OSError as error:
        raise FileError("The folder cannot be made.", got=str(error), where=missing[0]) from error


class _Fresh:
    """A file on its way, with a name or without.

    Args:
        file: open for reading and writing.
        path: its name; None for none.
        next_path: the name it may have for a moment.
    """

    def __init__(self, file, path: str | None, next_path: str):
        self.file, self.path, self._next_path = file, path, next_path

    def allow(self, mode: int):
        """Give the file these permissions."""
        if sys.platform == "win32":
            os.chmod(self._next_path, mode)
        else:
            os.fchmod(self.file.fileno(), mode)

    def put(self, target: str):
        """Give the file the target's name."""
        if self.path is None and not os.path.lexists(target):
            with contextlib.suppress(FileExistsError):  # somebody was quicker
                self._name(target)
                return
        if self.path is None:
            self.path = self._next_path
            self._name(self.path)
        if sys.platform == "win32":
            self.file.close()  # what is open there has no other name
        os.replace(self.path, target)
        self.path = None

    def _name(self, path: str):
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            # With a folder's handle, Python uses the call that follows the link to the open file.
            os.link(f"/proc/self/fd/{self.file.fileno()}", os.path.basename(path), dst_dir_fd=folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def _fresh(folder: str, name: str) -> Iterator[_Fresh]:
    """A new file, gone again if an error comes out."""
    path = os.path.join(folder, f".{name[:_MOST_NAME]}.{secrets.token_hex(6)}{_ENDING}")
    handle = _without_name(folder)
    file = open(path, "xb+", buffering=0) if handle is None else open(handle, "rb+", buffering=0)
    with file:
        fresh = _Fresh(file, path if handle is None else None, path)
        try:
            _lock(file.fileno())
            yield fresh
        finally:
            if fresh.path is not None:
                with contextlib.suppress(OSError):
                    os.remove(fresh.path)


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


def _sweep(folder: str, name: str):
    """Take away what killed saves of this target left: files that nobody holds the lock of."""
    start = f".{name[:_MOST_NAME]}."
    if sys.platform == "win32" or not os.path.isdir(folder):
        return
    for left in os.listdir(folder):
        if left.startswith(start) and left.endswith(_ENDING) and len(left) == len(start) + 12 + len(_ENDING):
            with contextlib.suppress(OSError):
                _remove_unheld(os.path.join(folder, left))


def _remove_unheld(path: str):
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if _lock(handle) and stat.S_ISREG(os.fstat(handle).st_mode):
            os.remove(path)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Hold a file for as long as it is open here; whether nobody else does."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _mode_of(path: str) -> int | None:
    """The permissions of the file that is there, to be kept; None if there is none."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError("The file cannot be written.", got=str(error), where=path) from error
    if not stat.S_ISREG(mode):
        raise FileError("The target is no regular file.", got=repr(path), expected="a file, not a folder or device")
    return stat.S_IMODE(mode)


def _flush(handle: int):
    """Wait until a file is on the disk, and not only in the disk's own memory."""
    if sys.platform == "darwin":
        fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
    else:
        os.fsync(handle)


def _flush_folder(folder: str):
    """Without this, a power cut may forget the new name."""
    if sys.platform == "win32":
        return  # Windows opens no folders
    handle = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
