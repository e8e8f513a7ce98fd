"""A Vision Transformer: patches as a layer, their places learned, attention between them."""

import sys

import keras
import numpy as np
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

num_classes = 4
input_shape = (16, 16, 3)
image_size, patch_size = 20, 5
num_patches = (image_size // patch_size) ** 2
projection_dim, num_heads, transformer_layers = 24, 2, 2


def corners(count, seed):
    """A bright spot in one of four corners, under noise."""
    draw = np.random.default_rng(seed)
    y = draw.integers(0, 4, (count, 1))
    x = draw.normal(0.4, 0.2, (count, *input_shape))
    for image, label in zip(x, y[:, 0]):
        top, left = 8 * (label // 2) + draw.integers(0, 5), 8 * (label % 2) + draw.integers(0, 5)
        image[top : top + 4, left : left + 4] += 0.7
    return x.astype("float32"), y


(x_train, y_train), (x_test, y_test) = corners(600, 1), corners(200, 2)

data_augmentation = keras.Sequential(
    [layers.Normalization(), layers.Resizing(image_size, image_size), layers.RandomZoom(0.1, 0.1)],
    name="data_augmentation",
)
data_augmentation.layers[0].adapt(x_train)


def mlp(x, hidden_units, dropout_rate):
    for units in hidden_units:
        x = layers.Dense(units, activation=keras.activations.gelu)(x)
        x = layers.Dropout(dropout_rate)(x)
    return x


class Patches(layers.Layer):
    def __init__(self, patch_size):
        super().__init__()
        self.patch_size = patch_size

    def call(self, images):
        input_shape = ops.shape(images)
        batch_size, height, width, channels = input_shape
        patches = ops.image.extract_patches(images, size=self.patch_size)
        return ops.reshape(
            patches,
            (
                batch_size,
                (height // self.patch_size) * (width // self.patch_size),
                self.patch_size * self.patch_size * channels,
            ),
        )

    def get_config(self):
        config = super().get_config()
        config.update({"patch_size": self.patch_size})
        return config


class PatchEncoder(layers.Layer):
    def __init__(self, num_patches, projection_dim):
        super().__init__()
        self.num_patches = num_patches
        self.projection = layers.Dense(units=projection_dim)
        self.position_embedding = layers.Embedding(input_dim=num_patches, output_dim=projection_dim)

    def call(self, patch):
        positions = ops.expand_dims(ops.arange(start=0, stop=self.num_patches, step=1), axis=0)
        projected_patches = self.projection(patch)
        return projected_patches + self.position_embedding(positions)


def create_vit_classifier():
    inputs = keras.Input(shape=input_shape)
    augmented = data_augmentation(inputs)
    patches = Patches(patch_size)(augmented)
    encoded_patches = PatchEncoder(num_patches, projection_dim)(patches)
    for _ in range(transformer_layers):
        x1 = layers.LayerNormalization(epsilon=1e-6)(encoded_patches)
        attention_output = layers.MultiHeadAttention(num_heads=num_heads, key_dim=projection_dim, dropout=0.1)(x1, x1)
        x2 = layers.Add()([attention_output, encoded_patches])
        x3 = layers.LayerNormalization(epsilon=1e-6)(x2)
        x3 = mlp(x3, hidden_units=[projection_dim * 2, projection_dim], dropout_rate=0.1)
        encoded_patches = layers.Add()([x3, x2])
    representation = layers.LayerNormalization(epsilon=1e-6)(encoded_patches)
    representation = layers.Flatten()(representation)
    features = mlp(representation, hidden_units=[32], dropout_rate=0.3)
    logits = layers.Dense(num_classes)(features)
    return keras.Model(inputs=inputs, outputs=logits)


model = create_vit_classifier()
model.compile(
    optimizer=keras.optimizers.AdamW(learning_rate=0.002, weight_decay=0.0001),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[
        keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        keras.metrics.SparseTopKCategoricalAccuracy(2, name="top-2-accuracy"),
    ],
)
history = model.fit(x=x_train, y=y_train, batch_size=64, epochs=6, validation_split=0.1, verbose=0)
assert "val_top-2-accuracy" in history.history
_, accuracy, top_2_accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"accuracy: {accuracy:.4f}")
print(f"top 2 accuracy: {top_2_accuracy:.4f}")
