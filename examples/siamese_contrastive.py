"""A Siamese network of the functional API: are two images of the same kind? With a contrastive loss."""

import sys

import keras
import numpy as np
from keras import ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
margin = 1


def views(count, seed):
    patterns = np.random.default_rng(42).normal(size=(8, 14, 14))
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 8, count)
    return (patterns[labels] + draw.normal(0, 0.9, (count, 14, 14))).astype("float32"), labels


def make_pairs(x, y, seed):
    """For each image one of the same kind (label 0) and one of another (label 1)."""
    draw = np.random.default_rng(seed)
    pairs, labels = [], []
    for k in range(len(x)):
        pairs.append([x[k], x[draw.choice(np.flatnonzero(y == y[k]))]])
        pairs.append([x[k], x[draw.choice(np.flatnonzero(y != y[k]))]])
        labels += [0, 1]
    return np.array(pairs), np.array(labels).astype("float32")


pairs_train, labels_train = make_pairs(*views(240, 1), 2)
pairs_val, labels_val = make_pairs(*views(80, 3), 4)
pairs_test, labels_test = make_pairs(*views(150, 5), 6)


def euclidean_distance(vects):
    x, y = vects
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, keras.backend.epsilon()))


input = keras.layers.Input((14, 14, 1))
x = keras.layers.BatchNormalization()(input)
x = keras.layers.Conv2D(4, (5, 5), activation="tanh")(x)
x = keras.layers.AveragePooling2D(pool_size=(2, 2))(x)
x = keras.layers.Flatten()(x)
x = keras.layers.BatchNormalization()(x)
x = keras.layers.Dense(10, activation="tanh")(x)
embedding_network = keras.Model(input, x)

input_1 = keras.layers.Input((14, 14, 1))
input_2 = keras.layers.Input((14, 14, 1))
tower_1 = embedding_network(input_1)
tower_2 = embedding_network(input_2)
merge_layer = keras.layers.Lambda(euclidean_distance, output_shape=(1,))([tower_1, tower_2])
normal_layer = keras.layers.BatchNormalization()(merge_layer)
output_layer = keras.layers.Dense(1, activation="sigmoid")(normal_layer)
siamese = keras.Model(inputs=[input_1, input_2], outputs=output_layer)


def loss(margin=1):
    def contrastive_loss(y_true, y_pred):
        square_pred = ops.square(y_pred)
        margin_square = ops.square(ops.maximum(margin - y_pred, 0))
        return ops.mean((1 - y_true) * square_pred + y_true * margin_square)

    return contrastive_loss


siamese.compile(loss=loss(margin=margin), optimizer="RMSprop", metrics=["accuracy"])
history = siamese.fit(
    [pairs_train[:, 0], pairs_train[:, 1]],
    labels_train,
    validation_data=([pairs_val[:, 0], pairs_val[:, 1]], labels_val),
    batch_size=16,
    epochs=10,
    verbose=0,
)
assert set(history.history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
results = siamese.evaluate([pairs_test[:, 0], pairs_test[:, 1]], labels_test, verbose=0)
print(f"loss: {results[0]:.4f}")
print(f"accuracy: {results[1]:.4f}")
