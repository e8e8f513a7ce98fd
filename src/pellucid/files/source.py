"""Opening files that nobody vouches for: regular ones only, and a part of a file as a file of its own.

Below: filling.py fills large buffers.
Above: safe_zip.py and hdf5.py read through this.
Kept true: whatever goes wrong while a file is read comes out as one kind of error, FileError.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat

from pellucid.errors import FileError, MissingFileError
from pellucid.files.filling import filled

_MOST_WRITTEN = 64 * 2**20  # at once, so that whoever waits hears of it
_PLAIN_NAME = re.compile(r"[^/\\:\0]{1,255}")


@contextlib.contextmanager
def opened(path):
    """A file for reading, as an unbuffered binary file.

    Raises:
        MissingFileError: there is none.
        FileError: a folder, pipe, device or socket; found out before it is opened.
    """
    check_regular(path)
    # Without waiting: between the look and the opening somebody may have put a pipe there.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _not_regular(path)
        yield file


@contextlib.contextmanager
def opened_beside(path, name: str):
    """A file that another one names as its neighbour, such as a part of it: for reading, as `opened` gives it.

    Args:
        path: the file that names it; a folder stands for any file inside.
        name: what it calls its neighbour.

    Raises:
        MissingFileError: there is none.
        FileError: the name is no plain one, or that is no regular file, or a link, or a file of several names.
    """
    check_plain(name)
    folder = os.fspath(path) if os.path.isdir(path) else os.path.dirname(os.fspath(path)) or "."
    with contextlib.ExitStack() as stack:
        handle = _opened_in(stack, folder, name)
        file = stack.enter_context(open(handle, "rb", buffering=0))
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise _not_regular(name)
        if facts.st_nlink != 1:
            raise FileError("A neighbour of the file has several names.", got=repr(name), expected="a file of its own")
        yield file


def _opened_in(stack, folder: str, name: str) -> int:
    """A handle of a file in a folder; a link is not followed, and the folder cannot be changed on the way."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if os.open not in os.supports_dir_fd:  # Windows
            path = os.path.join(folder, name)
            if stat.S_ISLNK(os.lstat(path).st_mode):
                raise _not_regular(name)
            return os.open(path, flags)
        inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, inside)
        # Before it is opened: opening a device may already do something.
        if not stat.S_ISREG(os.stat(name, dir_fd=inside, follow_symlinks=False).st_mode):
            raise _not_regular(name)
        return os.open(name, flags, dir_fd=inside)
    except FileNotFoundError as error:
        raise MissingFileError("A neighbour of the file is missing.", got=repr(name), where=str(error)) from None
    except OSError as error:
        raise FileError("A neighbour of the file cannot be opened.", got=repr(name), where=str(error)) from None


def check_plain(name) -> None:
    """Refuse what is no plain name of a file, without any folder.

    Raises:
        FileError: it is not.
    """
    if not isinstance(name, str) or name in (".", "..") or not _PLAIN_NAME.fullmatch(name):
        raise FileError(
            "A file names a neighbour by what is no plain name.", got=repr(name)[:200], expected="such as 'part_1.h5'"
        )


def check_regular(path) -> None:
    """Refuse what is no regular file.

    Raises:
        MissingFileError, FileError: as `opened`.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        raise MissingFileError("There is no such file.", got=repr(os.fspath(path)), where=str(error)) from None
    if not stat.S_ISREG(mode):
        raise _not_regular(path)


def _not_regular(path) -> FileError:
    return FileError("This is no regular file.", got=repr(os.fspath(path)), expected="a file, not a folder or device")


@contextlib.contextmanager
def refusals(where: str):
    """While open, every error becomes a FileError that tells the file."""
    try:
        yield
    except FileError as error:
        error.facts.setdefault("file" if "where" in error.facts else "where", where)
        raise
    except Exception as error:
        raise FileError("The file is broken.", got=f"{type(error).__name__}: {error}"[:500], where=where) from error


class Window(io.RawIOBase):
    """A part of a file, from a byte on, as a file of its own.

    Args:
        file: seekable; its position is set before each use.
        start: the first byte.
        size: the number of bytes; None grows as it is written to.
        progress: ``progress(count)`` hears of so many bytes more that were written.
    """

    def __init__(self, file, start: int, size: int | None = None, progress=None):
        self._file, self._start, self._at, self._progress = file, start, 0, progress
        self._size = size
        self.length = size or 0
        self.failure: OSError | None = None  # libraries in between may tell it as something else

    def readable(self):
        return True

    def seekable(self):
        return True

    def writable(self):
        return self._size is None

    def tell(self):
        return self._at

    def seek(self, offset, whence=os.SEEK_SET):
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer):
        view = memoryview(buffer).cast("B")[: max(self.length - self._at, 0)]
        self._file.seek(self._start + self._at)
        done = 0
        while done < len(view):
            count = self._file.readinto(view[done:])
            if not count:
                break
            done += count
        self._at += done
        return done

    def fill(self, start: int, buffer) -> int:
        """Fill a buffer with the bytes from a place on; their CRC-32.

        Raises:
            FileError: the part ends before.
        """
        view = memoryview(buffer).cast("B")
        if start + len(view) > self.length:
            raise FileError("The file ends too early.", got=f"{self.length} bytes", expected=start + len(view))
        return filled(self._file, self._start + start, view)

    def write(self, data):
        view = memoryview(data).cast("B")
        done = 0
        try:
            self._file.seek(self._start + self._at)
            while done < len(view):
                count = self._file.write(view[done : done + _MOST_WRITTEN])
                done += count
                if self._progress is not None:
                    self._progress(count)
        except OSError as error:
            self.failure = self.failure or error
            raise
        self._at += done
        self.length = max(self.length, self._at)
        return done

    def truncate(self, size=None):
        size = self._at if size is None else size
        try:
            self._file.truncate(self._start + size)
        except OSError as error:
            self.failure = self.failure or error
            raise
        self.length = size
        return size
