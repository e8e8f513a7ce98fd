"""A DCGAN: images from noise, by strided and transposed convolutions, in PyTorch's words inside `train_step`."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, ops

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

# Images: one bright bar, at any height

draw = np.random.default_rng(0)
images = np.full((512, 16, 16, 1), -1.0, "float32")
for image, top in zip(images, draw.integers(1, 12, 512)):
    image[top : top + 3] = 1.0
images += draw.normal(0, 0.05, images.shape)

discriminator = keras.Sequential(
    [
        keras.Input(shape=(16, 16, 1)),
        layers.Conv2D(16, kernel_size=4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2D(32, kernel_size=4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(1, activation="sigmoid"),
    ],
    name="discriminator",
)
latent_dim = 8
generator = keras.Sequential(
    [
        keras.Input(shape=(latent_dim,)),
        layers.Dense(4 * 4 * 32),
        layers.Reshape((4, 4, 32)),
        layers.Conv2DTranspose(32, kernel_size=4, strides=2, padding="same"),
        layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2DTranspose(16, kernel_size=4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2D(1, kernel_size=5, padding="same", activation="tanh"),
    ],
    name="generator",
)


class DCGAN(keras.Model):
    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dim = latent_dim
        self.seed_generator = keras.random.SeedGenerator(1337)
        self.built = True

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn
        self.d_loss_metric = keras.metrics.Mean(name="d_loss")
        self.g_loss_metric = keras.metrics.Mean(name="g_loss")

    @property
    def metrics(self):
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, real_images):
        if isinstance(real_images, tuple):
            real_images = real_images[0]
        batch_size = ops.shape(real_images)[0]
        noise = keras.random.normal(shape=(batch_size, self.latent_dim), seed=self.seed_generator)
        generated = self.generator(noise).detach()
        combined = ops.concatenate([generated, real_images], axis=0)
        labels = ops.concatenate([ops.ones((batch_size, 1)), ops.zeros((batch_size, 1))], axis=0)
        labels += 0.05 * keras.random.uniform(ops.shape(labels), seed=self.seed_generator)

        self.discriminator.zero_grad()
        d_loss = self.loss_fn(labels, self.discriminator(combined, training=True))
        d_loss.backward()
        weights = self.discriminator.trainable_weights
        with torch.no_grad():
            self.d_optimizer.apply([w.value.grad for w in weights], weights)

        noise = keras.random.normal(shape=(batch_size, self.latent_dim), seed=self.seed_generator)
        self.generator.zero_grad()
        fake = self.generator(noise, training=True)
        g_loss = self.loss_fn(ops.zeros((batch_size, 1)), self.discriminator(fake, training=True))
        g_loss.backward()
        weights = self.generator.trainable_weights
        with torch.no_grad():
            self.g_optimizer.apply([w.value.grad for w in weights], weights)

        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {"d_loss": self.d_loss_metric.result(), "g_loss": self.g_loss_metric.result()}


gan = DCGAN(discriminator=discriminator, generator=generator, latent_dim=latent_dim)
gan.compile(
    d_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5),
    g_optimizer=keras.optimizers.Adam(learning_rate=0.002, beta_1=0.5),
    loss_fn=keras.losses.BinaryCrossentropy(),
)
history = gan.fit(images, batch_size=32, epochs=15, verbose=0)
assert sorted(history.history) == ["d_loss", "g_loss"]

made = ops.convert_to_numpy(generator(keras.random.normal((64, latent_dim), seed=5), training=True))
assert made.shape == (64, 16, 16, 1)
evenness = float(np.mean(np.std(made[..., 0], axis=2)))  # along a bar nothing changes
contrast = float(np.mean(np.std(made[..., 0].mean(axis=2), axis=1)))  # from row to row it does
print(f"evenness: {evenness:.4f}")
print(f"contrast: {contrast:.4f}")
