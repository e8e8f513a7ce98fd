"""P10, P11, P13, P14 and P15: what containers may hold, found out before anything of it is used."""

import contextlib
import io
import json
import re
import zlib

import h5py
import numpy as np
import pytest

from files import bad_files
from files.contract import weights
from pellucid.errors import FileError
from pellucid.files import safe_json, safe_zip
from pellucid.files.hdf5 import Hdf5File, arrays, reader
from pellucid.files.safe_zip import SafeZip
from pellucid.models.saving import load_model


def _hdf5(fill) -> bytes:
    data = io.BytesIO()
    with h5py.File(data, "w") as h5:
        fill(h5)
    return data.getvalue()


# Each is the last thing in its file, behind an array that is good.
FEATURES = {
    "a soft link": (lambda h5: h5.__setitem__("z", h5py.SoftLink("/a")), "link leads elsewhere"),
    "an external link": (lambda h5: h5.__setitem__("z", h5py.ExternalLink("x", "/")), "link leads elsewhere"),
    "a second name": (lambda h5: h5.__setitem__("z", h5["a"]), "on two ways"),
    "a circle": (lambda h5: h5.create_group("z").__setitem__("back", h5["/"]), "on two ways"),
    "a named type": (lambda h5: h5.__setitem__("z", np.dtype("f4")), "no group and no array"),
    "no value": (lambda h5: h5.create_dataset("z", data=h5py.Empty("f4")), "no plain shape"),
    "external values": (lambda h5: h5.create_dataset("z", (4,), "f4", external=[("x", 0, 16)]), "outside of the file"),
    "virtual values": (lambda h5: _virtual(h5), "outside of the file"),
    "LZF": (lambda h5: h5.create_dataset("z", data=np.zeros(9), compression="lzf"), "packed in a way"),
    "scale and offset": (lambda h5: h5.create_dataset("z", data=np.zeros(9, "i4"), scaleoffset=2), "packed in a way"),
    "texts": (lambda h5: h5.create_dataset("z", data=["a"]), "no plain numbers"),
    "pairs": (lambda h5: h5.create_dataset("z", data=np.zeros(2, [("a", "i1")])), "no plain numbers"),
    "references": (lambda h5: h5.create_dataset("z", (2,), h5py.ref_dtype), "no plain numbers"),
    "any lengths": (lambda h5: h5.create_dataset("z", (2,), h5py.vlen_dtype("f4")), "no plain numbers"),
    "complex numbers": (lambda h5: h5.create_dataset("z", data=np.zeros(2, "c8")), "no plain numbers"),
    "nothing stored": (lambda h5: h5.create_dataset("z", (4,), "f4"), "larger than its bytes"),
    "some parts missing": (lambda h5: h5.create_dataset("z", (4,), "f4", chunks=(2,)).__setitem__(0, 1), "larger than its bytes"),
}  # fmt: skip


def _virtual(h5):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("x", "y", (4,))
    h5.create_virtual_dataset("z", layout)


@pytest.mark.parametrize("name", FEATURES)
def test_p10_a_feature_that_is_not_listed_is_refused_before_any_value_is_read(name, monkeypatch):
    fill, told = FEATURES[name]
    read: list = []
    monkeypatch.setattr(arrays, "values", lambda *args: read.append(args))

    def both(h5):
        h5["a"] = np.arange(4.0)
        fill(h5)

    data = _hdf5(both)
    with pytest.raises(FileError, match=told):
        Hdf5File(io.BytesIO(data), len(data))
    assert read == []


def test_p10_what_is_listed_is_read():
    def fill(h5):
        h5["contiguous"], h5["scalar"] = np.arange(4.0), 3
        for name, options in {"plain": {}, "packed": {"compression": 9, "shuffle": True, "fletcher32": True}}.items():
            h5.create_dataset(name, data=np.arange(4.0), chunks=(3,), **options)

    data = _hdf5(fill)
    with Hdf5File(io.BytesIO(data), len(data)) as file:
        assert {name: file.read("", name).tolist() for name in file.groups[""]} == {
            "contiguous": [0, 1, 2, 3], "scalar": 3, "plain": [0, 1, 2, 3], "packed": [0, 1, 2, 3],
        }  # fmt: skip


