"""Image classification from scratch: a folder of images, augmentation layers, and a small convolutional network.

The folder is made here: circles in one half, squares in the other, of any color, on a noisy ground.
"""

import pathlib
import sys
import tempfile

import keras
import numpy as np
from keras import layers
from PIL import Image, ImageDraw

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

image_size = (32, 32)
batch_size = 32

# Make the data

folder = pathlib.Path(tempfile.mkdtemp()) / "shapes"
draw = np.random.default_rng(7)
for name in ("circles", "squares"):
    (folder / name).mkdir(parents=True)
    for k in range(160):
        image = Image.fromarray(draw.integers(0, 90, (48, 48, 3), dtype="uint8"))
        left, top, size = draw.integers(2, 20), draw.integers(2, 20), draw.integers(16, 26)
        box = [int(left), int(top), int(left + size), int(top + size)]
        color = tuple(int(c) for c in draw.integers(120, 255, 3))
        pen = ImageDraw.Draw(image)
        (pen.ellipse if name == "circles" else pen.rectangle)(box, fill=color)
        image.save(folder / name / f"{k}.png")

# Load it

train_ds, val_ds = keras.utils.image_dataset_from_directory(
    folder,
    validation_split=0.25,
    subset="both",
    seed=1337,
    image_size=image_size,
    batch_size=batch_size,
)

# Augment it

augmentation = [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)]


def augment(images):
    for layer in augmentation:
        images = layer(images)
    return images


train_ds = train_ds.map(lambda images, labels: (augment(images), labels))

# Build the model: separable convolutions with residuals


def make_model(input_shape, num_classes):
    inputs = keras.Input(shape=input_shape)
    x = layers.Rescaling(1.0 / 255)(inputs)
    x = layers.Conv2D(16, 3, strides=2, padding="same")(x)
    x = layers.BatchNormalization(momentum=0.8)(x)
    x = layers.Activation("relu")(x)
    previous_block = x
    for size in (24, 32):
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(size, 3, padding="same")(x)
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(size, 1, strides=2, padding="same")(previous_block)
        x = layers.add([x, residual])
        previous_block = x
    x = layers.GlobalAveragePooling2D()(x)
    units = 1 if num_classes == 2 else num_classes
    x = layers.Dropout(0.25)(x)
    outputs = layers.Dense(units, activation=None)(x)
    return keras.Model(inputs, outputs)


model = make_model(input_shape=image_size + (3,), num_classes=2)
model.compile(
    optimizer=keras.optimizers.Adam(3e-3),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(name="acc")],
)
callbacks = [keras.callbacks.ModelCheckpoint(str(folder / "save_at_{epoch}.keras"))]
model.fit(train_ds, epochs=20, callbacks=callbacks, validation_data=val_ds, verbose=0)
assert (folder / "save_at_20.keras").exists()

# Look at one image

img = keras.utils.load_img(folder / "circles" / "3.png", target_size=image_size)
img_array = keras.ops.expand_dims(keras.utils.img_to_array(img), 0)
score = float(keras.ops.sigmoid(model.predict(img_array, verbose=0)[0][0]))
print(f"This image is {100 * (1 - score):.0f}% circle and {100 * score:.0f}% square.")

loss, accuracy = model.evaluate(val_ds, verbose=0)
print(f"accuracy: {accuracy:.4f}")
