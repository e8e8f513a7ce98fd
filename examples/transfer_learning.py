"""Transfer learning: a network that knows one task, frozen under a new head, then fine-tuned with a small rate."""

import os
import sys
import tempfile

import keras
import numpy as np
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)


def stripes(count, kinds, seed):
    """Gratings of several directions under noise; the label is the direction."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, kinds, count)
    angle = np.pi * labels / kinds
    y, x = np.mgrid[:16, :16]
    phase = draw.uniform(0, 2 * np.pi, count)
    waves = np.cos(angle)[:, None, None] * x + np.sin(angle)[:, None, None] * y
    images = np.sin(waves + phase[:, None, None]) + draw.normal(0, 0.6, (count, 16, 16))
    return images[..., None].astype("float32"), labels


# Train the base on eight directions

x_base, y_base = stripes(1200, 8, 1)
base_model = keras.Sequential(
    [
        keras.Input((16, 16, 1)),
        layers.Conv2D(16, 5, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling2D(),
    ],
    name="base",
)
teacher = keras.Sequential([base_model, layers.Dense(8)])
teacher.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
teacher.fit(x_base, y_base, batch_size=32, epochs=4, verbose=0)
path = os.path.join(tempfile.mkdtemp(), "base.keras")
base_model.save(path)

# Put a new head on it, for a task with few samples: three directions

x_train, y_train = stripes(90, 3, 2)
x_test, y_test = stripes(600, 3, 3)

base_model = keras.models.load_model(path)
base_model.trainable = False
inputs = keras.Input(shape=(16, 16, 1))
x = base_model(inputs, training=False)
x = layers.Dropout(0.2)(x)
outputs = layers.Dense(3)(x)
model = keras.Model(inputs, outputs)
assert len(model.trainable_weights) == 2

model.compile(
    optimizer=keras.optimizers.Adam(1e-2),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
)
frozen = [w.copy() for w in base_model.get_weights()]
model.fit(x_train, y_train, epochs=15, verbose=0)
assert all((a == b).all() for a, b in zip(frozen, base_model.get_weights()))
print(f"frozen accuracy: {model.evaluate(x_test, y_test, verbose=0)[1]:.4f}")

# Fine-tune all of it

base_model.trainable = True
model.compile(
    optimizer=keras.optimizers.Adam(1e-4),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=5, verbose=0)
assert any((a != b).any() for a, b in zip(frozen, base_model.get_weights()))
print(f"accuracy: {model.evaluate(x_test, y_test, verbose=0)[1]:.4f}")
