"""A model is the same whichever kind of file it went through, and Keras opens those that it knows."""

import json
import shutil

import keras
import numpy as np
import pytest
import safetensors.numpy

import pellucid
from models.saved_models import ROWS, model_of, nested, output, sequential, values_for, vary
from pellucid.errors import ArgumentError, FileError
from pellucid.saving import load_model

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = X[:, :2] * 0.5


def trained(library):
    model = sequential(library)
    vary(model)
    model.compile("adam", "mse", metrics=["mae"])
    for _ in range(3):
        model.train_on_batch(X, Y)
    return model


def same_next_step(one, other, atol=0.0):
    for model in (one, other):
        model.train_on_batch(X, Y)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=atol, rtol=0)


def test_a_safetensors_file_holds_the_model_and_its_training(tmp_path):
    model = trained(pellucid)
    model.save(tmp_path / "m.safetensors")
    again = load_model(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(output(again, X), output(model, X))
    same_next_step(model, again)


def test_other_programs_read_our_safetensors(tmp_path):
    model = trained(pellucid)
    model.save(tmp_path / "m.safetensors")
    found = safetensors.numpy.load_file(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(found["layers/dense/vars/0"], model.layers[0].get_weights()[0])
    assert len(found) == len(model.weights) + len(model.optimizer.variables)


@pytest.mark.heavy
@ROWS
def test_every_row_goes_through_safetensors(case, tmp_path):
    model, x = model_of(pellucid, case), values_for(case)
    vary(model)
    model.save(tmp_path / "m.safetensors")
    again = load_model(tmp_path / "m.safetensors")
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(output(again, x), output(model, x))


def test_bfloat16_goes_through_safetensors(tmp_path):
    model = pellucid.Sequential([pellucid.Input((3,)), pellucid.layers.Dense(2, dtype="bfloat16")])
    model.save_weights(tmp_path / "w.safetensors")
    other = pellucid.Sequential([pellucid.Input((3,)), pellucid.layers.Dense(2, dtype="bfloat16")])
    other.load_weights(tmp_path / "w.safetensors")
    assert all(bool((a.value == b.value).all()) for a, b in zip(model.weights, other.weights, strict=True))


@pytest.mark.parametrize("writer", ["pellucid", "keras"])
def test_weights_in_parts_open_on_the_other_side(writer, tmp_path):
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    written, read = nested(writing), nested(reading)
    vary(written)
    most = 60 / 2**30  # three small arrays to a part
    written.save_weights(tmp_path / "m.weights.json", max_shard_size=most)
    read.load_weights(tmp_path / "m.weights.json")
    for a, b in zip(written.get_weights(), read.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(list(tmp_path.glob("m_*.weights.h5"))) > 2


def test_weights_in_parts_are_replaced_and_leave_nothing(tmp_path):
    for _ in range(2):
        model = nested(pellucid)
        vary(model)
        model.save_weights(tmp_path / "m.weights.json", max_shard_size=60 / 2**30)
    assert {path.name for path in tmp_path.iterdir()} == {"m.weights.json", *parts_of(tmp_path / "m.weights.json")}
    again = nested(pellucid)
    again.load_weights(tmp_path / "m.weights.json")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])


def parts_of(path):
    return {name for names in json.loads(path.read_text())["weight_map"].values() for name in names}


def test_parts_that_an_index_still_names_stay(tmp_path):
    model = nested(pellucid)
    model.save_weights(tmp_path / "m.weights.json", max_shard_size=60 / 2**30)
    shutil.copy(tmp_path / "m.weights.json", tmp_path / "best.weights.json")
    first = model.get_weights()
    vary(model)
    for _ in range(2):
        model.save_weights(tmp_path / "m.weights.json", max_shard_size=60 / 2**30)
    again = nested(pellucid)
    again.load_weights(tmp_path / "best.weights.json")
    for a, b in zip(first, again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    both = parts_of(tmp_path / "m.weights.json") | parts_of(tmp_path / "best.weights.json")
    assert {path.name for path in tmp_path.glob("*.h5")} == both


def test_weights_of_yours_are_no_parts(tmp_path):
    nested(pellucid).save_weights(tmp_path / "m_00007.weights.h5")
    nested(pellucid).save_weights(tmp_path / "other.weights.h5")
    named = {"metadata": {}, "weight_map": {"/vars": ["other.weights.h5"]}}
    (tmp_path / "m.weights.json").write_text(json.dumps(named))
    nested(pellucid).save_weights(tmp_path / "m.weights.json", max_shard_size=60 / 2**30)
    assert {"m_00007.weights.h5", "other.weights.h5"} < {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("writer", ["pellucid", "keras"])
def test_a_folder_opens_on_the_other_side(writer, tmp_path):
    writing, reading = (pellucid, keras) if writer == "pellucid" else (keras, pellucid)
    written = trained(writing)
    written.save(tmp_path / "model", zipped=False)
    read = reading.models.load_model(tmp_path / "model")
    np.testing.assert_allclose(output(read, X), output(written, X), atol=1e-6)
    same_next_step(written, read, atol=1e-5)


def test_a_folder_is_not_written_over(tmp_path):
    model = sequential(pellucid)
    model.save(tmp_path / "model", zipped=False)
    with pytest.raises(FileError, match=r"a folder cannot be replaced(?s:.*)zipped=True"):
        model.save(tmp_path / "model", zipped=False)


def test_names_that_do_not_fit_are_told(tmp_path):
    model = sequential(pellucid)
    with pytest.raises(ArgumentError, match=r"does not end with \.keras(?s:.*)m\", zipped=False"):
        model.save(tmp_path / "m.keras", zipped=False)
    with pytest.raises(ArgumentError, match=r"ends with \.weights\.json(?s:.*)m\.weights\.json"):
        model.save_weights(tmp_path / "m.weights.h5", max_shard_size=1)
    with pytest.raises(ArgumentError, match="number of gigabytes"):
        model.save_weights(tmp_path / "m.weights.json", max_shard_size=0)
    with pytest.raises(FileError, match=r"does not say what kind(?s:.*)\.safetensors"):
        model.load_weights(tmp_path / "m.bin")
    model.save_weights(tmp_path / "w.safetensors")
    with pytest.raises(FileError, match=r"holds weights, and no model(?s:.*)load_weights"):
        load_model(tmp_path / "w.safetensors")


@pellucid.saving.register_keras_serializable("test_containers")
class HoldsItself(pellucid.Model):
    """A model with a list that is an item of itself."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.blocks: list = [pellucid.layers.Dense(2)]
        self.blocks.append(self.blocks)

    def call(self, x):
        return self.blocks[0](x)


def test_a_list_that_holds_itself_is_no_trap(tmp_path):
    model = HoldsItself()
    wanted = output(model, X)
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(output(load_model(tmp_path / "m.keras"), X), wanted)


def bad_headers(good: bytes):
    length = int.from_bytes(good[:8], "little")
    header, data = json.loads(good[8 : 8 + length]), good[8 + length :]

    def packed(change, data=data):
        changed = json.loads(json.dumps(header))
        change(changed)
        text = json.dumps(changed).encode()
        return len(text).to_bytes(8, "little") + text + data

    name = "layers/dense/vars/0"
    entry = header[name]
    first = dict(entry)
    return {
        "empty": b"",
        "cut": good[:-1],
        "longer": good + b"x",
        "no header": (2**60).to_bytes(8, "little") + b"{}",
        "a changed bit": good[:-3] + bytes([good[-3] ^ 1]) + good[-2:],
        "a hole": packed(lambda h: h.pop(name)),
        "twice": packed(lambda h: h.update(other=first)),
        "negative": packed(lambda h: h[name].update(shape=[-4, -3])),
        "a size too large": packed(lambda h: h[name].update(shape=[400, 3])),
        "an unknown dtype": packed(lambda h: h[name].update(dtype="F128")),
        "no numbers": packed(lambda h: h[name].update(data_offsets=["0", "48"])),
        "truth for a number": packed(lambda h: h[name].update(shape=[True, 12])),
        "metadata of numbers": packed(lambda h: h.update(__metadata__={"a": 1})),
        "a list": (2).to_bytes(8, "little") + b"[]",
        "a key twice": (18).to_bytes(8, "little") + b'{"a": {}, "a": {}}',
        "a config of nonsense": packed(lambda h: h["__metadata__"].update(keras_config="{")),
    }


def test_bad_safetensors_are_refused_and_nothing_changes(tmp_path):
    model = trained(pellucid)
    model.save(tmp_path / "good.safetensors")
    before = model.get_weights()
    for name, data in bad_headers((tmp_path / "good.safetensors").read_bytes()).items():
        (tmp_path / "bad.safetensors").write_bytes(data)
        with pytest.raises(FileError):
            load_model(tmp_path / "bad.safetensors")
        if "config" not in name:
            with pytest.raises(FileError):
                model.load_weights(tmp_path / "bad.safetensors")
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "change",
    [
        lambda index: index.update(weight_map=[]),
        lambda index: index["weight_map"].update({"/layers/dense/vars": "../m_00000.weights.h5"}),
        lambda index: index["weight_map"].update({"/layers/dense/vars": "m.weights.json"}),
        lambda index: index["weight_map"].update({"/layers/dense/vars": "gone.weights.h5"}),
        lambda index: index["weight_map"].update({"/layers/dense/vars": 3}),
        lambda index: index["weight_map"].pop("/layers/dense/vars"),
        lambda index: index["weight_map"].update({"/layers/more/vars": ["m_00000.weights.h5"]}),
    ],
)
def test_a_bad_index_is_refused(change, tmp_path):
    model = sequential(pellucid)
    model.save_weights(tmp_path / "m.weights.json", max_shard_size=60 / 2**30)
    index = json.loads((tmp_path / "m.weights.json").read_text())
    change(index)
    (tmp_path / "m.weights.json").write_text(json.dumps(index))
    with pytest.raises(FileError):
        model.load_weights(tmp_path / "m.weights.json")
