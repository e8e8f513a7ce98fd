"""A save is all or nothing: whatever fails on the way, the old file is there whole, and nothing else is."""

import os
import pathlib
import resource
import signal

import pytest

import pellucid
from pellucid.errors import FileError
from pellucid.files import atomic, leftovers


def write(text):
    return lambda file: file.write(text)


def fine(file):
    assert file.read()


def test_a_new_file_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(0o640)
    atomic.replace(path, write(b"new"), fine)
    assert path.read_bytes() == b"new" and path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["f"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    atomic.replace(tmp_path / "link", write(b"new"), fine)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"


def fails(file):
    raise RuntimeError("in the middle")


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize(("writing", "checking"), [(fails, fine), (write(b"new"), fails)], ids=["write", "verify"])
def test_an_error_leaves_what_was_there(old, writing, checking, tmp_path):
    if old is not None:
        (tmp_path / "f").write_bytes(old)
    with pytest.raises(RuntimeError, match="in the middle"):
        atomic.replace(tmp_path / "f", writing, checking)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if old is None else [old])


def test_a_save_takes_away_what_killed_ones_left_and_nothing_else(tmp_path):
    left = [".other.keras.0123456789ab.pellucid", ".m.0123456789cd.pellucid"]
    mine = [".f.0123456789ab.new", "f.0123456789ab.pellucid", ".pellucid", ".f.0123456789ab.held.pellucid"]
    for name in [*left, *mine]:
        (tmp_path / name).touch()
    (tmp_path / ".folder.0123456789ef.pellucid").mkdir()
    (tmp_path / ".folder.0123456789ef.pellucid" / "config.json").touch()
    (tmp_path / ".link.0123456789ab.pellucid").symlink_to("f")
    atomic.replace(tmp_path / "f", write(b"new"), fine)
    assert sorted(os.listdir(tmp_path)) == sorted([*mine, ".link.0123456789ab.pellucid", "f"])


def test_a_save_leaves_alone_what_another_one_writes(tmp_path):
    def write_meanwhile(file):
        for name in (".a.0123456789ab.pellucid", ".b.0123456789ab.pellucid"):
            (tmp_path / name).touch()
        with open(tmp_path / ".a.0123456789ab.pellucid") as held:
            assert leftovers.hold(held.fileno())
            atomic.replace(tmp_path / "other", write(b"new"), fine)
        file.write(b"new")

    atomic.replace(tmp_path / "f", write_meanwhile, fine)
    assert sorted(os.listdir(tmp_path)) == [".a.0123456789ab.pellucid", "f", "other"]


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError, match="in the middle"), atomic.new_folder(tmp_path / "d") as folder:
        (pathlib.Path(folder) / "a").touch()
        fails(None)
    assert not os.listdir(tmp_path)
    with atomic.new_folder(tmp_path / "d") as folder:
        (pathlib.Path(folder) / "a").touch()
        assert not (tmp_path / "d").exists()
    assert os.listdir(tmp_path / "d") == ["a"] and os.listdir(tmp_path) == ["d"]


def test_files_beside_each_other_are_there_all_or_none(tmp_path):
    makers = {"a": (write(b"1"), fine), "b": (fails, fine)}
    with pytest.raises(RuntimeError, match="in the middle"), atomic.added(str(tmp_path), makers):
        pass
    assert not os.listdir(tmp_path)
    (tmp_path / "b").touch()
    with pytest.raises(FileError, match="exists"), atomic.added(str(tmp_path), {"b": (write(b"1"), fine)}):
        pass
    assert (tmp_path / "b").read_bytes() == b""


CALLS = ["fsync", "replace", "fchmod"]


@pytest.mark.parametrize("call", CALLS)
def test_a_refusal_of_the_system_is_told_and_leaves_what_was_there(call, tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"old")

    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(FileError, match=r"cannot be written(?s:.*)No space left"):
        atomic.replace(tmp_path / "f", write(b"new"), fine)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def small(units):
    return pellucid.Sequential([pellucid.Input((4,)), pellucid.layers.Dense(units)])


@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
@pytest.mark.parametrize("most", [0, 10, 1000, 3000])
def test_a_full_disk_loses_nothing(ending, most, tmp_path, monkeypatch):
    path = tmp_path / f"m{ending}"
    save = lambda model: model.save_weights(path) if ending == ".weights.h5" else model.save(path)  # noqa: E731
    old = small(2)
    save(old)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(FileError):
            save(small(3000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]
