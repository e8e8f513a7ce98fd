"""Segmentation by a small U-Net, of pictures that a PyDataset makes batch by batch."""

import sys

import keras
import numpy as np
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

img_size = (32, 32)
num_classes = 3
batch_size = 16


class Shapes(keras.utils.PyDataset):
    """Discs (class 1) and boxes (class 2) on a ground (class 0)."""

    def __init__(self, batches, first, **kwargs):
        super().__init__(**kwargs)
        self.batches, self.first = batches, first

    def __len__(self):
        return self.batches

    def __getitem__(self, idx):
        draw = np.random.default_rng(self.first + idx)
        x = draw.normal(0.2, 0.15, (batch_size, *img_size, 3))
        y = np.zeros((batch_size, *img_size), dtype="uint8")
        rows, cols = np.mgrid[: img_size[0], : img_size[1]]
        for image, mask in zip(x, y):
            row, col, radius = draw.integers(8, 24), draw.integers(8, 24), draw.integers(4, 8)
            disc = (rows - row) ** 2 + (cols - col) ** 2 < radius**2
            top, left = draw.integers(0, 22, 2)
            box = (rows >= top) & (rows < top + 9) & (cols >= left) & (cols < left + 9)
            for shape, label in ((disc, 1), (box, 2)):
                image[shape] += draw.uniform(0.3, 0.7, 3)
                mask[shape] = label
        return x.astype("float32"), y


def get_model(img_size, num_classes):
    inputs = keras.Input(shape=img_size + (3,))
    x = layers.Conv2D(12, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    previous_block_activation = x

    for filters in [16, 24]:
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(filters, 1, strides=2, padding="same")(previous_block_activation)
        x = layers.add([x, residual])
        previous_block_activation = x

    for filters in [24, 16, 12]:
        x = layers.Activation("relu")(x)
        x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.UpSampling2D(2)(x)
        residual = layers.UpSampling2D(2)(previous_block_activation)
        residual = layers.Conv2D(filters, 1, padding="same")(residual)
        x = layers.add([x, residual])
        previous_block_activation = x

    outputs = layers.Conv2D(num_classes, 3, activation="softmax", padding="same")(x)
    return keras.Model(inputs, outputs)


model = get_model(img_size, num_classes)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy")
model.fit(Shapes(24, 1, workers=2), epochs=12, verbose=0)

iou = keras.metrics.MeanIoU(num_classes=num_classes, sparse_y_pred=False)
val = Shapes(6, 1000)
val_preds = model.predict(val, verbose=0)
assert val_preds.shape == (6 * batch_size, *img_size, num_classes)
for index in range(len(val)):
    iou.update_state(val[index][1], val_preds[index * batch_size : (index + 1) * batch_size])
print(f"mean iou: {float(iou.result()):.4f}")
