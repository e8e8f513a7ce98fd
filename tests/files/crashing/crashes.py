"""Crashes: runs works under a shim that stops them at a chosen system call, and reads what they leave.

Below:  shim.c, built here with the C compiler that is there; server.py, works.py.
Above:  test_crashes.py.
"""

from __future__ import annotations

import io
import json
import os
import pathlib
import subprocess
import sys
import zipfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
MODES = {"kill": 1, "tear": 2, "full": 3, "broken": 4, "short": 5}


def shim(folder: pathlib.Path) -> pathlib.Path:
    """The shim, built into a folder."""
    built = folder / "shim.so"
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, HERE / "shim.c", "-ldl"], check=True)
    return built


class Server:
    """A process that does works, in a fork each where it must be.

    Args:
        built: the shim.
        works: a module that has `WORKS`, `prepare` and `LEAVES_NO_TRACES`.
    """

    def __init__(self, built: pathlib.Path, works: str = "files.crashing.works"):
        root = HERE.parent.parent
        path = os.pathsep.join([str(root), str(root.parent / "src")])
        surroundings = {**os.environ, "LD_PRELOAD": str(built), "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "files.crashing.server", str(built), works],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=surroundings,
        )
        assert self._process.stdout.readline() == "ready\n"

    def do(self, work: str, kind: str, folder, point: int = 0, mode: str = "", plain: bool = False) -> dict:
        """Do a work once; stop it at call `point`, counted from 1, or never at 0.

        Args:
            kind: which model, "old" or "new".
            plain: whether the file system is one that knows no files without a name.
        """
        how = MODES.get(mode, 0)
        job = {"work": work, "kind": kind, "folder": str(folder), "point": point, "mode": how, "plain": plain}
        print(json.dumps(job), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def content(path: pathlib.Path) -> dict | None:
    """All that a file says, read by h5py and zipfile alone; None where it is no whole one. A folder and an index count as one."""
    try:
        if path.is_dir():
            return {"config": json.loads((path / "config.json").read_text()), **arrays(path / "model.weights.h5")}
        if path.suffix == ".json":
            return {(part.name[-16:], name): value for part in parts(path) for name, value in arrays(part).items()}
        if ".safetensors" in path.name:  # also under a name for a moment
            return tensors(path.read_bytes())
        if not zipfile.is_zipfile(path):
            return arrays(path)
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                return None
            config = json.loads(archive.read("config.json"))
            return {"config": config, **arrays(io.BytesIO(archive.read("model.weights.h5")))}
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return None


def parts(index: pathlib.Path) -> list[pathlib.Path]:
    """The files that an index of weights names; none if it is not there."""
    if index.suffix != ".json" or not index.exists():
        return []
    named = json.loads(index.read_text())["weight_map"].values()
    return [index.parent / name for name in sorted({name for names in named for name in names})]


def tensors(data: bytes) -> dict | None:
    """What the header of a safetensors file says, and all bytes behind it; None where some are missing."""
    length = int.from_bytes(data[:8], "little")
    header, values = json.loads(data[8 : 8 + length]), data[8 + length :]
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return {"header": header, "values": values} if len(values) == max(ends) else None


def arrays(file) -> dict:
    """The arrays and attributes of an HDF5 file by path."""
    found: dict = {}

    def note(path, thing):
        if isinstance(thing, h5py.Dataset):
            found[path] = np.asarray(thing).tobytes(), thing.shape
        for name, value in thing.attrs.items():
            found[f"{path}@{name}"] = np.asarray(value).tobytes()

    with h5py.File(file, "r") as h5:
        note("", h5)
        h5.visititems(note)
    return found
