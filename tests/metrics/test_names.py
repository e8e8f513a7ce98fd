"""Metrics by name and as plain data."""

import keras
import pytest

from pellucid import metrics, registry
from pellucid.metrics.names import NAMES

KERASS = keras.src.metrics.ALL_OBJECTS_DICT


def test_every_name_of_keras_stands_for_the_same_metric():
    ours = {name: thing.__name__ for name, thing in NAMES.items()}
    assert {name: thing.__name__ for name, thing in KERASS.items()} == ours


def test_public_names_are_kerass():
    assert {name for name in dir(keras.metrics) if not name.startswith("_")} == set(metrics.__all__)


@pytest.mark.parametrize(
    "identifier",
    ["mse", "MSE", "mean_squared_error", "MeanSquaredError", metrics.MeanSquaredError, metrics.MeanSquaredError()],
)
def test_get_makes_metrics_of_names_and_classes(identifier):
    assert isinstance(metrics.get(identifier), metrics.MeanSquaredError)


def test_get_takes_configs_and_functions_and_nothing():
    assert metrics.get({"class_name": "FBetaScore", "config": {"beta": 2.0}}).beta == 2.0
    assert metrics.get(metrics.hinge) is metrics.hinge
    assert metrics.get(None) is None


@pytest.mark.parametrize(("identifier", "hint"), [("acuracy", "'accuracy'"), ("nope", "'mse'"), (3, "mse")])
def test_an_unknown_name_is_met_with_the_nearest(identifier, hint):
    with pytest.raises(ValueError, match=hint):
        metrics.get(identifier)


def test_a_users_registered_metric_is_found():
    @registry.register_keras_serializable("tests")
    class Mine(metrics.Mean):
        pass

    assert isinstance(metrics.get("tests>Mine"), Mine)
    assert isinstance(metrics.deserialize(metrics.serialize(Mine())), Mine)


def test_plain_data_goes_there_and_back():
    again = metrics.deserialize(metrics.serialize(metrics.AUC(curve="PR", thresholds=[0.3])))
    assert again.curve == "PR"
    assert again.thresholds[1] == 0.3
