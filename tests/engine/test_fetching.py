"""Files fetched by their address: kept, checked by their hash, and whole or not there."""

from __future__ import annotations

import hashlib
import pathlib
import tarfile
import zipfile

import keras
import pytest

from pellucid import errors, utils


@pytest.fixture
def source(tmp_path):
    (tmp_path / "source").mkdir()
    file = tmp_path / "source" / "data.txt"
    file.write_text("content")
    with zipfile.ZipFile(tmp_path / "source" / "pack.zip", "w") as archive:
        archive.write(file, "inner/data.txt")
    with tarfile.open(tmp_path / "source" / "pack.tar.gz", "w:gz") as archive:
        archive.add(file, "inner/data.txt")
    return tmp_path / "source"


def both(folder, **kwargs) -> tuple[str, str]:
    """Names that Keras and we give, below the folders where each keeps its files."""
    names = []
    for library, place in ((keras, folder / "theirs"), (utils, folder / "ours")):
        place.mkdir(exist_ok=True)
        get_file = library.utils.get_file if library is keras else utils.get_file
        names.append(str(pathlib.Path(get_file(cache_dir=str(place), **kwargs)).relative_to(place)))
    return tuple(names)


CALLS = {
    "a file": {"origin": "data.txt"},
    "a name": {"fname": "mine.txt", "origin": "data.txt"},
    "a folder": {"origin": "data.txt", "cache_subdir": "here"},
    "an archive": {"origin": "pack.zip", "extract": True},
    "a named archive": {"fname": "mine.zip", "origin": "pack.zip", "extract": True},
    "a named archive without ending": {"fname": "mine", "origin": "pack.zip", "extract": True},
    "Keras 2's word": {"fname": "mine", "origin": "pack.tar.gz", "untar": True},
    "a tar": {"origin": "pack.tar.gz", "extract": True, "archive_format": "tar"},
}


@pytest.mark.parametrize("what", CALLS)
def test_files_lie_where_keras_puts_them(tmp_path, source, what):
    kwargs = {**CALLS[what], "origin": (source / CALLS[what]["origin"]).as_uri()}
    theirs, ours = both(tmp_path, **kwargs)
    assert ours == theirs
    found = tmp_path / "ours" / ours
    assert (found / "inner" / "data.txt" if found.is_dir() else found).read_bytes() != b""
    here = sorted(str(path.relative_to(tmp_path / "ours")) for path in (tmp_path / "ours").rglob("*"))
    assert here == sorted(str(path.relative_to(tmp_path / "theirs")) for path in (tmp_path / "theirs").rglob("*"))


def test_a_file_that_is_there_is_not_fetched_again(tmp_path, source):
    kwargs = {"origin": (source / "data.txt").as_uri(), "cache_dir": str(tmp_path)}
    path = utils.get_file(**kwargs)
    (source / "data.txt").write_text("changed")
    assert pathlib.Path(utils.get_file(**kwargs)).read_text() == "content"
    assert pathlib.Path(utils.get_file(**kwargs, force_download=True)).read_text() == "changed"
    sha = hashlib.sha256(b"changed").hexdigest()
    pathlib.Path(path).write_text("half")
    assert pathlib.Path(utils.get_file(**kwargs, file_hash=sha)).read_text() == "changed"
    md5 = hashlib.md5(b"changed").hexdigest()
    assert utils.get_file(**kwargs, md5_hash=md5) == utils.get_file(**kwargs, file_hash=md5, hash_algorithm="md5")


def test_a_file_with_another_hash_does_not_arrive(tmp_path, source):
    with pytest.raises(errors.FileError, match=r"another hash(?s:.*)expected +0000"):
        utils.get_file(origin=(source / "data.txt").as_uri(), file_hash="0" * 32, cache_dir=str(tmp_path / "c"))
    assert list((tmp_path / "c" / "datasets").iterdir()) == []


def test_what_cannot_be_fetched_says_where_it_goes(tmp_path):
    # No machine has a service at port 1.
    with pytest.raises(errors.FileError) as error:
        utils.get_file(origin="http://127.0.0.1:1/mnist.npz", file_hash="ab" * 16, cache_dir=str(tmp_path))
    text = str(error.value)
    assert "'mnist.npz' is not on this machine, and could not be fetched" in text
    assert f"{tmp_path}/datasets/mnist.npz, hash {'ab' * 16}" in text
    assert f"curl -L -o '{tmp_path}/datasets/mnist.npz' http://127.0.0.1:1/mnist.npz" in text


REFUSED = {
    "no origin": ({}, "comes from somewhere"),
    "no address": ({"origin": "/a/b.txt"}, r"no address(?s:.*)file:///a/b\.txt"),
    "another scheme": ({"origin": "gopher://x/y"}, "no address"),
    "no name": ({"origin": "http://127.0.0.1:1/"}, "does not end with a name"),
    "a name with folders": ({"fname": "a/b", "origin": "http://127.0.0.1:1/b"}, "name without folders"),
    "a name that leads up": ({"fname": "..", "origin": "http://127.0.0.1:1/b"}, "name without folders"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_names_no_file_is_refused(tmp_path, what):
    kwargs, text = REFUSED[what]
    with pytest.raises(errors.ArgumentError, match=text):
        utils.get_file(cache_dir=str(tmp_path), **kwargs)


def test_what_is_no_archive_is_warned_of(tmp_path, source):
    with pytest.warns(UserWarning, match="no archive of kind tar, zip") as warned:
        utils.get_file(origin=(source / "data.txt").as_uri(), extract=True, cache_dir=str(tmp_path))
    assert warned[0].filename == __file__
