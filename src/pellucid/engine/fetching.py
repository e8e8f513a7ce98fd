"""Fetching: a file from the network or from elsewhere on this machine, checked by its hash, kept for the next time.

Below:  files/archives.py takes archives apart.
Above:  the door `utils`; datasets/ asks for its files by this.
Kept true: a file appears under its name only when it is whole and its hash is right.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import pathlib
import urllib.parse
import urllib.request
import warnings

from pellucid.engine.progress import Progbar
from pellucid.errors import ArgumentError, FileError
from pellucid.files import archives
from pellucid.settings import keras_home

SCHEMES = ("http", "https", "ftp", "file")
TIMEOUT_SECONDS = 30  # of silence
CHUNK = 1 << 16


def get_file(
    fname=None,
    origin=None,
    untar=False,
    md5_hash=None,
    file_hash=None,
    cache_subdir="datasets",
    hash_algorithm="auto",
    extract=False,
    archive_format="auto",
    cache_dir=None,
    force_download=False,
):
    """The name of a file on this machine, fetched from `origin` if it is not there yet.

    Args:
        fname: what it is called here; the last part of `origin` if None.
        origin: where it comes from; http, https, ftp or file.
        extract: whether it is an archive that is taken apart; `untar` is Keras 2's word for that.
        file_hash: MD5 or SHA-256; a file with another is fetched again, and refused if that does not help.
        cache_dir, cache_subdir: where it is kept; in Keras's folder, by ``KERAS_HOME`` or ``~/.keras``, if None.
        hash_algorithm: "md5", "sha256", or "auto" by the length of the hash.
        archive_format: "tar", "zip", "auto" for both, or a list.
        force_download: fetch it even if it is there.

    Returns:
        The name of the file, or of the folder that the archive was taken apart into.

    Raises:
        ArgumentError: no origin, or one of another kind; a name with folders in it.
        FileError: it cannot be fetched, has another hash, or is an archive that writes outside of its folder.
    """
    name, told = _name(fname, origin)
    folder = os.path.join(os.path.expanduser(cache_dir or keras_home()), cache_subdir)
    file_hash = file_hash or md5_hash
    takes_apart = extract or untar
    path, inside = _places(folder, name, told, takes_apart)
    is_there = os.path.exists(path) and not force_download
    if is_there and file_hash and _hash(path, _hasher(hash_algorithm, file_hash)) != file_hash:
        print(f"{path} has another hash than {file_hash}: it is fetched again.")
        is_there = False
    if not is_there:
        os.makedirs(folder, exist_ok=True)
        _fetch(origin, path, file_hash, hash_algorithm)
    if not takes_apart:
        return path
    if not (is_there and os.path.isdir(inside)):
        formats = "tar" if untar else archive_format
        kinds = archives.FORMATS if formats == "auto" else [formats] if isinstance(formats, str) else formats or []
        if not archives.extract(path, inside, kinds):
            warnings.warn(f"{path} is no archive of kind {', '.join(kinds) or 'None'}.", stacklevel=2)
    return inside


def _name(fname, origin) -> tuple[str, bool]:
    """What the file is called, and whether the user said so."""
    if origin is None:
        raise ArgumentError("A file comes from somewhere.", got="origin=None", fix='origin="https://..."')
    parts = urllib.parse.urlsplit(origin)
    if parts.scheme not in SCHEMES:
        raise ArgumentError(
            "`origin` is no address that files are fetched from.",
            got=repr(origin),
            expected=", ".join(f"{scheme}://" for scheme in SCHEMES),
            fix=f'origin="{pathlib.Path(origin).absolute().as_uri()}"' if not parts.scheme else 'origin="https://..."',
        )
    name = os.fspath(fname) if fname else os.path.basename(parts.path)
    if not name:
        raise ArgumentError("`origin` does not end with a name.", got=repr(origin), fix='fname="data.zip"')
    if os.sep in name or name in (".", ".."):
        raise ArgumentError("`fname` is a name without folders.", got=repr(name), fix="cache_dir=..., cache_subdir=...")
    return name, bool(fname)


def _places(folder: str, name: str, told: bool, takes_apart: bool) -> tuple[str, str]:
    """Where the file lies, and where an archive is taken apart; by Keras's rule."""
    if not takes_apart:
        return os.path.join(folder, name), ""
    if told and "." in name:
        return os.path.join(folder, name), os.path.join(folder, f"{name[: name.find('.')]}_extracted")
    return os.path.join(folder, f"{name}_archive"), os.path.join(folder, name)


def _hasher(algorithm: str, told: str):
    if algorithm == "sha256" or (algorithm == "auto" and len(told) == 64):
        return hashlib.sha256()
    return hashlib.md5()


def _hash(path: str, hasher) -> str:
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def _fetch(origin: str, path: str, file_hash: str | None, algorithm: str) -> None:
    """Write what lies at `origin` to `path`, if it is whole and has this hash."""
    print(f"Fetching {origin}")
    waiting = f"{path}.{os.getpid()}.part"
    try:
        _copy(origin, waiting)
        got = _hash(waiting, _hasher(algorithm, file_hash)) if file_hash else None
        if got != file_hash:
            raise FileError("The file that was fetched has another hash.", got=got, expected=file_hash, where=origin)
        os.replace(waiting, path)
    except (OSError, http.client.HTTPException) as error:
        raise FileError(
            f"'{os.path.basename(path)}' is not on this machine, and could not be fetched.",
            got=str(error),
            expected=f"{path}, hash {file_hash}" if file_hash else path,
            fix=f"curl -L -o '{path}' {origin}",
        ) from error
    finally:
        if os.path.exists(waiting):
            os.remove(waiting)


def _copy(origin: str, path: str) -> None:
    with urllib.request.urlopen(origin, timeout=TIMEOUT_SECONDS) as source, open(path, "wb") as target:
        told = source.headers.get("Content-Length")
        size, done = int(told) if told else None, 0
        progress = Progbar(size)
        while chunk := source.read(CHUNK):
            target.write(chunk)
            done += len(chunk)
            progress.update(done)
    if size is not None and done != size:
        raise OSError(f"only {done} of {size} bytes came")
