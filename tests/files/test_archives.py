"""Archives taken apart: all or nothing, and nothing outside of their folder."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from pellucid import errors
from pellucid.files import archives


def tar(path, members: dict[str, bytes], mode: str = "w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return str(path)


def zipped(path, members: dict[str, bytes]):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(path)


FILES = {"a.txt": b"one", "inner/b.txt": b"two"}
PACK = {"tar": tar, "zip": zipped}


@pytest.mark.parametrize("kind", PACK)
def test_all_files_come_out(tmp_path, kind):
    path = PACK[kind](tmp_path / "x", FILES)
    assert archives.extract(path, str(tmp_path / "out"))
    assert (tmp_path / "out" / "inner" / "b.txt").read_bytes() == b"two"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "x"]  # nothing half is left


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("name", ["../evil.txt", "inner/../../evil.txt", "/evil.txt"])
def test_what_would_lie_outside_is_refused(tmp_path, kind, name):
    path = PACK[kind](tmp_path / "x", {"a.txt": b"one", name: b"evil"})
    if name == "/evil.txt" and kind == "tar":
        archives.extract(path, str(tmp_path / "out"))  # Python's filter takes the slash away
        assert (tmp_path / "out" / "evil.txt").exists()
        return
    with pytest.raises(errors.FileError, match=r"outside|taken apart"):
        archives.extract(path, str(tmp_path / "out"))
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret"])
def test_links_that_lead_outside_are_refused(tmp_path, target):
    with tarfile.open(tmp_path / "x", "w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, target
        archive.addfile(link)
    with pytest.raises(errors.FileError, match="taken apart"):
        archives.extract(str(tmp_path / "x"), str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_broken_archive_leaves_nothing(tmp_path):
    path = zipped(tmp_path / "x", FILES)
    data = bytearray((tmp_path / "x").read_bytes())
    data[data.index(b"two")] ^= 1  # its checksum is wrong now
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(errors.FileError, match="taken apart"):
        archives.extract(path, str(tmp_path / "out"))
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_an_archive_larger_than_the_disk_is_refused(tmp_path, monkeypatch):
    path = zipped(tmp_path / "x", FILES)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 5}))
    with pytest.raises(errors.FileError, match=r"larger than the free space(?s:.*)6 bytes"):
        archives.extract(path, str(tmp_path / "out"))


def test_what_is_no_archive_is_left_alone(tmp_path):
    (tmp_path / "x").write_text("no archive")
    assert not archives.extract(str(tmp_path / "x"), str(tmp_path / "out"))
    assert not archives.extract(zipped(tmp_path / "z", FILES), str(tmp_path / "out"), ["tar"])
    with pytest.raises(errors.ArgumentError, match="Unknown kind"):
        archives.extract(str(tmp_path / "x"), str(tmp_path / "out"), ["rar"])
