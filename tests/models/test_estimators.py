"""Models as estimators of scikit-learn; the judge is scikit-learn's own list of checks, and Keras's estimators."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import pellucid
from pellucid import layers, models, optimizers, utils
from pellucid.errors import DataError, ShapeError, StateError
from pellucid.models.estimators import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

# What no estimator passes that begins each `fit` with drawn weights and takes few steps.
NOT_FOR_NETWORKS = {
    "check_classifiers_one_label_sample_weights": "a weight of 0 does not take a sample out of its batch",
    "check_classifiers_classes": "few steps do not find every class",
    "check_classifiers_train": "outputs are probabilities or logits",
}


def network(X, y, loss="mse", activation=None, units=()):
    utils.set_random_seed(0)  # two fits are alike
    inputs = x = layers.Input((X.shape[1],))
    for count in units:
        x = layers.Dense(count, activation="relu")(x)
    model = models.Model(inputs, layers.Dense(y.shape[1], activation=activation)(x))
    model.compile(loss=loss, optimizer=optimizers.Adam(0.05))
    return model


def classifier(**kwargs):
    options = {"loss": "categorical_crossentropy", "activation": "softmax", "units": (8,)}
    return SKLearnClassifier(network, model_kwargs=options, **kwargs)


def clusters(classes=3, each=30):
    """Points around corners that lie 4 apart, in a fixed order of classes."""
    rng = np.random.default_rng(0)
    y = np.arange(classes * each) % classes
    return (rng.normal(size=(len(y), 4)) * 0.3 + 4 * np.eye(4)[y]).astype("float32"), y


@pytest.mark.heavy
@pytest.mark.parametrize(
    "estimator",
    [classifier(fit_kwargs={"verbose": 0}), SKLearnRegressor(network), SKLearnTransformer(network)],
    ids=lambda x: type(x).__name__,
)
@pytest.mark.filterwarnings("ignore")
def test_the_checks_of_scikit_learn_hold(estimator):
    failed = {}
    for one, check in estimator_checks_generator(estimator):
        name = getattr(check, "func", check).__name__
        if name in NOT_FOR_NETWORKS and isinstance(estimator, SKLearnClassifier):
            continue
        try:
            check(one)
        except sklearn.exceptions.SkipTestWarning:
            continue
        except Exception as error:
            if type(error).__name__ != "SkipTest":
                failed[name] = error
    assert not failed


def test_a_classifier_names_classes_as_they_were_given():
    X, y = clusters()
    words = np.array(["ant", "bee", "cat"])[y]
    estimator = classifier().fit(X, words, epochs=40, verbose=0)
    assert estimator.classes_.tolist() == ["ant", "bee", "cat"]
    assert estimator.score(X, words) == 1.0
    assert estimator.decision_function(X).shape == (90, 3)
    assert (words == estimator.classes_[estimator.decision_function(X).argmax(1)]).all()
    assert is_classifier(estimator) and not is_regressor(estimator)
    assert estimator.epoch_ == 40 and classifier().epoch_ == 0


def test_a_regressor_gives_back_the_form_of_its_targets():
    X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    flat = SKLearnRegressor(network).fit(X, X.sum(1), verbose=0)
    assert flat.predict(X[:5]).shape == (5,)
    wide = SKLearnRegressor(network).fit(X, X[:, :2], verbose=0)
    assert wide.predict(X[:5]).shape == (5, 2)
    with pytest.warns(sklearn.exceptions.DataConversionWarning):
        assert SKLearnRegressor(network).fit(X, X[:, :1], verbose=0).predict(X[:5]).shape == (5,)
    assert is_regressor(flat)


def test_a_transformer_stands_in_a_pipeline():
    X, y = clusters()
    transformer = SKLearnTransformer(network).fit(X, y, verbose=0)
    assert (transformer.transform(X) == transformer.model_.predict(X, verbose=0)).all()
    pipeline = make_pipeline(StandardScaler(), classifier(fit_kwargs={"epochs": 40, "verbose": 0}))
    assert pipeline.fit(X, y).score(X, y) == 1.0


def test_searches_and_cross_validation_take_it():
    X, y = clusters(classes=2)
    scores = cross_val_score(classifier(fit_kwargs={"epochs": 30, "verbose": 0}), X, y, cv=2)
    assert scores.tolist() == [1.0, 1.0]
    search = GridSearchCV(
        classifier(), {"fit_kwargs": [{"epochs": 1, "verbose": 0}, {"epochs": 30, "verbose": 0}]}, cv=2
    )
    assert search.fit(X, y).best_params_["fit_kwargs"]["epochs"] == 30


def test_a_model_is_cloned_for_each_fit_and_trained_on_with_warm_start():
    X = np.ones((8, 2), "float32")
    model = network(X, X[:, :1])
    before = model.get_weights()
    cold = SKLearnRegressor(model).fit(X, X[:, 0], verbose=0)
    assert cold.model_ is not model
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    warm = SKLearnRegressor(model, warm_start=True).fit(X, X[:, 0], verbose=0)
    first = warm.model_
    steps = int(first.optimizer.iterations)
    assert warm.fit(X, X[:, 0], verbose=0).model_ is first
    assert int(first.optimizer.iterations) == 2 * steps


def test_arguments_of_the_user_stay_as_they_are():
    X = np.ones((8, 2), "float32")
    told = {"verbose": 0}
    estimator = SKLearnRegressor(network, fit_kwargs=told).fit(X, X[:, 0], epochs=3)
    assert told == {"verbose": 0} and estimator.epoch_ == 3
    assert clone(estimator).fit_kwargs == told


def test_an_estimator_goes_through_a_pickle():
    X, y = clusters()
    estimator = classifier(fit_kwargs={"verbose": 0}).fit(X, y)
    again = pickle.loads(pickle.dumps(estimator))
    assert isinstance(again, SKLearnClassifier) and is_classifier(again)
    assert np.array_equal(again.decision_function(X), estimator.decision_function(X))


def test_metadata_are_handed_on_where_routing_is_on():
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = classifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        assert estimator.get_metadata_routing().fit.requests == {"sample_weight": True}
    with pytest.raises(StateError, match="set_config"):
        classifier().set_fit_request(sample_weight=True)


def test_wrong_models_and_targets_are_told():
    X, y = clusters()
    bare = models.Sequential([layers.Input((4,)), layers.Dense(1)])
    with pytest.raises(StateError, match="compile"):
        SKLearnRegressor(bare).fit(X, y)
    with pytest.raises(DataError, match="SKLearnRegressor"):
        classifier().fit(X, X[:, 0])
    with pytest.raises(DataError, match="only the class"):
        classifier().fit(X, np.zeros(90))
    with pytest.raises(DataError, match="Unknown label type"):
        SKLearnRegressor(network).fit(X, np.array([{}] * 90))
    bare.compile("adam", "mse")
    one = SKLearnClassifier(lambda X, y: bare).fit(X, y, verbose=0)
    with pytest.raises(ShapeError, match=r"\(90, 3\)"):
        one.predict(X)


def test_scikit_learn_is_asked_for_only_by_those_who_use_it():
    program = """
import sys
import pellucid
assert "sklearn" not in sys.modules
sys.modules["sklearn"] = None
try:
    pellucid.wrappers.SKLearnRegressor(print)
except ImportError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert 'pip install "scikit-learn>=1.6"' in said
    assert pellucid.wrappers.SKLearnClassifier is SKLearnClassifier
