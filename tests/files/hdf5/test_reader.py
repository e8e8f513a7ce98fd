"""Our reader beside h5py, the format's own library: the same names, values and attributes, in each age of the format."""

import io

import h5py
import numpy as np
import pytest

from pellucid.errors import FileError
from pellucid.files.hdf5 import Hdf5File

AGES = {
    "as Keras writes": {},
    "earliest": {"libver": "earliest"},
    "1.8": {"libver": ("v108", "v108")},
    "1.10": {"libver": ("v110", "v110")},
    "latest": {"libver": "latest"},
    "in order": {"track_order": True},
    "latest, in order": {"libver": "latest", "track_order": True},
}
NUMBERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">f4", ">i8", "?"]
FILTERS = [
    {},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": "gzip", "shuffle": True, "fletcher32": True},
    {"fletcher32": True},
]


def _fill_arrays(h5, rng):
    for kind in NUMBERS:
        h5.create_dataset(f"array {kind}", data=rng.integers(0, 2, (5, 3)).astype(kind))
        h5.create_dataset(f"scalar {kind}", data=np.array(1, kind))
        h5.create_dataset(f"empty {kind}", data=np.zeros((0, 3), kind))
    for chunk in [(10, 10), (7, 13), (1, 50), (40, 50)]:
        for k, filters in enumerate(FILTERS):
            for kind in ("f4", "i8", "i1"):
                values = (rng.normal(size=(40, 50)) * 3).astype(kind)
                h5.create_dataset(f"parts {chunk} {k} {kind}", data=values, chunks=chunk, **filters)
    h5.create_dataset("odd", data=rng.integers(0, 9, 33).astype("i1"), chunks=(33,), fletcher32=True)
    h5.create_dataset("bfloat16", data=np.arange(6, dtype="i2").view("V2")).attrs["dtype"] = "bfloat16"
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4, 5))
    inside = h5py.h5d.create(h5.id, b"in the header", h5py.h5t.IEEE_F32LE, space, properties)
    inside.write(h5py.h5s.ALL, h5py.h5s.ALL, rng.normal(size=(4, 5)).astype("f4"))


def _fill_attributes(h5, age):
    for k in range(40):
        h5.attrs[f"number {k}"] = k
        h5.attrs[f"text {k}"] = "text" * k
    h5.attrs["texts"] = np.array([b"x" * 20, b"y"] * 1000)
    h5.attrs["texts of any length"] = ["abc", "dé", ""]
    h5.attrs["float"], h5.attrs["bool"], h5.attrs["bytes"], h5.attrs["floats"] = 1.5, True, b"bytes", [1.0, 2.0]
    h5.attrs["long"] = "x" * 200_000
    if age.startswith("latest"):
        h5.attrs["beyond a header"] = np.array([b"x" * 20] * 40_000)


def _plain(value):
    if isinstance(value, bytes):
        return value.decode()
    return [_plain(item) for item in value.tolist()] if isinstance(value, np.ndarray) else value


@pytest.fixture(scope="module", params=AGES)
def pair(request):
    """A file as h5py sees it and as we do."""
    rng = np.random.default_rng(0)
    data = io.BytesIO()
    with h5py.File(data, "w", **AGES[request.param]) as h5:
        for k in range(300):
            h5.create_group(f"gröup {k}/vars").create_dataset("0", data=rng.normal(size=(3, 4)))
        _fill_arrays(h5, rng)
        _fill_attributes(h5, request.param)
    with h5py.File(data, "r") as theirs:
        yield theirs, Hdf5File(data, data.getbuffer().nbytes)


def test_groups_and_arrays_are_the_same(pair):
    theirs, ours = pair
    groups, arrays = {""}, {}
    theirs.visititems(lambda path, x: groups.add(path) if isinstance(x, h5py.Group) else arrays.update({path: x}))
    assert set(ours.groups) == groups
    assert {f"{path}/{name}".strip("/") for path, names in ours.groups.items() for name in names} == set(arrays)
    for path, array in arrays.items():
        folder, _, name = path.rpartition("/")
        facts, expected = ours.groups[folder][name], array[()]
        found = ours.read(folder, name)
        if facts.dtype == "bfloat16":
            expected = expected.view("i2")
        else:
            assert facts.dtype == expected.dtype.name == found.dtype.name
        np.testing.assert_array_equal(found, expected, err_msg=path)


