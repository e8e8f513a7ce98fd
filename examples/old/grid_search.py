'''scikit-learn's tools on a model of Keras 2: KerasClassifier in a pipeline and a search, KerasRegressor in cross validation.'''
import sys

import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

np.random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 7)

X = np.random.randn(240, 4) * [1, 5, 0.1, 2] + 3
names = np.array(['left', 'middle', 'right'])
kind = np.digitize((X[:, 0] - 3) + (X[:, 1] - 3) / 5, [-0.6, 0.6])


def create_model(hidden=8, optimizer='adam'):
    model = Sequential()
    model.add(Dense(hidden, input_dim=4, kernel_initializer='normal', activation='relu'))
    model.add(Dense(3, activation='softmax'))
    model.compile(loss='categorical_crossentropy', optimizer=optimizer, metrics=['accuracy'])
    return model


encoder = LabelEncoder().fit(names[kind])
estimator = KerasClassifier(build_fn=create_model, epochs=40, batch_size=8, verbose=0)
pipeline = Pipeline([('standardize', StandardScaler()), ('mlp', estimator)])
kfold = StratifiedKFold(n_splits=3, shuffle=True, random_state=1)
results = cross_val_score(pipeline, X, encoder.transform(names[kind]), cv=kfold)

grid = GridSearchCV(KerasClassifier(build_fn=create_model, verbose=0),
                    dict(epochs=[3, 30], hidden=[6]), cv=2)
grid_result = grid.fit(StandardScaler().fit_transform(X), names[kind])
assert grid_result.best_params_ == {'epochs': 30, 'hidden': 6}, grid_result.best_params_
assert set(grid_result.predict(StandardScaler().fit_transform(X)[:20])) <= set(names)
assert grid_result.best_estimator_.predict_proba(X[:5]).shape == (5, 3)


def baseline_model():
    model = Sequential()
    model.add(Dense(8, input_dim=4, kernel_initializer='normal', activation='relu'))
    model.add(Dense(1, kernel_initializer='normal'))
    model.compile(loss='mean_squared_error', optimizer='adam')
    return model


regressor = KerasRegressor(build_fn=baseline_model, nb_epoch=40, batch_size=8, verbose=0)
target = X[:, 0] + X[:, 3]
errors = cross_val_score(Pipeline([('s', StandardScaler()), ('mlp', regressor)]), X, target, cv=KFold(3))
print('accuracy: %.4f' % results.mean())
print('error: %.4f' % -errors.mean())