def test_p10_too_many_objects_are_too_many(monkeypatch):
    data = _hdf5(lambda h5: [h5.create_group(str(k)) for k in range(20)])
    assert len(Hdf5File(io.BytesIO(data), len(data)).groups) == 21
    monkeypatch.setattr(reader, "MOST_OBJECTS", 20)
    with pytest.raises(FileError, match="too many objects"):
        Hdf5File(io.BytesIO(data), len(data))


@pytest.mark.parametrize("name", ["..", ".", "a/b", "/"])
def test_p11_names_in_weight_files_are_plain(name):
    data = _hdf5(lambda h5: h5.create_group("placeholder")).replace(b"placeholder\0", name.encode().ljust(12, b"\0"))
    with pytest.raises(FileError, match="name cannot be used"):
        Hdf5File(io.BytesIO(data), len(data))


def test_p11_names_in_weight_files_are_short():
    for letters, is_short in ((1024, True), (1025, False)):
        data = _hdf5(lambda h5, letters=letters: h5.create_group("n" * letters))
        with contextlib.nullcontext() if is_short else pytest.raises(FileError, match="name cannot be used"):
            assert Hdf5File(io.BytesIO(data), len(data)).groups


@pytest.mark.parametrize("name", ["../../marker", "/marker", "a/b"])
def test_p11_a_name_of_a_layer_is_never_a_path(name, made):
    members = bad_files.members(made.file)
    members[bad_files.CONFIG] = members[bad_files.CONFIG].replace(b'"dense"', json.dumps(name).encode())
    with pytest.raises(FileError, match="without slashes"):
        load_model(io.BytesIO(bad_files.packed(members.items())))


@pytest.mark.parametrize("names", [("\u00e9", "e\u0301"), ("A", "a"), ("straße", "STRASSE"), ("ſ", "s")])
def test_p11_names_in_archives_are_unique_whatever_the_file_system(names):
    data = bad_files.packed([(names[0], b"1"), (names[1], b"2")])
    with pytest.raises(FileError, match="one name"):
        SafeZip(io.BytesIO(data))


