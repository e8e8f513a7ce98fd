"""Writing files so that nothing is lost: at every moment the target is the whole old file or the whole new one.

Below: fresh.py writes a file that has no name yet, leftovers.py takes away what a killed save left.
Above: models/ and the callbacks write every file through this.
Kept true: success is told only after the new file is on the disk, was read back, and the folder that names it is on the
           disk too; after an error nothing is left behind.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping

from pellucid.errors import FileError
from pellucid.files import leftovers
from pellucid.files.fresh import flush_folder, written


def replace(path, write, verify, keep=None, progress=None) -> None:
    """Write a file without a name, and put it in the target's place.

    Args:
        path: the target; a link is followed.
        write: ``write(file)`` fills an open binary file that can be read and written.
        verify: ``verify(file)`` reads it back, and raises if anything is wrong.
        keep: a name in the same folder for the file that was there; without it, that is gone.
        progress: ``progress(count)`` hears of so many bytes more that were written.

    Raises:
        FileError: the target is no regular file, or cannot be written.
    """
    path = os.path.realpath(os.fspath(path))
    with _told(path):
        mode = _mode_of(path)
        leftovers.sweep(os.path.dirname(path))
        with written(path, write, verify, mode, progress) as fresh:
            if keep is not None and os.path.exists(path):
                os.replace(path, keep)
            fresh.put(path)
            flush_folder(os.path.dirname(path))


@contextlib.contextmanager
def added(folder: str, makers: Mapping[str, tuple], progress=None) -> Iterator[None]:
    """New files beside each other; they get their names when all of them are whole, and are held until the end.

    Args:
        makers: a name that no file has -> `write` and `verify` as for `replace`.
        progress: as for `replace`.

    Raises:
        FileError: one of them cannot be written; some may have their names then.
    """
    folder = os.path.realpath(folder)
    with _told(folder), contextlib.ExitStack() as stack:
        leftovers.sweep(folder)
        ready = {}
        for name, (write, verify) in makers.items():
            path = os.path.join(folder, name)
            ready[path] = stack.enter_context(written(path, write, verify, progress=progress))
        for path, fresh in ready.items():
            fresh.put_beside(path)
        flush_folder(folder)
        yield


@contextlib.contextmanager
def new_folder(path) -> Iterator[str]:
    """A hidden folder to be filled, which takes its name in the end; it goes again if an error comes out.

    Raises:
        FileError: something of that name is there: a folder cannot be replaced all at once.
    """
    path = os.path.realpath(os.fspath(path))
    if os.path.lexists(path):
        raise FileError(
            "Something of this name is there, and a folder cannot be replaced all at once.",
            got=repr(path),
            fix="another name, or one file: model.save(path, zipped=True)",
        )
    above = os.path.dirname(path)
    with _told(path), contextlib.ExitStack() as stack:
        leftovers.sweep(above)
        hidden = leftovers.hidden(path)
        os.mkdir(hidden)
        try:
            with contextlib.suppress(OSError):  # Windows opens no folders
                handle = os.open(hidden, os.O_RDONLY)
                stack.callback(os.close, handle)
                leftovers.hold(handle)
            yield hidden
            os.rename(hidden, path)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        flush_folder(above)


def remove(path) -> None:
    """Take a file away, if it is there, and what killed saves into its folder left.

    Raises:
        FileError: the system refuses.
    """
    path = os.path.realpath(os.fspath(path))
    with _told(path, "The file cannot be taken away."):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        leftovers.sweep(os.path.dirname(path))


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
    for folder in reversed(missing):
        with _told(folder, "The folder cannot be made."):
            os.makedirs(folder, exist_ok=True)
            flush_folder(os.path.dirname(folder))


@contextlib.contextmanager
def _told(path: str, message: str = "The file cannot be written."):
    """What the system refuses becomes an error about the file."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        raise FileError(message, got=str(error), where=path) from error


def _mode_of(path: str) -> int | None:
    """The permissions of the file that is there, to be kept; None if there is none."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise FileError("The target is no regular file.", got=repr(path), expected="a file, not a folder or device")
    return stat.S_IMODE(mode)
