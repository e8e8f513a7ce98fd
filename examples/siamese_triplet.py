"""A Siamese network: images of one kind come to lie near each other, by a triplet loss in a layer and a model of its own."""

import sys

import keras
import numpy as np
import torch
from keras import Model, layers, metrics, ops, optimizers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

target_shape = (12, 12)


def faces(count, people, seed):
    """Noisy views of a few fixed patterns."""
    patterns = np.random.default_rng(99).normal(size=(people, *target_shape, 1))
    draw = np.random.default_rng(seed)
    who = draw.integers(0, people, count)
    return (patterns[who] + draw.normal(0, 1.3, (count, *target_shape, 1))).astype("float32"), who


def triplets(images, who, count, seed):
    draw = np.random.default_rng(seed)
    chosen = []
    for anchor in draw.integers(0, len(images), count):
        positive = draw.choice(np.flatnonzero(who == who[anchor]))
        negative = draw.choice(np.flatnonzero(who != who[anchor]))
        chosen.append((anchor, positive, negative))
    return [images[list(part)] for part in zip(*chosen)]


embedding = keras.Sequential(
    [
        keras.Input((*target_shape, 1)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(32, activation="relu"),
        layers.BatchNormalization(),
        layers.Dense(8),
    ],
    name="Embedding",
)


class DistanceLayer(layers.Layer):
    """The distances from the anchor to a like and to an unlike image."""

    def call(self, anchor, positive, negative):
        ap_distance = ops.sum(ops.square(anchor - positive), -1)
        an_distance = ops.sum(ops.square(anchor - negative), -1)
        return (ap_distance, an_distance)


anchor_input = layers.Input(name="anchor", shape=(*target_shape, 1))
positive_input = layers.Input(name="positive", shape=(*target_shape, 1))
negative_input = layers.Input(name="negative", shape=(*target_shape, 1))
distances = DistanceLayer()(embedding(anchor_input), embedding(positive_input), embedding(negative_input))
siamese_network = Model(inputs=[anchor_input, positive_input, negative_input], outputs=distances)


class SiameseModel(Model):
    def __init__(self, siamese_network, margin=0.5):
        super().__init__()
        self.siamese_network = siamese_network
        self.margin = margin
        self.loss_tracker = metrics.Mean(name="loss")

    def call(self, inputs):
        return self.siamese_network(inputs)

    def train_step(self, data):
        loss = self._compute_loss(data)
        self.zero_grad()
        loss.backward()
        trainable = self.siamese_network.trainable_weights
        gradients = [v.value.grad for v in trainable]
        with torch.no_grad():
            self.optimizer.apply(gradients, trainable)
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def test_step(self, data):
        self.loss_tracker.update_state(self._compute_loss(data))
        return {"loss": self.loss_tracker.result()}

    def _compute_loss(self, data):
        ap_distance, an_distance = self.siamese_network(data[0])
        return ops.mean(ops.maximum(ap_distance - an_distance + self.margin, 0.0))

    @property
    def metrics(self):
        return [self.loss_tracker]


x_train, who_train = faces(300, 6, 1)
x_test, who_test = faces(120, 6, 2)

siamese_model = SiameseModel(siamese_network)
siamese_model.compile(optimizer=optimizers.Adam(1e-3))
siamese_model.fit(
    triplets(x_train, who_train, 640, 3),
    epochs=6,
    batch_size=32,
    validation_data=(triplets(x_test, who_test, 200, 4),),
    verbose=0,
)

anchor, positive, negative = triplets(x_test, who_test, 300, 5)
anchor, positive, negative = (embedding(x) for x in (anchor, positive, negative))
cosine_similarity = metrics.CosineSimilarity()
positive_similarity = float(cosine_similarity(anchor, positive))
cosine_similarity.reset_state()
negative_similarity = float(cosine_similarity(anchor, negative))
print(f"positive similarity: {positive_similarity:.4f}")
print(f"negative similarity: {negative_similarity:.4f}")
near = ops.sum((anchor - positive) ** 2, -1) < ops.sum((anchor - negative) ** 2, -1)
print(f"accuracy: {float(ops.mean(ops.cast(near, 'float32'))):.4f}")
