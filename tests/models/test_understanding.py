"""Keys and names in configs: what says nothing never stops a load, what is not known is named with its place."""

import json

import keras
import numpy as np
import pytest

import pellucid
from files.bad_files import CONFIG, members, packed
from layers.cases import CASES
from layers.test_laws import make
from pellucid import registry
from pellucid.errors import FileError
from pellucid.models import understanding
from pellucid.saving import load_model


def with_config(source, target, change):
    """A copy of a .keras file with another config."""
    parts = members(source.read_bytes())
    config = json.loads(parts[CONFIG])
    change(config)
    target.write_bytes(packed([(name, json.dumps(config) if name == CONFIG else data) for name, data in parts.items()]))
    return target


@pytest.fixture
def model_file(tmp_path):
    inner = pellucid.Sequential([pellucid.Input((3,)), pellucid.layers.Dense(2, name="deep")], name="inner")
    x = pellucid.Input((3,))
    pellucid.Model(x, inner(x), name="outer").save(tmp_path / "m.keras")
    return tmp_path / "m.keras"


def deep(config):
    return config["config"]["layers"][1]["config"]["layers"][1]["config"]


def test_an_unknown_key_is_named_with_its_layer_and_path(model_file):
    path = with_config(model_file, model_file.parent / "bad.keras", lambda config: deep(config).update(unit=7))
    with pytest.raises(FileError, match=r"Dense does not take unit(?s:.*)unit=7(?s:.*)'units'(?s:.*)outer/inner/deep"):
        load_model(path)


def test_an_unknown_key_that_says_none_never_stops_a_load(model_file):
    path = with_config(model_file, model_file.parent / "new.keras", lambda config: deep(config).update(of_2031=None))
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(load_model(path)(x).detach().numpy(), load_model(model_file)(x).detach().numpy())


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_no_key_that_keras_writes_is_unknown(case):
    if case.keras_differs and "raises" in case.keras_differs:
        return
    config = keras.saving.serialize_keras_object(make(keras, case, None))
    registry_names = registry.custom_objects()
    assert [found.unknown_keys for found in understanding.named(config, registry_names) if found.unknown_keys] == []
    assert [found.class_name for found in understanding.named(config, registry_names) if not found.is_known] == []
