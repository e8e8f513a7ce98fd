"""An identifier may be a name, a config, a class, a callable or nothing."""

import pytest

from pellucid import constraints, initializers, regularizers
from pellucid.errors import ArgumentError, UnknownNameError
from pellucid.registry import custom_object_scope

MODULES = [(initializers, "HeNormal"), (regularizers, "L2"), (constraints, "UnitNorm")]


@pytest.mark.parametrize(("module", "name"), MODULES, ids=lambda x: getattr(x, "__name__", x))
def test_all_that_names_a_thing_gets_it(module, name):
    cls = getattr(module, name)
    instance = cls()
    snake = {"HeNormal": "he_normal", "L2": "l2", "UnitNorm": "unit_norm"}[name]
    for identifier in (name, snake, cls, instance, {"class_name": name, "config": {}}, module.serialize(instance)):
        assert type(module.get(identifier)) is cls
    assert module.get(instance) is instance
    assert module.get(None) is None
    assert module.get(len) is len
    assert module.deserialize(module.serialize(instance)).get_config() == instance.get_config()


@pytest.mark.parametrize(("module", "name"), MODULES, ids=lambda x: getattr(x, "__name__", x))
def test_a_user_s_own_class_goes_by_its_name(module, name):
    own = type("Own", (getattr(module, name),), {})
    with custom_object_scope({"Own": own}):
        assert type(module.get("Own")) is own


@pytest.mark.parametrize(("module", "name"), MODULES, ids=lambda x: getattr(x, "__name__", x))
def test_a_misspelt_name_is_met_with_the_nearest(module, name):
    with pytest.raises(UnknownNameError, match=f"expected .*{name}(.|\n)*fix       '[A-Za-z0-9_]+'"):
        module.get(name + "x")
    with pytest.raises(ArgumentError, match="This is no"):
        module.get(3)
