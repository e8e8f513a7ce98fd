"""Bad configs, as plain data: a good one with one value made another, at every place where a name, a shape or a number stands.

Above: corpus.py puts each into every container that holds configs.
"""

from __future__ import annotations

import copy
import json

CODE = {"class_name": "__lambda__", "config": {"value": ["4wAAAAAAAAAA", None, None]}}
# Written by the corpus into a folder on sys.path: whoever imports it leaves a marker.
MODULE = "canary_module"
CALL = {"module": "os", "class_name": "system", "config": {"command": "touch marker"}, "registered_name": None}
NAMES = ("class_name", "module", "registered_name")


def model(library):
    """A model with names of every kind in its config, compiled with objects of every kind."""
    L = library.layers
    x = library.Input((4,), name="in")
    y = L.Dense(3, name="a", activation="tanh", kernel_regularizer="l2", bias_constraint="max_norm")(x)
    y = L.Dropout(0.25, name="drop", seed=1)(L.BatchNormalization(name="norm")(y))
    y = L.Dense(2, name="b", kernel_initializer=library.initializers.HeNormal(seed=1), dtype="mixed_bfloat16")(y)
    made = library.Model(x, L.Add(name="sum")([y, y]), name="good")
    rate = library.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    made.compile(
        library.optimizers.Adam(rate),
        library.losses.Huber(),
        metrics=[library.metrics.MeanMetricWrapper(library.losses.mean_squared_error)],
    )
    made.optimizer.build(made.trainable_variables)
    return made


def places(data, at=()):
    """Paths of all values within plain data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield *at, key
        yield from places(value, (*at, key))


def at(data, path):
    for key in path:
        data = data[key]
    return data


def put(data, path, value):
    """The data with another value at a place."""
    data = copy.deepcopy(data)
    at(data, path[:-1])[path[-1]] = value
    return data


def told(path) -> str:
    return "/".join(map(str, path))


def named_places(config) -> list[tuple]:
    """Where a string names a class, module, function, initializer, loss, metric, optimizer or dtype."""
    found = []
    for path in places(config):
        holder, value = at(config, path[:-1]), at(config, path)
        is_name = path[-1] in NAMES or path[-1] in ("activation", "fn") or path[-2:] == ("dtype", "config", "name")
        is_function = path[-1] == "config" and holder.get("class_name") == "function"
        if isinstance(value, str) and (is_name or is_function):
            found.append(path)
        elif path[-1] == "registered_name" and path[:-1] and holder.get("class_name") != "function":
            found.append(path)
    return found


def canaries(config) -> dict[str, dict]:
    """Each name in a config replaced by one that nobody knows."""
    return {f"unknown {told(path)}": put(config, path, MODULE) for path in named_places(config)}


def kinds(config) -> dict[str, dict]:
    """Values of a wrong kind, and code, at the places that every config has."""
    layers = ("config", "layers")
    dense, entry = (*layers, 1, "config"), (*layers, 1)
    wrong = {"a number": 5, "a list": [1], "a dict": {"a": 1}, "true": True}
    found = {}
    for path in (("class_name",), (*entry, "class_name"), (*entry, "module"), (*entry, "registered_name")):
        found |= {f"{told(path)} is {word}": put(config, path, value) for word, value in wrong.items()}
    for path in (entry, ("config",), (*entry, "config"), layers, (*layers, 0)):
        found |= {f"{told(path)} is {word}": put(config, path, value) for word, value in wrong.items()}
        found[f"{told(path)} is text"] = put(config, path, MODULE)
    for path in ((*entry, "inbound_nodes"), ("config", "input_layers"), ("config", "output_layers")):
        for word, value in {**wrong, "text": MODULE, "loose": [["nobody", 0, 0]], "far": [["a", 99, 0]]}.items():
            found[f"{told(path)} is {word}"] = put(config, path, value)
    for key in (
        "kernel_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "kernel_constraint",
        "activation",
        "dtype",
    ):
        values = {"a call": CALL, "code": CODE, "an unknown name": MODULE, "a list": [1]}
        found |= {f"{key} is {word}": put(config, (*dense, key), value) for word, value in values.items()}
    for key, values in {
        "units": (0, -1, 2.5, "3", [3], {}, None, 7),
        "name": (5, [1], {}, "a/b"),
        "trainable": ("yes", [1]),
    }.items():
        found |= {f"{key} is {value!r}": put(config, (*dense, key), value) for value in values}
    return found


def wholes(config) -> dict[str, dict]:
    """What is right in each part and wrong as a whole."""
    layers = ("config", "layers")
    entry = (*layers, 1)
    zeros = {**at(config, entry), "module": "keras.initializers", "class_name": "Zeros", "config": {}}
    return {
        "two layers of one name": put(config, (*entry, "config", "name"), "b"),
        "an id that is a list": put(config, (*entry, "shared_object_id"), [1]),
        "a layer that is none": put(config, entry, zeros),
        "no layers": put(config, layers, []),
        "no model": {**at(config, entry), "compile_config": config["compile_config"]},
        "compiled by a list": put(config, ("compile_config",), [1]),
        "an unknown argument": put(config, (*entry, "config", "marker"), "touch marker"),
    }


def sizes(config) -> dict[str, dict]:
    """Weights that no file of this size holds; a text alone may ask for them, as a program may."""
    layer, path = ("config", "layers", 1, "config"), ("config", "layers", 0, "config", "batch_shape")
    found = {f"{units} units": put(config, (*layer, "units"), units) for units in (10**8, 10**9, 2**31, 10**12, 2**62)}
    return found | {f"an input of {size}": put(config, path, [None, size]) for size in (10**8, 10**12, 2**62)}


def inputs(config) -> dict[str, dict]:
    """Shapes and dtypes of the input that cannot be."""
    path = ("config", "layers", 0, "config", "batch_shape")
    shapes = (
        [None, -2],
        [None, "4"],
        [None, [4]],
        [None, 10**12],
        [None, 2**62],
        [None, 1e308],
        "4",
        {},
        [None, True, 3],
        4,
    )
    found = {f"a batch shape of {shape!r}": put(config, path, shape) for shape in shapes}
    for value in ("float33", MODULE, 5, [1], CALL):
        found[f"an input of dtype {value!r}"] = put(config, (*path[:-1], "dtype"), value)
    return found


def codes(config) -> dict[str, dict]:
    """Code, and objects that only Python's own modules have."""
    entry = ("config", "layers", 1)
    layers = {
        "Lambda": {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "a", "function": CODE}, "registered_name": None},
        "old Lambda": {"class_name": "Lambda", "config": {"name": "a", "function": ["4wAAAA==", None, None], "function_type": "lambda"}},
        "os.system": CALL,
        "eval": {"module": "builtins", "class_name": "eval", "config": {"source": "1"}, "registered_name": None},
        "a function named eval": {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "eval"},
        "a function of os": {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
        "get_file": {"module": "keras.utils", "class_name": "get_file", "config": {"origin": "http://localhost/x"}},
        "inner get_file": {"module": "keras.src.utils.file_utils", "class_name": "get_file", "config": {"origin": "file:///x"}},
        "load_model": {"module": "keras.saving", "class_name": "load_model", "config": {"filepath": "marker"}},
        "run of a module": {"module": f"keras.{MODULE}", "class_name": "Canary", "config": {}, "registered_name": None},
        "climbing name": {"module": "..", "class_name": "../../x", "config": {}, "registered_name": "../../x>y"},
        "dunder": {"module": "keras.layers", "class_name": "__class__", "config": {}, "registered_name": None},
        "an attribute of a class": {"module": "keras.layers", "class_name": "Dense.from_config", "config": {}},
        "typespec": {"class_name": "__typespec__", "config": {"module": "os", "class_name": "system"}},
        "TorchModuleWrapper": {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "a", "module": "gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOULg=="}},
        "TFSMLayer": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "marker", "name": "a"}},
        "a method": {"module": "keras.layers", "class_name": "_readTensor", "config": {}},
    }  # fmt: skip
    found = {
        f"a layer: {name}": put(
            config, entry, {**value, "name": "a", "inbound_nodes": at(config, entry)["inbound_nodes"]}
        )
        for name, value in layers.items()
    }
    found |= {
        f"activation: {name}": put(config, (*entry, "config", "activation"), value) for name, value in layers.items()
    }
    return found