TEXTS = {
    "depth 65": ("[" * 65 + "]" * 65, "nested too deep"),
    "a hundred thousand deep": ("[" * 10**5, "nested too deep"),
    "65 MB": ('"' + "x" * (65 * 2**20) + '"', "too large"),
    "a million lists": ("[" + "[]," * 10**6 + "[]]", "too many parts"),
    "ten million numbers": ("[" + "1," * 10**7 + "1]", "too many parts"),
    "a key twice": ('{"a": 1, "b": {"c": 1, "c": 1}}', "stands twice"),
    "NaN": ("[NaN]", "not finite"),
    "Infinity": ("[Infinity]", "not finite"),
    "1e999": ("[1e999]", "not finite"),
    "2**64": (f"[{2**64}]", "too large"),
    "-2**63 - 1": (f"[{-(2**63) - 1}]", "too large"),
    "ten thousand digits": ("9" * 10**4, "too large"),
    "no UTF-8": (b"\xff", "no valid JSON"),
    "half a pair": (b'"\xed\xa0\x80"', "no valid JSON"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_p13_a_text_without_one_small_meaning_is_refused(name):
    text, told = TEXTS[name]
    with pytest.raises(FileError, match=told):
        safe_json.read(text)


def test_p13_brackets_inside_texts_are_no_depth():
    for text in ("[[" * 200, '\\"[' * 200, "]" * 200):
        assert safe_json.read(json.dumps([text, {text: text}])) == [text, {text: text}]


def test_p13_what_is_within_the_bounds_keeps_its_exact_types():
    assert safe_json.read("[" * 64 + "]" * 64)
    found = safe_json.read(f'[true, 1, 1.0, {2**64 - 1}, {-(2**63)}, null, "1"]')
    assert found == [True, 1, 1.0, 2**64 - 1, -(2**63), None, "1"]
    assert [type(x) for x in found] == [bool, int, float, int, int, type(None), str]


@pytest.fixture(scope="module")
def archives(made):
    return bad_files.archives(made.file)


# Rules of P14, the bad files that break them, and what is told.
RULES = {
    "one end record": ("two archives|an end inside the comment", "ends twice|broken one"),
    "nothing before or behind": ("bytes behind|bytes before|last byte lost", "broken one"),
    "names once": ("a member twice|names that differ in case only", "one name|differs"),
    "one header": (
        "another name in the local header|an offset beyond the end",
        "differs|ends too early|overlap|outside",
    ),
    "no overlap": ("an offset inside another member", "overlap|differs"),
    "no links": ("a link", "link or a device"),
    "no way out": ("a name that climbs|a name from the root|a drive", "leads elsewhere"),
    "stored or deflate": ("bzip2|lzma|encrypted", "packed in another way"),
    "declared is real": ("a wrong size in the directory|a bomb that lies about its size", "differ|size or checksum"),
    "checksums": ("a changed weight|another checksum in the directory", "checksum|differs"),
    "at most 10,000 members": ("too many members", "too many members"),
}


@pytest.mark.parametrize("rule", RULES)
def test_p14_an_archive_that_breaks_a_rule_is_refused_by_it(rule, archives):
    names, told = RULES[rule]
    for name in names.split("|"):
        with pytest.raises(FileError) as info:
            archive = SafeZip(io.BytesIO(archives[name]))
            for member in archive.names:
                archive.open(member, 2**20).read()
        assert re.search(told, str(info.value)), f"{name}: {info.value}"


class _Counting:
    """zlib, counting what it gives."""

    given = 0

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)

    def decompress(self, *args):
        piece = self._real.decompress(*args)
        _Counting.given += len(piece)
        return piece


@pytest.fixture
def unpacked(monkeypatch):
    real = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", lambda *args: _Counting(real(*args)))
    _Counting.given = 0
    return lambda: _Counting.given


def test_p15_unpacking_stops_where_more_comes_than_was_declared(unpacked, made):
    bomb = bad_files.lying_bomb(list(bad_files.members(made.file).items()))
    archive = SafeZip(io.BytesIO(bomb))
    assert archive.size(bad_files.CONFIG) == 100
    with pytest.raises(FileError, match="size or checksum"):
        archive.read(bad_files.CONFIG, 2**26)
    assert unpacked() <= safe_zip._CHUNK  # of 4 MB


def test_p15_parts_of_arrays_unpack_to_their_size_and_no_further(unpacked):
    data = _hdf5(lambda h5: h5.create_dataset("x", data=np.zeros(2**20, "u1"), chunks=(2**20,), compression=9))
    bomb = zlib.compress(bytes(2**24), 9)  # declared: 2**20
    with h5py.File(io.BytesIO(data), "r") as h5:
        info = h5["x"].id.get_chunk_info(0)
    assert len(bomb) > info.size
    moved = bytearray(data) + bomb
    at = moved.find(info.byte_offset.to_bytes(8, "little"))
    moved[at : at + 8] = len(data).to_bytes(8, "little")
    at = data.rfind(b"TREE")
    moved[at + 24 : at + 28] = len(bomb).to_bytes(4, "little")
    with Hdf5File(io.BytesIO(moved), len(moved)) as file, pytest.raises(FileError, match="part of an array is damaged"):
        file.read("", "x")
    assert unpacked() <= 2**20 + 5


def test_p15_what_is_declared_stays_below_the_files_size_times_1100(made):
    pairs = [*bad_files.members(made.file).items(), ("assets/x", bytes(2**25))]
    assert SafeZip(io.BytesIO(bad_files.packed(pairs, 8))).size("assets/x") == 2**25
    data = bad_files.packed([("config.json", b"x" * 1000)], 8)
    entry = bad_files.directory_entry(data, "config.json")
    big = (2**20).to_bytes(4, "little")
    lying = bad_files.patched(bad_files.patched(data, entry + 24, big), 22, big)
    with pytest.raises(FileError, match=r"unpacks? to more than"):
        SafeZip(io.BytesIO(lying))


def test_p15_packed_weights_are_unpacked_only_as_far_as_the_model_can_hold_them(unpacked, made):
    """A model of 30 weights, and weights of 100 MB in an archive of 100 kB."""
    more = weights.changed(made.weights, lambda h5: h5.create_dataset("more", data=np.zeros(10**8, "u1")))
    pairs = [(name, more if name == bad_files.WEIGHTS else data) for name, data in bad_files.members(made.file).items()]
    data = bad_files.packed(pairs, 8)
    with pytest.raises(FileError, match="too large"):
        load_model(io.BytesIO(data))
    assert unpacked() < 10**6
