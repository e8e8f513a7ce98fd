"""Names of the user's own objects, and scopes of them."""

import pytest

from pellucid import registry
from pellucid.errors import ArgumentError


class Plain:
    def get_config(self):
        return {}


@pytest.fixture(autouse=True)
def clean_registry():
    yield
    for name in [name for name in registry.get_custom_objects() if name.startswith(("Test>", "Custom>"))]:
        del registry.get_custom_objects()[name]


def test_a_registered_class_is_found_by_package_and_name():
    registered = registry.register_keras_serializable("Test", "Special")(type("Own", (Plain,), {}))
    assert registry.get_registered_name(registered) == "Test>Special"
    assert registry.get_registered_object("Test>Special") is registered


def test_the_package_is_custom_unless_told():
    registered = registry.register_keras_serializable()(type("Own", (Plain,), {}))
    assert registry.get_registered_name(registered) == "Custom>Own"


def test_what_is_not_registered_has_its_own_name_and_is_not_found():
    assert registry.get_registered_name(Plain) == "Plain"
    assert registry.get_registered_object("Plain") is None
    assert registry.get_registered_object("Plain", module_objects={"Plain": Plain}) is Plain


def test_a_class_without_config_cannot_be_registered():
    with pytest.raises(ArgumentError, match="get_config"):
        registry.register_keras_serializable("Test")(type("Bare", (), {}))


def test_a_scope_holds_while_it_is_open():
    with registry.custom_object_scope({"Name": Plain}):
        assert registry.get_registered_object("Name") is Plain
        with registry.CustomObjectScope({"Other": int}):
            assert registry.get_registered_object("Other") is int
            assert registry.get_registered_object("Name") is Plain
        assert registry.get_registered_object("Other") is None
    assert registry.get_registered_object("Name") is None


def test_the_operators_of_symbolic_arithmetic_are_known_by_name():
    function = registry.add_operator("test_only_operator", len)
    assert registry.operator("test_only_operator") is function is len
    assert registry.operator("no such operator") is None
