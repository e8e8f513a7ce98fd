"""Neural style transfer: an image is changed until its features are one image's, and their correlations another's."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

size = 32
rows, cols = np.mgrid[:size, :size]
base_image = ((rows - 16) ** 2 + (cols - 16) ** 2 < 100).astype("float32")[None, :, :, None].repeat(3, -1)
style_image = np.sin((rows + cols) / 1.5)[None, :, :, None].astype("float32") * np.array([1, 0.5, -0.5], "float32")

# Features: what a network gives that was never trained; correlations of random filters tell textures apart too.

model = keras.Sequential(
    [
        keras.Input((size, size, 3)),
        layers.Conv2D(16, 3, activation="relu", padding="same", name="block1_conv1"),
        layers.AveragePooling2D(2),
        layers.Conv2D(24, 3, activation="relu", padding="same", name="block2_conv1"),
        layers.Conv2D(24, 3, activation="relu", padding="same", name="block2_conv2"),
    ]
)
outputs_dict = {layer.name: layer.output for layer in model.layers}
feature_extractor = keras.Model(inputs=model.inputs, outputs=outputs_dict)
feature_extractor.trainable = False
style_layer_names = ["block1_conv1", "block2_conv1"]
content_layer_name = "block2_conv2"
total_variation_weight, style_weight, content_weight = 1e-4, 1.0, 1e-3


def gram_matrix(x):
    x = ops.transpose(x, (2, 0, 1))
    features = ops.reshape(x, (ops.shape(x)[0], -1))
    return ops.matmul(features, ops.transpose(features)) / ops.shape(features)[1]


def style_loss(style, combination):
    return ops.sum(ops.square(gram_matrix(style) - gram_matrix(combination)))


def content_loss(base, combination):
    return ops.sum(ops.square(combination - base))


def total_variation_loss(x):
    a = ops.square(x[:, : size - 1, : size - 1, :] - x[:, 1:, : size - 1, :])
    b = ops.square(x[:, : size - 1, : size - 1, :] - x[:, : size - 1, 1:, :])
    return ops.sum(ops.power(a + b + 1e-8, 1.25))


def compute_loss(combination_image):
    input_tensor = ops.concatenate([ops.convert_to_tensor(base_image), ops.convert_to_tensor(style_image), combination_image])
    features = feature_extractor(input_tensor)
    layer_features = features[content_layer_name]
    loss = content_weight * content_loss(layer_features[0], layer_features[2])
    for layer_name in style_layer_names:
        layer_features = features[layer_name]
        loss = loss + style_weight / len(style_layer_names) * style_loss(layer_features[1], layer_features[2])
    return loss + total_variation_weight * total_variation_loss(combination_image)


combination_image = keras.Variable(ops.convert_to_tensor(base_image) + keras.random.normal(base_image.shape, stddev=0.1, seed=seed))
schedule = keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=0.05, decay_steps=50, decay_rate=0.9)
optimizer = keras.optimizers.Adam(schedule)
losses = []
for _ in range(120):
    loss = compute_loss(combination_image.value)
    (gradient,) = torch.autograd.grad(loss, [combination_image.value])
    with torch.no_grad():
        optimizer.apply([gradient], [combination_image])
    losses.append(float(loss))
print(f"share left: {losses[-1] / losses[0]:.4f}")
