"""Door: ``pellucid.wrappers``, models as estimators of scikit-learn."""

from pellucid.models.estimators import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]
