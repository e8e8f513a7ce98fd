"""P1, P2, P3 and P6: a file is data. Nothing of it is run, imported or unpickled, and each name in it is looked up in a table."""

import contextlib
import inspect
import io
import pickle
import pickletools
import random
import sys
import zipfile

import numpy as np
import pytest
import torch

import pellucid
from files.contract import configs, goods
from files.contract.corpus import DOORS, Bad
from pellucid import settings
from pellucid.errors import FileError, PellucidError

WATCHED = (
    "marshal.loads",
    "pickle.find_class",
    "exec",
    "compile",
    "subprocess.Popen",
    "os.system",
    "socket.connect",
    "ctypes.dlopen",
    "open",
)
_heard: list[str] = []
_listening = [False]


def _listen(event, arguments):
    if _listening[0] and event in WATCHED and (event != "open" or "words.txt" in str(arguments[0])):
        _heard.append(f"{event} {str(arguments)[:100]}")


sys.addaudithook(_listen)


@contextlib.contextmanager
def heard():
    """The events of Python that came while it was open."""
    _heard.clear()
    _listening[0] = True
    try:
        yield _heard
    finally:
        _listening[0] = False


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """A module that leaves a marker where it is imported, on the path."""
    folder, marker = tmp_path / "path", tmp_path / "marker"
    folder.mkdir()
    (folder / f"{configs.MODULE}.py").write_text(f"open({str(marker)!r}, 'w')\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.chdir(folder)
    yield marker
    assert not marker.exists() and configs.MODULE not in sys.modules


def through_all_doors(bad, made, folder):
    """Let something in by each door that takes it; errors are left to other tests."""
    for door in DOORS:
        if bad.kind in door.takes:
            settings.clear_session(free_memory=False)
            with contextlib.suppress(PellucidError):
                door.opened(bad, made, folder)()


@pytest.mark.filterwarnings("ignore")
def test_p1_p2_p6_nothing_is_run_imported_or_unpickled(made, canary, tmp_path):
    loads = goods.acts(pellucid, tmp_path)
    config = made.config
    bads = [Bad(name, "config", value) for name, value in {**configs.codes(config), **configs.compiled(config)}.items()]
    bads += [Bad(name, "config", value) for name, value in list(configs.canaries(config).items())[::20]]
    for act in loads.values():
        act()
    for bad in bads[::10]:
        through_all_doors(bad, made, tmp_path)
    modules = set(sys.modules)
    with heard() as events:
        for act in loads.values():
            act()
        for bad in bads:
            through_all_doors(bad, made, tmp_path)
    assert events == []
    assert set(sys.modules) == modules


def _arguments(cls) -> list[str]:
    return [word for word in inspect.signature(cls.__init__).parameters if word not in ("self", "args", "kwargs")]


def _things():
    """All built-in classes that a config may name, with the arguments that it may give them."""
    for module in (
        pellucid.layers,
        pellucid.initializers,
        pellucid.losses,
        pellucid.metrics,
        pellucid.optimizers,
        pellucid.regularizers,
    ):
        for name in module.__all__:
            if inspect.isclass(getattr(module, name)):
                yield f"keras.{module.__name__.split('.')[-1]}", name, _arguments(getattr(module, name))


@pytest.mark.filterwarnings("ignore")
def test_p7_no_argument_that_a_config_gives_is_opened(tmp_path):
    """Each argument of each class in turn is the name of a file that is there."""
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n")
    opened = []
    with heard() as events:
        for module, name, arguments in _things():
            for word in arguments:
                config = {"module": module, "class_name": name, "registered_name": None}
                for given in ({word: str(path)}, {**dict.fromkeys(arguments[:1], 3), word: str(path)}):
                    with contextlib.suppress(PellucidError):
                        pellucid.saving.deserialize_keras_object({**config, "config": given})
                    if any(str(path) in event for event in events):
                        opened.append((name, word))
                        events.clear()
    assert opened == []
    assert len(list(_things())) > 200


@pytest.mark.parametrize("name", ["StringLookup", "IntegerLookup", "TextVectorization"])
def test_p7_a_vocabulary_that_lies_in_a_file_is_not_read(name, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("1\n2\n")
    layer = getattr(pellucid.layers, name)
    assert layer(vocabulary=str(path)).get_vocabulary()[-1] in (2, "2")  # the program may
    config = {
        "module": "keras.layers",
        "class_name": name,
        "config": {"vocabulary": str(path)},
        "registered_name": None,
    }
    with pytest.raises(PellucidError, match="no file is opened because a config says so"):
        pellucid.saving.deserialize_keras_object(config)


def test_p1_the_hook_hears_what_it_is_to_hear():
    with heard() as events:
        exec(compile("1", "x", "eval"))
    assert [event.split()[0] for event in events] == ["compile", "exec"]


def test_p3_each_unknown_name_is_refused_and_told(made, canary, tmp_path):
    door = DOORS[0]
    untold = []
    for name, config in configs.canaries(made.config).items():
        settings.clear_session(free_memory=False)
        try:
            door.opened(Bad(name, "config", config), made, tmp_path)()
            untold.append(f"{name}: let in")
        except FileError as error:
            if configs.MODULE not in str(error):
                untold.append(f"{name}: {error}")
    assert untold == []


class Marked:
    """Unpickled, it makes a file; under another name, that of a class that is there."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return open, (self.marker, "w")


def _pickles(marker) -> dict[str, bytes]:
    """Files as others keep models: with pickles inside."""
    torch_file, arrays, archive = io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save({"dense.weight": torch.ones(2), "more": Marked(marker)}, torch_file)
    np.savez(arrays, kernel=np.array([Marked(marker)], dtype=object))
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            file.writestr(name, pickle.dumps(Marked(marker)))
    single = io.BytesIO()
    np.save(single, np.array([Marked(marker)], dtype=object), allow_pickle=True)
    found = {
        "torch": torch_file.getvalue(),
        "npz": arrays.getvalue(),
        "members": archive.getvalue(),
        "npy": single.getvalue(),
    }
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        found[f"protocol {protocol}"] = pickle.dumps({"weights": [1.0], "x": Marked(marker)}, protocol)
    return found


def _opcodes(rng, marker) -> bytes:
    """A pickle of random operations, with what would leave a marker among them."""
    codes = [bytes([ord(code.code)]) for code in pickletools.opcodes]
    parts = [rng.choice(codes) + rng.randbytes(rng.randrange(4)) for _ in range(rng.randrange(20))]
    parts.insert(rng.randrange(len(parts) + 1), pickle.dumps(Marked(marker), rng.randrange(3))[:-1])
    return b"".join(parts) + b"."


def test_p6_pickles_are_refused_at_every_door(made, tmp_path):
    marker, rng = tmp_path / "marker", random.Random(0)
    contents = [*_pickles(marker).values(), *(_opcodes(rng, marker) for _ in range(20))]
    let_in = []
    with heard() as events:
        for data in contents:
            for kind in ("archive", "weights", "legacy", "text", "tensors", "index"):
                for door in DOORS:
                    if kind in door.takes:
                        try:
                            door.opened(Bad("a pickle", kind, data), made, tmp_path)()
                            let_in.append((door.name, data[:40]))
                        except FileError:
                            pass
    assert let_in == [] and events == [] and not marker.exists()
    pickle.loads(next(iter(_pickles(marker).values())) and pickle.dumps(Marked(marker))).close()
    assert marker.exists()  # so it would have been seen