def test_attributes_are_the_same(pair):
    theirs, ours = pair
    assert len(theirs.attrs) > 80
    for name, value in theirs.attrs.items():
        assert ours.attribute("", name) == _plain(value), name
    assert ours.attribute("", "no such") is None


def _file(fill, **options) -> bytes:
    data = io.BytesIO()
    with h5py.File(data, "w", **options) as h5:
        fill(h5)
    return data.getvalue()


@pytest.mark.parametrize("options", [{"libver": "latest"}, {"libver": ("v108", "v108")}])
def test_a_bit_of_a_newer_structure_is_missed(options):
    data = _file(lambda h5: [h5.create_dataset(f"{k}", data=np.zeros(3)) for k in range(12)], **options)
    blocks = [data.find(mark) for mark in (b"OHDR", b"FRHP", b"FHDB", b"BTHD", b"BTLF")]
    for at in [9, *(at + 6 for at in blocks)]:
        changed = bytearray(data)
        changed[at] ^= 4
        with pytest.raises(FileError):
            Hdf5File(io.BytesIO(changed), len(data))


def test_a_damaged_part_of_an_array_is_missed():
    data = _file(lambda h5: h5.create_dataset("x", data=np.arange(999.0), chunks=(999,), fletcher32=True))
    at = data.find(np.arange(999.0).tobytes())
    changed = data[: at + 100] + b"\1" + data[at + 101 :]
    with pytest.raises(FileError, match="checksum of a part"):
        Hdf5File(io.BytesIO(changed), len(data)).read("", "x")


@pytest.mark.parametrize(
    ("fill", "told"),
    [
        (lambda h5: h5.create_dataset("x", (4,), "f4", chunks=(2,)), "larger than its bytes"),
        (lambda h5: h5.create_dataset("x", data=np.zeros(3, "c8")), "no plain numbers"),
        (lambda h5: h5.create_dataset("x", data=np.zeros(3, "V2")), "no plain numbers"),
        (lambda h5: h5.create_dataset("x", data=h5py.Empty("f4")), "no plain shape"),
        (lambda h5: h5.__setitem__("x", h5py.SoftLink("/y")), "link leads elsewhere"),
        (lambda h5: h5.__setitem__("x", h5py.ExternalLink("y", "/y")), "link leads elsewhere"),
        (lambda h5: h5.__setitem__("x", h5["/"]), "reached on two ways"),
        (lambda h5: h5.__setitem__("x", np.dtype("f4")), "no group and no array"),
        (lambda h5: h5.create_dataset("x", (4,), "f4", external=[("y", 0, 16)]), "outside of the file"),
        (lambda h5: h5.create_dataset("x", data=np.zeros(9), compression="lzf"), "packed in a way"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"libver": "latest"}], ids=["old", "new"])
def test_what_is_refused_is_told(fill, told, options):
    data = _file(fill, **options)
    with pytest.raises(FileError, match=told):
        Hdf5File(io.BytesIO(data), len(data))


def test_parts_that_may_grow_are_read_in_the_form_of_keras_only():
    fill = lambda h5: h5.create_dataset("x", data=np.arange(4.0), maxshape=(None,), chunks=(2,))  # noqa: E731
    data = _file(fill)
    assert Hdf5File(io.BytesIO(data), len(data)).read("", "x").tolist() == [0, 1, 2, 3]
    data = _file(fill, libver="latest")
    with pytest.raises(FileError, match="save it again without maxshape"):
        Hdf5File(io.BytesIO(data), len(data))


@pytest.mark.parametrize("size", [0, 7, 8, 47, 95, 96, 200, 2000])
def test_a_file_cut_anywhere_is_refused(size):
    data = _file(lambda h5: h5.create_dataset("x", data=np.arange(999.0)))
    with pytest.raises(FileError):
        Hdf5File(io.BytesIO(data[:size]), size)


def test_an_attribute_that_is_no_text_or_number_is_refused():
    def fill(h5):
        h5.attrs["pairs"] = np.zeros(2, [("a", "f4")])
        h5.attrs["table"] = np.zeros((2, 2))

    data = _file(fill)
    file = Hdf5File(io.BytesIO(data), len(data))
    for name in ("pairs", "table"):
        with pytest.raises(FileError) as info:
            file.attribute("", name)
        assert name in str(info.value)
