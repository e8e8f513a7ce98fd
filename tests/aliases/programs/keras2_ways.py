"""In the words of Keras 2: losses and metrics of symbols, shares of batches, first layers that tell a length, saved models."""

import os
import tempfile

import numpy as np
from keras import backend as K
from keras.layers import LSTM, AveragePooling2D, Dense, Embedding, Flatten, Input, Lambda
from keras.models import Model, Sequential, load_model

x = np.arange(12.0).reshape(6, 2)

# A loss of symbols: the mean of the squares, by hand; 0.5 * 2 * x is x. A metric of symbols beside it.
inputs = Input((2,))
outputs = Dense(2, use_bias=False, kernel_initializer="identity", name="same")(inputs)
model = Model(inputs, outputs)
model.add_loss(K.mean(K.square(outputs)))
model.add_loss(0.5 * K.sum(inputs, axis=-1))  # several values count by their mean
model.add_metric(K.max(outputs), name="largest", aggregation="mean")
model.compile("sgd")
found = model.evaluate(x, verbose=0, return_dict=True)
assert abs(found["loss"] - (np.mean(x**2) + 0.5 * x.sum(axis=1).mean())) < 1e-4, found
assert found["largest"] == 11, found
assert sorted(model.fit(x, epochs=1, verbose=0).history) == ["largest", "loss"]
assert np.abs(model.get_weights()[0] - np.eye(2)).max() > 1e-3  # it learned from the loss alone

# A random draw counts once: what comes out is what the loss is of.
noisy = Lambda(lambda v: v + K.random_normal(K.shape(v)))(inputs)
drawn = Model(inputs, noisy)
drawn.add_loss(K.sum(noisy))
value = drawn(x)
np.testing.assert_allclose(float(drawn.losses[0]), value.detach().numpy().sum(), rtol=1e-5)

# Batches counted by a division.
model = Sequential([Dense(1, input_dim=2)])
model.compile("sgd", "mse", metrics=["mae"])


def batches():
    while True:
        yield x[:4] / 12, x[:4, :1]


model.fit_generator(
    batches(), steps_per_epoch=6 / 4, epochs=2, validation_data=batches(), validation_steps=0.5, verbose=0
)
assert int(model.optimizer.iterations) == 4
assert model.predict(batches(), steps=1.5, verbose=0).shape == (8, 1)

# What was compiled is compiled after loading.
path = os.path.join(tempfile.mkdtemp(), "model.h5")
model.save(path)
assert load_model(path).evaluate(x, x[:, :1], verbose=0) == model.evaluate(x, x[:, :1], verbose=0)

# Lengths of first layers, and windows of 2.
model = Sequential([Embedding(10, 4, input_length=5), Flatten(), Dense(1)])
assert model.output_shape == (None, 1) and model.count_params() == 40 + 21
assert Sequential([LSTM(3, input_dim=2, input_length=7, return_sequences=True)]).output_shape == (None, 7, 3)
assert Sequential([LSTM(3, input_dim=2)]).output_shape == (None, 3)
assert AveragePooling2D()(np.ones((1, 4, 4, 1))).shape == (1, 2, 2, 1)
print("done")
