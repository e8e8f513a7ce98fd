"""Files are opened only if they are plain ones, and neighbours only under plain names."""

import os

import pytest

from pellucid.errors import FileError, MissingFileError
from pellucid.files import source


@pytest.fixture
def named(tmp_path):
    """A file that names neighbours."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "names.json"
    path.write_bytes(b"{}")
    (tmp_path / "in" / "part").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(b"outside")
    return path


def test_a_neighbour_is_opened_by_its_plain_name(named):
    for path in (named, named.parent):
        with source.opened_beside(path, "part") as file:
            assert file.read() == b"inside"


def test_a_neighbour_is_found_from_the_current_folder_too(named, monkeypatch):
    monkeypatch.chdir(named.parent)
    with source.opened_beside("names.json", "part") as file:
        assert file.read() == b"inside"


@pytest.mark.parametrize(
    "name",
    ["../secret", "..", ".", "", "/etc/hostname", "a/../part", "C:part", "a\\part", "part\0", "x" * 256, 3, None],
)
def test_a_name_that_leads_elsewhere_is_no_plain_one(named, name):
    with pytest.raises(FileError, match="no plain name"), source.opened_beside(named, name):
        pass


def test_a_missing_neighbour_is_told(named):
    with pytest.raises(MissingFileError, match="neighbour of the file is missing"), source.opened_beside(named, "gone"):
        pass


def _link(path):
    path.symlink_to("../secret")


def _hard_link(path):
    os.link(path.parent.parent / "secret", path)


def _pipe(path):
    os.mkfifo(path)


def _folder(path):
    path.mkdir()


def _device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_link, "no regular file"),
        (_hard_link, "several names"),
        (_pipe, "no regular file"),
        (_folder, "no regular file"),
        (_device, "no regular file"),
    ],
)
def test_a_neighbour_that_is_no_file_of_its_own_is_refused(named, make, told):
    make(named.parent / "odd")
    with pytest.raises(FileError, match=told), source.opened_beside(named, "odd"):
        pass
