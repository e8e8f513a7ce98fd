"""A GAN with a `train_step` of its own: points on a ring, learned from noise."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)
latent_dim = 4

discriminator = keras.Sequential(
    [
        keras.Input((2,)),
        layers.Dense(48),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dense(48),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dense(1),
    ],
    name="discriminator",
)
generator = keras.Sequential(
    [keras.Input((latent_dim,)), layers.Dense(48, activation="relu"), layers.Dense(48, activation="relu"), layers.Dense(2)],
    name="generator",
)


class GAN(keras.Model):
    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dim = latent_dim
        self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.g_loss_tracker = keras.metrics.Mean(name="g_loss")
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, real):
        real = real[0] if isinstance(real, (tuple, list)) else real
        batch_size = ops.shape(real)[0]
        noise = keras.random.normal((batch_size, self.latent_dim), seed=self.seed_generator)
        combined = ops.concatenate([self.generator(noise), real], axis=0)
        labels = ops.concatenate([ops.ones((batch_size, 1)), ops.zeros((batch_size, 1))], axis=0)

        self.zero_grad()
        d_loss = self.loss_fn(labels, self.discriminator(combined))
        d_loss.backward()
        grads = [v.value.grad for v in self.discriminator.trainable_weights]
        with torch.no_grad():
            self.d_optimizer.apply(grads, self.discriminator.trainable_weights)

        noise = keras.random.normal((batch_size, self.latent_dim), seed=self.seed_generator)
        misleading_labels = ops.zeros((batch_size, 1))
        self.zero_grad()
        g_loss = self.loss_fn(misleading_labels, self.discriminator(self.generator(noise)))
        g_loss.backward()
        grads = [v.value.grad for v in self.generator.trainable_weights]
        with torch.no_grad():
            self.g_optimizer.apply(grads, self.generator.trainable_weights)

        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {"d_loss": self.d_loss_tracker.result(), "g_loss": self.g_loss_tracker.result()}


angle = np.random.default_rng(1).uniform(0, 2 * np.pi, 2048)
ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) + np.random.default_rng(2).normal(0, 0.05, (2048, 2))
dataset = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(torch.from_numpy(ring.astype("float32"))), batch_size=128, shuffle=True
)


class GANMonitor(keras.callbacks.Callback):
    """How far from the ring the points lie, after every few epochs."""

    def __init__(self):
        super().__init__()
        self.distances = []

    def on_epoch_end(self, epoch, logs=None):
        if epoch % 10 == 9:
            noise = keras.random.normal((500, self.model.latent_dim), seed=1)
            points = keras.ops.convert_to_numpy(self.model.generator(noise))
            self.distances.append(float(np.abs(np.linalg.norm(points, axis=1) - 1).mean()))


gan = GAN(discriminator=discriminator, generator=generator, latent_dim=latent_dim)
gan.compile(
    d_optimizer=keras.optimizers.Adam(learning_rate=0.002, beta_1=0.5),
    g_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5),
    loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
)
monitor = GANMonitor()
gan.fit(dataset, epochs=60, callbacks=[monitor], verbose=0)
print(f"distance: {np.mean(monitor.distances[-3:]):.4f}")