def compiled(config) -> dict[str, dict]:
    """What `compile` was told, wrong."""
    found = {}
    for key in ("optimizer", "loss", "metrics"):
        for name, value in {
            "a call": CALL,
            "code": CODE,
            "unknown": MODULE,
        }.items():
            found[f"{key} is {name}"] = put(config, ("compile_config", key), [value] if key == "metrics" else value)
    rate = ("compile_config", "optimizer", "config", "learning_rate")
    for name, value in {"a call": CALL, "text": "fast", "code": CODE, "a list": [1]}.items():
        found[f"learning rate is {name}"] = put(config, rate, value)
    return found


def every(config) -> dict[str, dict]:
    """All bad configs, by name."""
    families = {
        "names": canaries,
        "kinds": kinds,
        "wholes": wholes,
        "inputs": inputs,
        "code": codes,
        "compile": compiled,
    }
    return {f"{family}: {name}": value for family, make in families.items() for name, value in make(config).items()}


def texts(config) -> dict[str, bytes]:
    """Bad JSON texts, whatever they say."""
    text = json.dumps(config)
    nan = text.replace('"units": 3', '"units": NUMBER')
    deep = [{}]
    for _ in range(70):
        deep = [deep]
    return {
        "nothing": b"",
        "a brace": b"{",
        "cut": text.encode()[: len(text) // 2],
        "no UTF-8": text.encode().replace(b"good", b"\xff\xfe"),
        "half a pair": text.encode().replace(b"good", b"\xed\xa0\x80"),
        "UTF-16": text.encode("utf-16"),
        "a list": b"[1, 2]",
        "a number": b"3",
        "null": b"null",
        "a string": b'"model"',
        "more behind": text.encode() + b"{}",
        "comments": b"// x\n" + text.encode(),
        "single quotes": text.replace('"', "'").encode(),
        "deep lists": b"[" * 100 + b"]" * 100,
        "very deep lists": b"[" * 1_000_000,
        "very deep objects": b'{"a":' * 200_000,
        "deep inside": json.dumps({**config, "deep": deep}).encode(),
        "a key twice": (text[:-1] + ', "class_name": "Functional"}').encode(),
        "a key twice inside": text.replace('"units": 3', '"units": 3, "units": 3', 1).encode(),
        "an escaped key twice": text.replace('"units": 3', '"units": 3, "\\u0075nits": 3', 1).encode(),
        **{f"the number {n[:12]}": nan.replace("NUMBER", n).encode() for n in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", str(2**70), "9" * 5000, "0x10", "01", "1.", "+1")},
        "no keys": b"{}",
        "too large": text[:-1].encode() + b" " * (64 * 2**20) + b"}",
    }  # fmt: skip
