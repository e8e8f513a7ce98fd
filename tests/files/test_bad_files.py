"""No file does anything but be a model: each bad one is refused by one kind of error, at once, and nothing has changed."""

import os
import socket
import sys
import time

import numpy as np
import pytest

import pellucid
from files import bad_files
from pellucid.errors import FileError
from pellucid.saving import load_model

MOST_SECONDS = 2


def good_model():
    pellucid.settings.clear_session(free_memory=False)
    L = pellucid.layers
    model = pellucid.Sequential([pellucid.Input((4,)), L.Dense(3, name="a"), L.Dense(2, name="b")], name="good")
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    model.train_on_batch(rng.normal(size=(4, 4)).astype("f4"), np.ones((4, 2), "f4"))
    return model


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    model = good_model()
    model.save(folder / "good.keras")
    model.save_weights(folder / "good.weights.h5")
    return {
        ".keras": bad_files.archives(bad_files.unsealed((folder / "good.keras").read_bytes())),
        ".weights.h5": bad_files.h5_files(bad_files.unsealed((folder / "good.weights.h5").read_bytes())),
    }


def state(model):
    return [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]


def complaint(act, what) -> str | None:
    """What is wrong with how a bad file was met; None if it was refused as it should be."""
    begin = time.monotonic()
    try:
        act()
    except FileError as error:
        seconds = time.monotonic() - begin
        return None if str(error) and seconds < MOST_SECONDS else f"{what}: {seconds:.1f} s"
    except BaseException as error:
        return f"{what}: {type(error).__name__} instead of FileError: {error}"
    return f"{what}: was loaded"


def test_the_corpus_is_large(corpus):
    assert sum(map(len, corpus.values())) >= 100


@pytest.mark.filterwarnings("ignore")
def test_bad_models_are_refused(corpus, tmp_path):
    path = tmp_path / "bad.keras"
    complaints = []
    for name, data in corpus[".keras"].items():
        path.write_bytes(data)
        complaints.append(complaint(lambda: load_model(path), name))
    assert [told for told in complaints if told] == []
    assert os.listdir(tmp_path) == ["bad.keras"]


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_bad_weights_are_refused_and_nothing_changes(corpus, ending, tmp_path):
    model = good_model()
    before = state(model)
    path = tmp_path / f"bad{ending}"
    complaints = []
    for name, data in corpus[ending].items():
        if "config" not in name:  # what is wrong with a config matters to whole models only
            path.write_bytes(data)
            complaints.append(complaint(lambda: model.load_weights(path), name))
    assert [told for told in complaints if told] == []
    for a, b in zip(before, state(model), strict=True):
        np.testing.assert_array_equal(a, b)


def _pipe(path):
    os.mkfifo(path)


def _folder(path):
    path.mkdir()


def _device(path):
    path.symlink_to("/dev/zero")


def _socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # names of sockets are short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("make", [_pipe, _folder, _device, _socket])
def test_what_is_no_regular_file_is_not_opened(make, tmp_path):
    model = good_model()
    whole, weights = tmp_path / "x.keras", tmp_path / "x.weights.h5"
    make(whole)
    make(weights)
    acts = [
        lambda: load_model(whole),
        lambda: model.load_weights(whole),
        lambda: model.load_weights(weights),
        lambda: model.save(whole),
        lambda: model.save_weights(weights),
    ]
    assert [told for told in (complaint(act, make.__name__) for act in acts) if told] == []


_events: list[str] = []
_listening = [False]
_WATCHED = ("marshal.loads", "pickle.find_class", "exec", "compile", "import", "subprocess.Popen", "os.system")


def _listen(event, arguments):
    if _listening[0] and event in _WATCHED:
        _events.append(event)


sys.addaudithook(_listen)


def test_a_load_imports_and_runs_nothing(tmp_path):
    model = good_model()
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    load_model(tmp_path / "m.keras")
    model.load_weights(tmp_path / "m.weights.h5")
    modules = set(sys.modules)
    _events.clear()
    _listening[0] = True
    try:
        load_model(tmp_path / "m.keras")
        model.load_weights(tmp_path / "m.weights.h5")
        after = list(_events)
    finally:
        _listening[0] = False
    assert [event for event in after if event != "import"] == []
    assert set(sys.modules) == modules
