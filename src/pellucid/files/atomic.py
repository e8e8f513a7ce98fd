"""Writing files so that nothing is lost: at every moment the target is the whole old file or the whole new one.

Above: keras_zip.py and weights_h5.py write through this.
Kept true: success is told only after the new file is on the disk and was read back; after an error nothing is left behind.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat

from pellucid.errors import FileError


def replace(path, write, verify) -> None:
    """Write a file beside the target, and put it in the target's place.

    Args:
        path: the target; a link is followed.
        write: ``write(file)`` fills an open binary file that can be read and written.
        verify: ``verify(file)`` reads it back, and raises if anything is wrong.

    Raises:
        FileError: the target is no regular file, or cannot be written.
    """
    path = os.path.realpath(os.fspath(path))
    mode = _mode_of(path)
    folder, name = os.path.split(path)
    fresh = os.path.join(folder, f".{name[:100]}.{secrets.token_hex(6)}.new")
    try:
        with open(fresh, "xb+", buffering=0) as file:
            try:
                write(file)
                os.fsync(file.fileno())
                file.seek(0)
                verify(file)
                if mode is not None:
                    os.chmod(fresh, mode)
                os.replace(fresh, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.remove(fresh)
                raise
        _flush_folder(folder)
    except OSError as error:
        raise FileError("The file cannot be written.", got=str(error), where=path) from error


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


def _flush_folder(folder: str):
    """Without this, a power cut may forget the new name."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (PermissionError, IsADirectoryError):
        return  # Windows opens no folders
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
