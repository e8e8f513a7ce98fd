"""Losses by name and as plain data."""

import keras
import pytest

from pellucid import losses, registry
from pellucid.losses.names import NAMES

KERASS = keras.src.losses.ALL_OBJECTS_DICT


def test_every_name_of_keras_stands_for_the_same_loss():
    assert {name: thing.__name__ for name, thing in KERASS.items()}.items() <= {
        name: thing.__name__ for name, thing in NAMES.items()
    }.items()


def test_public_names_are_kerass():
    assert {name for name in dir(keras.losses) if not name.startswith("_")} == set(losses.__all__)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("mse", losses.mean_squared_error),
        ("MAE", losses.mean_absolute_error),
        ("hinge", losses.hinge),
        (losses.hinge, losses.hinge),
        (None, None),
    ],
)
def test_get_finds_functions(identifier, expected):
    assert losses.get(identifier) is expected


@pytest.mark.parametrize(
    "identifier",
    ["Huber", losses.Huber, losses.Huber(), {"class_name": "Huber", "config": {"delta": 0.5}}],
)
def test_get_makes_losses_of_class_names_classes_and_configs(identifier):
    assert isinstance(losses.get(identifier), losses.Huber)


@pytest.mark.parametrize(
    ("identifier", "hint"), [("binry_crossentropy", "binary_crossentropy"), ("nope", "'mse'"), (3, "mse")]
)
def test_an_unknown_name_is_met_with_the_nearest(identifier, hint):
    with pytest.raises(ValueError, match=hint):
        losses.get(identifier)


def test_a_users_registered_name_is_found():
    @registry.register_keras_serializable("tests", "my_loss")
    def my_loss(y_true, y_pred):
        return y_true - y_pred

    assert losses.get("tests>my_loss") is my_loss


def test_plain_data_goes_there_and_back():
    loss = losses.deserialize(losses.serialize(losses.Tversky(alpha=0.3)))
    assert isinstance(loss, losses.Tversky)
    assert loss.alpha == 0.3
    assert losses.deserialize("mse") is losses.mean_squared_error
