"""A convolutional autoencoder: noisy images in, clean ones out."""

import sys

import numpy as np
from keras import layers
from keras.models import Model
from keras.utils import set_random_seed

set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)


def blobs(count, seed):
    """Two soft discs in each image, values from 0 to 1."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:28, :28]
    images = np.zeros((count, 28, 28))
    for _ in range(2):
        middle = draw.uniform(6, 22, (2, count, 1, 1))
        width = draw.uniform(1.5, 4, (count, 1, 1))
        images += np.exp(-((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / (2 * width**2))
    return np.clip(images, 0, 1).astype("float32")


def preprocess(array):
    return np.reshape(array, (len(array), 28, 28, 1))


def noise(array, noise_factor=0.4):
    noisy = array + noise_factor * np.random.default_rng(5).normal(size=array.shape)
    return np.clip(noisy, 0.0, 1.0).astype("float32")


train_data, test_data = preprocess(blobs(640, 1)), preprocess(blobs(128, 2))
noisy_train_data, noisy_test_data = noise(train_data), noise(test_data)

input = layers.Input(shape=(28, 28, 1))

# Encoder
x = layers.Conv2D(16, (3, 3), activation="relu", padding="same")(input)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2D(16, (3, 3), activation="relu", padding="same")(x)
x = layers.MaxPooling2D((2, 2), padding="same")(x)

# Decoder
x = layers.Conv2DTranspose(16, (3, 3), strides=2, activation="relu", padding="same")(x)
x = layers.Conv2DTranspose(16, (3, 3), strides=2, activation="relu", padding="same")(x)
x = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)

autoencoder = Model(input, x)
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
autoencoder.summary()

# First it learns to give back what it gets, then to clean it.
autoencoder.fit(train_data, train_data, epochs=4, batch_size=32, shuffle=True, verbose=0)
autoencoder.fit(
    x=noisy_train_data,
    y=train_data,
    epochs=6,
    batch_size=32,
    shuffle=True,
    validation_data=(noisy_test_data, test_data),
    verbose=0,
)

predictions = autoencoder.predict(noisy_test_data, verbose=0)
error_before = float(np.mean((noisy_test_data - test_data) ** 2))
error_after = float(np.mean((predictions - test_data) ** 2))
assert error_after < error_before / 3
print(f"error: {error_after:.5f}")
