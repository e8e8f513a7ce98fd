"""Estimators: models with scikit-learn's manners, for its pipelines, searches and scores.

Below:  model.py and cloning.py.
Above:  the door wrappers.py.
Kept true: scikit-learn is imported when the first estimator is made; from then on its class has scikit-learn's parents.

Source: keras.wrappers, Keras 3.15; scikit-learn's estimator checks.
"""

from __future__ import annotations

import copy
import functools
from typing import Any

import numpy as np

from pellucid.errors import DataError, MissingPackageError, ShapeError, StateError
from pellucid.models.cloning import clone_model
from pellucid.models.model import Model


class Estimator:
    """What the three estimators share.

    Args:
        model: a compiled model, which is cloned for each `fit`; or a function ``(X, y, **model_kwargs)`` that makes one.
        warm_start: whether `fit` goes on with the model of the last `fit`.
        model_kwargs: what the function takes beside X and y.
        fit_kwargs: what `Model.fit` takes; keywords of this class's `fit` come before them.

    Attributes:
        model_: the model of the last `fit`.
        history_: what that `fit` gave.

    Raises:
        MissingPackageError: there is no scikit-learn.
    """

    _mixin = ""
    _plain: type

    def __init__(self, model, warm_start=False, model_kwargs=None, fit_kwargs=None):
        self.__class__ = _as_scikit_learns(type(self))
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def fit(self, X, y, **kwargs):
        """Train a model on samples and their targets; keywords are those of `Model.fit`.

        Shapes:
            X  (samples, features)
            y  (samples,), or (samples, outputs) for numbers

        Raises:
            StateError: the model is not compiled.
            DataError: targets of a kind that this estimator cannot learn.
        """
        X, y = self._validated(X, y)
        targets = self._encoded(y)
        goes_on = self.warm_start and hasattr(self, "model_")
        model = self.model_ if goes_on else self._fresh_model(X, targets)
        if not (model.compiled and model.loss and model.optimizer):
            raise StateError(
                "The model of an estimator is compiled, with a loss and an optimizer.",
                got=f"{model.name}, not compiled" if not model.compiled else f"loss={model.loss!r}",
                fix='model.compile(loss="mse", optimizer="adam")',
            )
        self.history_ = model.fit(X, targets, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _fresh_model(self, X, targets) -> Model:
        if isinstance(self.model, Model):
            return clone_model(self.model)
        return self.model(X=X, y=targets, **(self.model_kwargs or {}))

    def predict(self, X):
        """Targets for samples, in the form that they had in `fit`."""
        return self._decoded(self._raw(X))

    def _raw(self, X):
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))

    def _validated(self, X, y):
        from sklearn.utils.validation import validate_data

        # A single column is told to be a row, as scikit-learn does for estimators of one output.
        shape = np.asarray(y).shape
        return validate_data(self, X, y, multi_output=len(shape) == 2 and shape[1] > 1)

    def _encoded(self, y):
        """Targets as the model learns them: one column or more."""
        from sklearn.utils.multiclass import type_of_target

        if type_of_target(y) == "unknown":
            raise DataError(f"Unknown label type: {np.asarray(y).dtype}.", expected="numbers")
        self._target_ndim = y.ndim
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _decoded(self, outputs):
        return outputs[:, 0] if self._target_ndim == 1 and outputs.ndim == 2 and outputs.shape[1] == 1 else outputs

    @property
    def epoch_(self) -> int:
        """How many epochs the last `fit` had; 0 before."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def set_fit_request(self, **kwargs):
        """Say which metadata `fit` wants to be handed on, as `name=True` or another name.

        Raises:
            StateError: scikit-learn's metadata routing is off.
        """
        import sklearn

        if not sklearn.get_config().get("enable_metadata_routing", False):
            raise StateError(
                "Metadata are handed on where scikit-learn's routing is on.",
                fix="sklearn.set_config(enable_metadata_routing=True)",
            )
        requests = copy.deepcopy(self._get_metadata_request())
        for name, alias in kwargs.items():
            requests.fit.add_request(param=name, alias=alias)
        self._metadata_request = requests
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self):
        model = copy.deepcopy(self.model) if isinstance(self.model, Model) else self.model
        return type(self)(
            model=model, warm_start=self.warm_start, model_kwargs=self.model_kwargs, fit_kwargs=self.fit_kwargs
        )

    def __reduce__(self):
        # The class with scikit-learn's parents has no name that a pickle could hold.
        return _reborn, (self._plain,), self.__getstate__()


def _reborn(cls: type):
    return object.__new__(_as_scikit_learns(cls))


@functools.cache
def _as_scikit_learns(cls: type) -> Any:
    """A class of estimators with scikit-learn's parents behind its own."""
    try:
        from sklearn import base
        from sklearn.utils.validation import validate_data  # noqa: F401  (new in 1.6)
    except ImportError as error:
        raise MissingPackageError(
            f"{cls.__name__} needs scikit-learn, 1.6 or later.", fix='pip install "scikit-learn>=1.6"'
        ) from error
    if issubclass(cls, base.BaseEstimator):
        return cls
    same: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "_plain": cls,
    }
    return type(cls.__name__, (cls, getattr(base, cls._mixin), base.BaseEstimator), same)


class SKLearnClassifier(Estimator):
    __doc__ = (Estimator.__doc__ or "").replace(
        "What the three estimators share.",
        """A model that tells classes apart, as an estimator of scikit-learn.

    Its model learns one column for each class, and `predict` names the class of the largest one.""",
    )
    _mixin = "ClassifierMixin"

    def decision_function(self, X):
        """The model's outputs: a column for each class, in the order of `classes_`."""
        return self._raw(X)

    def _encoded(self, y):
        from sklearn.utils.multiclass import type_of_target

        kind = type_of_target(y)
        if kind not in ("binary", "multiclass"):
            raise DataError(
                f"Unknown label type: {kind}.", expected="one class for each sample", fix="SKLearnRegressor"
            )
        self.classes_, places = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise DataError("A classifier needs more than one class.", got=f"only the class {self.classes_[0]!r}")
        return np.eye(len(self.classes_))[places]

    def _decoded(self, outputs):
        if outputs.ndim != 2 or outputs.shape[1] != len(self.classes_):
            raise ShapeError(
                "The model of a classifier has an output for each class.",
                got=outputs.shape,
                expected=f"({len(outputs)}, {len(self.classes_)})",
                fix="Dense(y.shape[1]), where y is what the function is given",
            )
        return self.classes_[outputs.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(Estimator):
    __doc__ = (Estimator.__doc__ or "").replace(
        "What the three estimators share.", "A model that predicts numbers, as an estimator of scikit-learn."
    )
    _mixin = "RegressorMixin"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(Estimator):
    __doc__ = (Estimator.__doc__ or "").replace(
        "What the three estimators share.", "A model whose outputs are features, as a transformer of scikit-learn."
    )
    _mixin = "TransformerMixin"

    def transform(self, X):
        """The model's outputs for samples."""
        return self._raw(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
