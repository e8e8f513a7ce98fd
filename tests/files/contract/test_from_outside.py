"""P7, P9, P12 and P19, seen from outside the process: which files a load opens, and how much memory it takes."""

import io
import json
import os
import pathlib
import select
import socket
import subprocess
import sys

import h5py
import numpy as np
import pytest

import pellucid
from files import bad_files
from files.contract import weights
from files.contract.child import model_of
from pellucid.errors import FileError
from pellucid.saving import load_model

HERE = pathlib.Path(__file__).parent
MOST_SECONDS = 20  # of a load, on a busy machine; a pipe that is opened would block for ever
SPARE = 64 * 2**20
UNITS = 1600


class Child:
    """A process that loads what it is told to, under a library that notes each file opened."""

    def __init__(self, folder: pathlib.Path):
        library, self._log = folder / "opens.so", folder / "opens.log"
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, HERE / "opens.c", "-ldl"], check=True)
        root = HERE.parent.parent
        path = os.pathsep.join([str(root), str(root.parent / "src")])
        surroundings = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "OPENS_LOG": str(self._log),
            "PYTHONPATH": path,
            "OMP_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "files.contract.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings
        )  # fmt: skip
        assert self._process.stdout.readline() == "ready\n"

    def load(self, **job) -> tuple[str, int, list[str]]:
        """How a load went, bytes that it took, and what it opened."""
        begin = self._log.stat().st_size
        self._process.stdin.write(json.dumps({"limit": None, **job}) + "\n")
        self._process.stdin.flush()
        assert select.select([self._process.stdout], [], [], MOST_SECONDS)[0], f"{job} hangs"
        told = json.loads(self._process.stdout.readline())
        with open(self._log) as log:
            log.seek(begin)
            opened = [line.rstrip("\n") for line in log]
        return told["told"], told["extra"], [path for path in opened if not path.startswith(("/proc/self/", "/sys/"))]

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def child(tmp_path_factory, made):
    folder = tmp_path_factory.mktemp("child")
    running = Child(folder)
    (folder / "warm.keras").write_bytes(made.rich_file)
    (folder / "warm.h5").write_bytes(made.rich_legacy)
    (folder / "warm.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    for job in ({"model": "warm.keras"}, {"model": "warm.h5"}, {"weights": "warm.weights.h5", "units": 4}):
        running.load(**{key: str(folder / value) if isinstance(value, str) else value for key, value in job.items()})
    yield running
    running.close()


def test_p7_a_good_load_opens_the_file_that_was_named_and_no_other(child, made, tmp_path):
    for name, data in {"m.keras": made.rich_file, "m.h5": made.rich_legacy}.items():
        path = tmp_path / name
        path.write_bytes(data)
        told, _, opened = child.load(model=str(path))
        assert (told, set(opened)) == ("loaded", {str(path)})


def _changed(good: bytes, make) -> bytes:
    """A weights file whose first kernel is made by `make(group)`, and so names another file."""

    def change(h5):
        del h5["layers/dense/vars/0"]
        make(h5["layers/dense/vars"])

    return weights.changed(good, change)


def _virtual(pipe):
    def make(group):
        layout = h5py.VirtualLayout((4, 3), "f4")
        layout[:] = h5py.VirtualSource(pipe, "x", (4, 3))
        group.create_virtual_dataset("0", layout)

    return make


def test_p7_a_pipe_that_a_file_names_is_not_opened(child, made, tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    good = made.weights
    files = {
        "external link": _changed(good, lambda group: group.__setitem__("0", h5py.ExternalLink(pipe, "/x"))),
        "external values": _changed(
            good, lambda group: group.create_dataset("0", (4, 3), "f4", external=[(pipe, 0, 48)])
        ),
        "virtual values": _changed(good, _virtual(pipe)),
        "soft link": _changed(good, lambda group: group.__setitem__("0", h5py.SoftLink(pipe))),
    }
    config = bad_files.members(made.rich_file)[bad_files.CONFIG]
    names = {b'"a"': pipe, b'"tanh"': pipe, b'"glorot_uniform"': pipe, b'"good"': pipe}
    for name, data in files.items():
        path = tmp_path / "m.keras"
        path.write_bytes(
            bad_files.packed(
                [(k, data if k == bad_files.WEIGHTS else v) for k, v in bad_files.members(made.file).items()]
            )
        )
        told, _, opened = child.load(model=str(path))
        assert (name, told, set(opened)) == (name, "FileError", {str(path)})
    for old, new in names.items():
        text = config.replace(old, json.dumps(new).encode())
        path.write_bytes(
            bad_files.packed(
                [(k, text if k == bad_files.CONFIG else v) for k, v in bad_files.members(made.rich_file).items()]
            )
        )
        told, _, opened = child.load(model=str(path))
        assert set(opened) == {str(path)}, (old, told)


def test_p7_the_log_would_tell(child, tmp_path):
    """What is looked for is found where it is: the name of a file that is there and no model."""
    path = tmp_path / "x.keras"
    path.write_bytes(b"none")
    assert child.load(model=str(path))[2] == [str(path)]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Files of 41 MB."""
    folder, model = tmp_path_factory.mktemp("large"), model_of(UNITS)
    model.save(folder / "m.keras")
    model.save(folder / "m.h5")
    model.save_weights(folder / "m.weights.h5")
    pairs = bad_files.members((folder / "m.keras").read_bytes()).items()
    (folder / "packed.keras").write_bytes(bad_files.packed(pairs, 8))
    model.compile("sgd", "mse")
    model.save(folder / "compiled.keras")
    return folder


def test_p9_a_load_takes_at_most_twice_what_the_file_holds(child, large):
    held = 4 * (UNITS * UNITS + UNITS) * 4
    for name in ("m.keras", "m.h5", "packed.keras", "compiled.keras"):
        told, extra, _ = child.load(model=str(large / name))
        assert told == "loaded" and extra <= SPARE // 4 + 2 * held, (name, extra)
    for name in ("m.keras", "m.h5", "m.weights.h5"):
        told, extra, _ = child.load(weights=str(large / name), units=UNITS)
        assert told == "loaded" and extra <= SPARE // 4 + held, (name, extra)  # the model has its memory already


def _lying(good: bytes, name: str, shape) -> bytes:
    """A file whose first kernel has, or says it has, another shape, and no bytes."""
    return _changed(
        good, lambda group: group.create_dataset("0", shape, "f4", chunks=(64, 64) if name == "parts" else None)
    )


def test_p9_what_is_not_there_gets_no_memory(child, made, tmp_path):
    """Each is refused; those that ask for more than any machine has, with an address space that is small."""
    entries = {}
    for units in (2 * 10**7, 10**9, 10**12):
        config = bad_files.members(made.file)[bad_files.CONFIG].replace(b'"units": 3', b'"units": %d' % units)
        entries[f"{units} units"] = (bad_files.CONFIG, config)
    for name in ("one piece", "parts"):
        entries[f"a terabyte in {name}"] = (bad_files.WEIGHTS, _lying(made.weights, name, (2**19, 2**19)))
    entries["100 MB, packed"] = (
        bad_files.WEIGHTS,
        weights.changed(made.weights, lambda h5: h5.create_dataset("x", data=np.zeros(10**8, "u1"))),
    )
    path = tmp_path / "m.keras"
    for name, (member, data) in entries.items():
        pairs = [(k, data if k == member else v) for k, v in bad_files.members(made.file).items()]
        path.write_bytes(bad_files.packed(pairs, 8 if "packed" in name else 0))
        told, extra, _ = child.load(model=str(path), limit=None if "20000000" in name else 4 * SPARE)
        assert told == "FileError" and extra <= SPARE, (name, told, extra)


def _pipe(path):
    os.mkfifo(path)


def _device(path):
    path.symlink_to("/dev/zero")


def _terminal(path):
    path.symlink_to("/dev/ptmx")


def _loop(path):
    path.symlink_to(path.name)


def _gone(path):
    path.symlink_to("nobody")


def _socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # names of sockets are short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("make", [_pipe, _device, _terminal, _loop, _gone, _socket])
def test_p19_what_is_no_regular_file_is_refused_and_not_opened(make, child, made, tmp_path):
    for ending in (".keras", ".h5", ".weights.h5"):
        path = tmp_path / f"x{ending}"
        make(path)
        jobs = [{"weights": str(path), "units": 4}] + ([{"model": str(path)}] if ending != ".weights.h5" else [])
        for job in jobs:
            told, _, opened = child.load(**job)
            assert told in ("FileError", "MissingFileError") and str(path) not in opened, (job, told)
        with pytest.raises(FileError):
            made.model.load_weights(path)
        if path.exists():  # what is there is no target of a save either
            with pytest.raises(FileError, match="no regular file"):
                made.model.save_weights(path) if ending == ".weights.h5" else made.model.save(path)


def test_p12_nothing_beside_a_file_is_opened_by_what_holds_all_in_one(child, made, tmp_path):
    """Parts of a model that lie beside it are read by formats that declare them; these have none."""
    path = tmp_path / "m.keras"
    path.write_bytes(made.rich_file)
    for name in ("m.weights.h5", "config.json", "metadata.json", "model.weights.h5", "m.h5"):
        (tmp_path / name).write_bytes(b"noise")
    assert child.load(model=str(path))[2] == [str(path)]
    assert isinstance(load_model(io.BytesIO(made.rich_file)), pellucid.Model)
