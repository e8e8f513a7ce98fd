"""In the words of Keras 1: module paths, `nb_filter`, `border_mode`, `lr`, `nb_epoch`, generators counted in samples."""

import numpy as np
from keras import backend as K
from keras.layers import merge
from keras.layers.convolutional import AtrousConvolution2D, Convolution2D, MaxPooling2D
from keras.layers.core import Activation, Dense, Dropout, Flatten
from keras.models import Model, Sequential
from keras.objectives import mse
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.utils import np_utils

np.random.seed(1337)
nb_classes, nb_epoch = 3, 2
X = np.random.rand(64, 12, 12, 1).astype("float32")
Y = np_utils.to_categorical(np.random.randint(0, 3, 64), nb_classes=nb_classes)

model = Sequential()
model.add(Convolution2D(4, 3, 3, border_mode="same", input_shape=(12, 12, 1), W_regularizer=l2(1e-4)))
model.add(Activation("relu"))
model.add(Convolution2D(8, 3, 2, subsample=(2, 1), init="he_normal", bias=False))
model.add(AtrousConvolution2D(4, 2, 2, atrous_rate=(2, 2)))
model.add(MaxPooling2D(pool_size=(1, 2)))
model.add(Dropout(p=0.25))
model.add(Flatten())
model.add(Dense(output_dim=8, init="uniform", activation="relu"))
model.add(Dense(nb_classes, activation="softmax"))
assert [layer.output.shape[1:] for layer in model.layers[:4]] == [(12, 12, 4), (12, 12, 4), (5, 11, 8), (3, 9, 4)]

optimizer = SGD(lr=0.01, decay=0.1, momentum=0.9, nesterov=True)
model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
history = model.fit(X, Y, batch_size=32, nb_epoch=nb_epoch, verbose=0, validation_data=(X, Y))
assert sorted(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
assert len(history.history["loss"]) == nb_epoch
assert abs(float(optimizer.learning_rate) - 0.01 / (1 + 0.1 * 4)) < 1e-7  # four steps


def batches():
    while True:
        for start in range(0, 64, 16):
            yield X[start : start + 16], Y[start : start + 16]


model.fit_generator(batches(), samples_per_epoch=64, nb_epoch=1, nb_worker=1, verbose=0)
assert int(optimizer.iterations) == 4 + 4
assert model.predict_classes(X[:3]).shape == (3,) and model.predict_proba(X[:3]).shape == (3, 3)
loss, accuracy = model.evaluate_generator(batches(), val_samples=64)
np.testing.assert_allclose([loss, accuracy], model.evaluate(X, Y, batch_size=16, verbose=0), rtol=1e-5)

a = model.get_layer(index=0).output
both = merge([a, a], mode="concat", concat_axis=-1)
assert Model(input=model.input, output=both).predict(X[:1], verbose=0).shape == (1, 12, 12, 8)
assert K.get_value(mse(K.zeros((2, 2)), K.ones((2, 2)))).tolist() == [1, 1]
print("done")
