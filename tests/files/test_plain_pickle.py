"""Pickles read without running anything: plain data comes back, everything else is refused."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from pellucid import errors
from pellucid.files import npz, plain_pickle

PLAIN = [
    None,
    3,
    1.5,
    "text",
    b"bytes",
    [1, [2, "x"]],
    {"a": (1, 2), b"k": True},
    np.arange(6, dtype="int16").reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([1, 2], ">i4"),
    np.array([b"ab", b"c"]),
    np.array(["ab", "c"]),
    np.array([True, False]),
    np.zeros((0, 3)),
    {"x": [np.arange(3, dtype="uint8")], "y": [np.float32(1).tolist()]},
]


@pytest.mark.parametrize("thing", PLAIN, ids=lambda thing: type(thing).__name__)
@pytest.mark.parametrize("protocol", range(5))
def test_plain_data_comes_back(thing, protocol):
    got = plain_pickle.loads(pickle.dumps(thing, protocol=protocol))
    np.testing.assert_equal(got, thing)
    if isinstance(thing, np.ndarray):
        assert got.dtype == thing.dtype


def test_lists_in_an_array_come_back():
    lists = np.empty(3, "O")
    lists[:] = [[1, 2], [], [3]]
    got = plain_pickle.loads(pickle.dumps(lists, protocol=2))
    assert got.dtype == object
    assert got.tolist() == lists.tolist()


def test_a_pickle_of_python_2_keeps_its_bytes():
    # What Python 2 writes for {"data": "\\xff", "labels": [3]}: text by SHORT_BINSTRING.
    data = b"\x80\x02}q\x01(U\x04dataq\x02U\x01\xffU\x06labelsq\x03]q\x04K\x03au."
    assert plain_pickle.loads(data, encoding="bytes") == {b"data": b"\xff", b"labels": [3]}


class Runs:
    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


EVIL = {
    "a call": Runs(os.system, ("exit 1",)),
    "eval": Runs(eval, ("1+1",)),
    "a class": Runs(Runs, ()),
    "an attribute": Runs(getattr, ("x", "upper")),
    "inside a list": [1, {"k": Runs(os.getcwd, ())}],
    "a generator": np.random.default_rng(0),
    "a memory map": Runs(np.memmap, ("/dev/null",)),
}


@pytest.mark.parametrize("what", EVIL)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_nothing_is_ever_run(what, protocol):
    with pytest.raises(errors.FileError, match=r"more than plain data(?s:.*)got +\S"):
        plain_pickle.loads(pickle.dumps(EVIL[what], protocol=protocol))


BROKEN = {
    "nothing": b"",
    "no end": b"\x80\x02]",
    "no pickle": b"no pickle at all",
    # _reconstruct with another BUILD: what a name stands for is changed.
    "changed maker": b"cnumpy\ndtype\n}S'x'\nI1\nsb.",
    "a bare maker": b"cnumpy\ndtype\n.",
    "a persistent name": b"Pname\n.",
    "a new object of a maker": b"\x80\x02cnumpy\nndarray\n)\x81.",
    "odd dtype": b"cnumpy\ndtype\n(S'V8'\ntR.",
    "a list in itself": pickle.dumps((lambda one: (one.append(one), one)[1])([])),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_pickles_are_refused(what):
    with pytest.raises(errors.FileError):
        plain_pickle.loads(BROKEN[what])


@pytest.mark.parametrize("change", [lambda data: data.replace(b"K\x03\x85", b"K\x09\x85")])
def test_an_array_of_another_length_than_it_says_is_refused(change):
    data = pickle.dumps(np.arange(3, dtype="uint8"), protocol=2)
    assert change(data) != data
    with pytest.raises(errors.FileError, match="another number of bytes"):
        plain_pickle.loads(change(data))
    lists = np.empty(3, "O")
    data = pickle.dumps(lists, protocol=2)
    with pytest.raises(errors.FileError, match="another number of values"):
        plain_pickle.loads(change(data))


def test_arrays_of_a_zip_come_back_by_name(tmp_path):
    lists = np.empty(2, "O")
    lists[:] = [[1], [2, 3]]
    np.savez(tmp_path / "f.npz", x=lists, y=np.arange(2), z=np.ones((2, 2)))
    x, y = npz.read(tmp_path / "f.npz", "x", "y")
    assert (x.tolist(), y.tolist()) == ([[1], [2, 3]], [0, 1])
    with pytest.raises(errors.FileError, match=r"lacks an array(?s:.*)f\.npz"):
        npz.read(tmp_path / "f.npz", "w")


def test_a_zip_that_would_run_something_or_is_broken_is_refused(tmp_path):
    evil = np.empty(1, "O")
    evil[0] = Runs(os.getcwd, ())
    np.savez(tmp_path / "evil.npz", x=evil)
    with pytest.raises(errors.FileError, match="more than plain data"):
        npz.read(tmp_path / "evil.npz", "x")
    (tmp_path / "broken.npz").write_bytes(b"PK no zip")
    with pytest.raises(errors.FileError, match=r"a broken one(?s:.*)broken\.npz"):
        npz.read(tmp_path / "broken.npz", "x")


def test_what_names_itself_many_times_over_is_made_once():
    thing = ["x"]
    for _ in range(60):
        thing = [thing, thing]  # as a tree, 2**60 texts
    got = plain_pickle.loads(pickle.dumps(thing))
    assert got[0] is got[1] and got[0][0] is got[0][1]


def test_what_holds_itself_is_refused():
    thing: list = []
    thing.append(thing)
    with pytest.raises(errors.FileError, match="holds itself"):
        plain_pickle.loads(pickle.dumps(thing))


def test_an_array_of_objects_takes_no_memory_before_they_are_there():
    data = pickle.dumps(np.array([None, 1], "O"), protocol=2)
    assert data.count(b"K\x02\x85") == 1
    with pytest.raises(errors.FileError, match="another number of values"):
        plain_pickle.loads(data.replace(b"K\x02\x85", b"\x8a\x06" + (2**45).to_bytes(6, "little") + b"\x85"))


def test_an_npz_file_is_unpacked_up_to_what_it_says(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(10**6))
    good = (tmp_path / "a.npz").read_bytes()
    np.testing.assert_array_equal(npz.read(tmp_path / "a.npz", "x")[0], np.zeros(10**6))
    size = (8 * 10**6 + 128).to_bytes(4, "little")
    assert good.count(size) >= 1
    (tmp_path / "a.npz").write_bytes(good.replace(size, (9 * 10**6).to_bytes(4, "little")))
    with pytest.raises(errors.FileError, match=r"more than it can|differs from the directory|is damaged"):
        npz.read(tmp_path / "a.npz", "x")
