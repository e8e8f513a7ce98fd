"""Archives of strangers, taken apart: nothing is written outside of one folder, and all or nothing.

Above: engine/fetching.py.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import tarfile
import tempfile
import zipfile

from pellucid.errors import ArgumentError, FileError

FORMATS = ("tar", "zip")


def extract(path: str, folder: str, formats=("tar", "zip")) -> bool:
    """Take an archive apart into a folder, which appears when all went well.

    Args:
        formats: kinds of archives that are tried: "tar" (also packed by gzip, bzip2, xz) and "zip".

    Returns:
        Whether it is an archive of one of these kinds.

    Raises:
        ArgumentError: an unknown kind.
        FileError: it is broken, larger than the free space, or has files that would lie outside of the folder.
    """
    for kind in formats:
        if kind not in FORMATS:
            raise ArgumentError("Unknown kind of archive.", got=repr(kind), expected='"tar", "zip"')
    take_apart = next((_KINDS[kind] for kind in formats if _IS_OF_KIND[kind](path)), None)
    if take_apart is None:
        return False
    parent = pathlib.Path(folder).parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".archive-") as waiting:
        inside = os.path.join(waiting, "inside")
        os.mkdir(inside)
        try:
            take_apart(path, inside)
        except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
            raise FileError("The archive cannot be taken apart.", got=str(error), where=path) from error
        shutil.copytree(inside, folder, symlinks=True, dirs_exist_ok=True)
    return True


def _untar(path: str, folder: str) -> None:
    with tarfile.open(path) as archive:
        _check_fits(sum(member.size for member in archive.getmembers() if member.isfile()), path, folder)
        # The filter refuses absolute paths, paths and links that lead outside, and what is no file, folder or link.
        archive.extractall(folder, filter="data")


def _unzip(path: str, folder: str) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_fits(sum(member.file_size for member in members), path, folder)
        base = os.path.realpath(folder)
        for member in members:
            target = os.path.realpath(os.path.join(base, member.filename))
            if os.path.commonpath([target, base]) != base:
                raise FileError(
                    "The archive has a file that would lie outside of its folder.", got=member.filename, where=path
                )
        archive.extractall(folder)


def _check_fits(size_bytes: int, path: str, folder: str) -> None:
    free = shutil.disk_usage(folder).free
    if size_bytes > free:
        raise FileError(
            "The archive is larger than the free space.", got=f"{size_bytes} bytes", expected=f"{free}", where=path
        )


_KINDS = {"tar": _untar, "zip": _unzip}
_IS_OF_KIND = {"tar": tarfile.is_tarfile, "zip": zipfile.is_zipfile}
