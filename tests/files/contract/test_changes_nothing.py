"""P4, P8 and P17: a load changes nothing but what it is asked to; a failed one changes nothing at all."""

import contextlib
import gc
import locale
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import warnings

import numpy as np
import pytest
import torch

import pellucid
from files.contract import goods
from files.contract.corpus import DOORS, small
from pellucid import registry, settings
from pellucid.errors import FileError, PellucidError


def process_state() -> dict:
    """What a load of anything might change in its process."""
    numpy_state = np.random.get_state()
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "mask": _mask(),
        "path": list(sys.path),
        "arguments": list(sys.argv),
        "deepest call": sys.getrecursionlimit(),
        "longest number": sys.get_int_max_str_digits(),
        "hooks": (sys.excepthook, sys.displayhook, sys.stdout, sys.stderr, tuple(sys.meta_path), tuple(sys.path_hooks)),
        "warnings": list(warnings.filters),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "words": locale.setlocale(locale.LC_ALL),
        "logging": (logging.root.level, list(logging.root.handlers)),
        "collecting": gc.isenabled(),
        "threads": threading.active_count(),
        "temporary": tempfile.tempdir,
        "python's random": random.getstate(),
        "numpy's random": (numpy_state[0], numpy_state[1].tolist(), *numpy_state[2:]),
        "numpy's errors": np.geterr(),
        "torch's random": torch.get_rng_state().tolist(),
        "torch's defaults": (torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled(), torch.get_default_device()),
        "torch's ways": (torch.are_deterministic_algorithms_enabled(), torch.is_inference_mode_enabled(), torch.get_float32_matmul_precision()),
        "settings": dict(settings._values),
        "names of the user": dict(registry.get_custom_objects()),
        "built-in names": settings.floatx(),
        "policy": pellucid.config.dtype_policy().name,
    }  # fmt: skip


def _mask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def changes(before: dict) -> list[str]:
    after = process_state()
    return [word for word in before if before[word] != after[word]]


def test_p4_a_load_leaves_the_process_as_it_was(tmp_path):
    loads = goods.acts(pellucid, tmp_path)
    del loads["model_from_json"]  # no file: it draws new weights, as a program that builds a model does
    for act in loads.values():
        act()
    for name, act in loads.items():
        before = process_state()
        act()
        assert changes(before) == [], name


@pytest.mark.filterwarnings("ignore")
def test_p4_p8_what_is_refused_leaves_process_and_disk_as_they_were(made, bads, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    changed = {}
    for door in DOORS:
        for bad in bads[::20]:
            if bad.kind in door.takes:
                act = door.opened(bad, made, tmp_path)
                settings.clear_session(free_memory=False)
                before, listing = process_state(), _listing(tmp_path)
                with contextlib.suppress(PellucidError):
                    act()
                told = changes(before) + (["disk"] if _listing(tmp_path) != listing else [])
                if told and door.name not in ("model_from_json", "deserialize_keras_object"):
                    changed[door.name, bad.name] = told
    assert changed == {}


def _listing(folder) -> dict:
    """Names, sizes and times of all that lies in a folder."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


_opened: list = []
_listening = [False]


def _listen(event, arguments):
    if _listening[0] and event in (
        "open",
        "os.mkdir",
        "os.rename",
        "os.remove",
        "tempfile.mkstemp",
        "tempfile.mkdtemp",
    ):
        _opened.append((event, *arguments))


sys.addaudithook(_listen)


def writes() -> list:
    """Openings for writing, and other changes to the disk, among what was heard."""
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    return [told for told in _opened if told[0] != "open" or (isinstance(told[3], int) and told[3] & writing)]


def test_p8_a_load_writes_nothing_and_makes_no_temporary_file(tmp_path):
    loads = goods.acts(pellucid, tmp_path)
    for act in loads.values():
        act()
    before, elsewhere = _listing(tmp_path), set(os.listdir(tempfile.gettempdir()))
    _opened.clear()
    _listening[0] = True
    try:
        for act in loads.values():
            act()
        heard = writes()
        (tmp_path / "x").write_bytes(b"")
        assert len(writes()) > len(heard)  # a write would have been heard
    finally:
        _listening[0] = False
    (tmp_path / "x").unlink()
    assert heard == [] and _listing(tmp_path) == before
    assert not [name for name in set(os.listdir(tempfile.gettempdir())) - elsewhere if name.startswith("tmp")]


def state(model) -> list:
    """All that a load could change of a model: weights, optimizer, random numbers, what it is."""
    values = [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]
    return [value.tobytes() for value in values] + [
        model.to_json(),
        random.getstate(),
        torch.get_rng_state().numpy().tobytes(),
    ]


@pytest.mark.filterwarnings("ignore")
def test_p17_a_failed_load_leaves_model_optimizer_and_random_numbers(made, bads, tmp_path):
    model, changed = made.model, []
    before = state(model)
    for bad in bads:
        for ending, kinds in ((".keras", ("archive",)), (".weights.h5", ("weights",)), (".h5", ("legacy",))):
            if bad.kind in kinds:
                path = tmp_path / f"bad{ending}"
                path.write_bytes(bad.content)
                try:
                    model.load_weights(path)
                except FileError:
                    if state(model) != before:
                        changed.append(bad.name)
    assert changed == []


def test_p17_a_file_that_is_damaged_at_its_very_end_changes_nothing(tmp_path):
    model, other = small(), small()
    for ending in (".weights.h5", ".keras", ".h5"):
        path = tmp_path / f"m{ending}"
        other.save_weights(path) if ending == ".weights.h5" else other.save(path)
        data, last = bytearray(path.read_bytes()), other.optimizer.variables[0].numpy()
        last = other.get_weights()[2].tobytes()  # the second kernel, behind good ones
        data[data.find(last) + 5] ^= 1
        path.write_bytes(data)
        before = state(model)
        with pytest.raises(FileError, match="damaged"):
            model.load_weights(path)
        assert state(model) == before


def test_p17_weights_of_which_the_last_does_not_fit_are_not_set():
    model = small()
    model.set_weights([np.ones(w.shape, "f4") for w in model.get_weights()])
    before = state(model)
    for wrong in (np.zeros((3, 5), "f4"), "text", None, np.zeros(2, object)):
        with pytest.raises((PellucidError, ValueError, TypeError)):
            model.set_weights([np.zeros((4, 3), "f4"), np.zeros(3, "f4"), np.zeros((3, 2), "f4"), wrong])
        assert state(model) == before


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_p17_weights_of_another_model_leave_the_optimizer_too(ending, tmp_path):
    L = pellucid.layers
    other = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3), L.Dense(5)])
    other.compile("adam", "mse")
    other.optimizer.build(other.trainable_variables)
    path = tmp_path / f"m{ending}"
    other.save_weights(path) if ending == ".weights.h5" else other.save(path)
    model = small()
    before = state(model)
    with pytest.raises(FileError, match="does not fit the model"):
        model.load_weights(path)
    assert state(model) == before
