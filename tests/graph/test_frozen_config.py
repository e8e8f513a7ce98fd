"""Config beside Keras's: the same steps give the same, and a frozen one refuses the same."""

from __future__ import annotations

import copy
import pickle

import keras
import pytest

from pellucid import errors, utils


def steps(config) -> list:
    """What a config answers to everything that one can ask it."""
    config.depth = 3
    config["width"] = 2
    config.update({"rate": 0.5}, name="x")
    seen = [config.depth, config["rate"], list(config), len(config), "width" in config, "none" in config]
    seen += [config.pop("name"), config.pop("name", 7), config.get("none"), config.get("none", 1)]
    del config["width"]
    seen += [list(config.keys()), list(config.values()), list(config.items()), config.as_dict(), config.to_json()]
    config.freeze()
    seen += [config.frozen, repr(config)]
    config.unfreeze()
    config.depth = 4
    return [*seen, config.frozen, config.depth]


def test_it_answers_as_kerass():
    assert steps(utils.Config(rate=0.1)) == steps(keras.utils.Config(rate=0.1))


CHANGES = {
    "attribute": lambda config: setattr(config, "a", 2),
    "item": lambda config: config.__setitem__("a", 2),
    "new": lambda config: setattr(config, "b", 2),
    "update": lambda config: config.update(a=2),
    "pop": lambda config: config.pop("a"),
    "delete": lambda config: config.__delitem__("a"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_frozen_one_is_not_changed(change):
    for library in (keras, utils):
        config = (library.utils if library is keras else library).Config(a=1)
        config.freeze()
        with pytest.raises(ValueError, match="frozen"):
            CHANGES[change](config)
        assert config.as_dict() == {"a": 1}


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(AttributeError, match=r"no `rat`(?s:.*)such as `rate`"):
        _ = utils.Config(rate=1).rat
    with pytest.raises(errors.MissingAttributeError, match="has no `size`"):
        _ = utils.Config().size


def test_a_method_keeps_its_name():
    with pytest.raises(errors.ArgumentError, match=r"`keys` is a method(?s:.*)config\[\"keys\"\]"):
        utils.Config().keys = 3


def test_it_can_be_copied_and_pickled():
    config = utils.Config(a=1)
    assert copy.deepcopy(config).a == pickle.loads(pickle.dumps(config)).a == 1
