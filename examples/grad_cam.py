"""Grad-CAM: where does a network look? The gradient of a class by the last feature map, as a heat map."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

# A small mark somewhere in an image says its class; all else is noise.

MARKS = np.array([[[1, 0, 1], [0, 1, 0], [1, 0, 1]], [[0, 1, 0], [1, 1, 1], [0, 1, 0]]])


def pictures(count, seed):
    draw = np.random.default_rng(seed)
    x, y = draw.normal(0, 0.3, (count, 20, 20, 1)), draw.integers(0, 2, count)
    places = draw.integers(1, 16, (count, 2))
    for image, label, (top, left) in zip(x, y, places):
        image[top : top + 3, left : left + 3, 0] += 2 * MARKS[label]
    return x.astype("float32"), y, places


x_train, y_train, _ = pictures(800, 1)
x_test, y_test, places = pictures(100, 2)

inputs = keras.Input((20, 20, 1))
x = layers.Conv2D(16, 3, activation="relu", padding="same")(inputs)
x = layers.Conv2D(16, 3, activation="relu", padding="same", name="last_conv")(x)
x = layers.GlobalMaxPooling2D()(x)
model = keras.Model(inputs, layers.Dense(2, activation="softmax", name="predictions")(x))
model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=8, verbose=0)


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, pred_index=None):
    grad_model = keras.models.Model(model.inputs, [model.get_layer(last_conv_layer_name).output, model.output])
    last_conv_layer_output, preds = grad_model(img_array)
    last_conv_layer_output.retain_grad()
    if pred_index is None:
        pred_index = int(torch.argmax(preds[0]))
    preds[:, pred_index].sum().backward()
    grads = last_conv_layer_output.grad
    heatmap = (last_conv_layer_output * grads.mean(dim=(1, 2), keepdim=True)).sum(-1)[0]
    heatmap = torch.relu(heatmap) / (heatmap.max() + 1e-12)
    return heatmap.detach().cpu().numpy()


# Without the softmax, which would flatten the gradient

model.layers[-1].activation = None
hits = []
for k in range(40):
    heatmap = make_gradcam_heatmap(x_test[k : k + 1], model, "last_conv")
    top, left = np.unravel_index(heatmap.argmax(), heatmap.shape)
    hits.append(abs(top - places[k][0] - 1) <= 3 and abs(left - places[k][1] - 1) <= 3)
model.layers[-1].activation = keras.activations.softmax
print(f"accuracy: {model.evaluate(x_test, y_test, verbose=0)[1]:.4f}")
print(f"hits: {np.mean(hits):.4f}")
