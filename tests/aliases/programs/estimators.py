"""KerasClassifier and KerasRegressor of Keras 2: which words go where, classes by name, and what is told."""

import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from sklearn.base import clone, is_classifier
from sklearn.model_selection import cross_val_score

x = np.linspace(-1, 1, 60)[:, None]
names = np.where(x[:, 0] > 0, "right", "left")


def build(hidden=4, loss="categorical_crossentropy", outputs=2, metrics=("accuracy",)):
    model = Sequential(
        [Dense(hidden, activation="tanh"), Dense(outputs, activation="softmax" if outputs > 1 else None)]
    )
    model.compile("adam", loss, metrics=list(metrics))
    return model


def told(run):
    try:
        run()
    except (ValueError, RuntimeError) as error:
        return str(error)
    raise AssertionError("nothing was raised")


estimator = KerasClassifier(build, hidden=3, epochs=150, batch_size=10, verbose=0)
assert estimator.get_params() == {"build_fn": build, "hidden": 3, "epochs": 150, "batch_size": 10, "verbose": 0}
assert clone(estimator).get_params() == estimator.get_params() and is_classifier(estimator)
assert estimator.set_params(hidden=5).filter_sk_params(build) == {"hidden": 5}
history = estimator.fit(x, names)
assert len(history.history["loss"]) == 150 and estimator.model.layers[0].units == 5
assert estimator.classes_.tolist() == ["left", "right"] and estimator.n_classes_ == 2
assert np.mean(estimator.predict(x) == names) > 0.9 and estimator.predict_proba(x).shape == (60, 2)
np.testing.assert_allclose(estimator.score(x, names), np.mean(estimator.predict(x) == names), rtol=1e-6)
one_hot = KerasClassifier(build, epochs=1, verbose=0)
one_hot.fit(x, np.eye(2)[(names == "right").astype(int)])
assert one_hot.classes_.tolist() == [0, 1]

logistic = KerasClassifier(lambda: build(loss="binary_crossentropy", outputs=1), verbose=0)
logistic.fit(x, names)
assert logistic.predict_proba(x).shape == (60, 2) and logistic.predict(x).shape == (60, 1)

regressor = KerasRegressor(build, loss="mse", outputs=1, metrics=(), epochs=2, verbose=0)
regressor.fit(x, x[:, 0])
assert regressor.predict(x).shape == (60,)
np.testing.assert_allclose(regressor.score(x, x[:, 0]), -np.mean((regressor.predict(x) - x[:, 0]) ** 2), rtol=1e-4)
assert cross_val_score(regressor, x, x[:, 0], cv=2).shape == (2,)

assert "takes this" in told(lambda: KerasClassifier(build, hiden=3))
assert "needs a function" in told(lambda: KerasClassifier())
assert "does not tell its accuracy" in told(
    lambda: [it := KerasClassifier(build, metrics=(), verbose=0), it.fit(x, names), it.score(x, names)]
)
assert "one axis, or two" in told(lambda: KerasClassifier(build).fit(x, np.zeros((60, 2, 2))))
print("done")
