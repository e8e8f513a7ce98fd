'''A variational autoencoder of Keras 2: Lambda, K.random_normal, and a loss of symbols given to add_loss.'''
import sys

import numpy as np
from keras import backend as K
from keras.layers import Dense, Input, Lambda
from keras.losses import binary_crossentropy, mse
from keras.models import Model

np.random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)

original_dim = 64
intermediate_dim = 32
latent_dim = 2


def sampling(args):
    z_mean, z_log_var = args
    batch = K.shape(z_mean)[0]
    dim = K.int_shape(z_mean)[1]
    epsilon = K.random_normal(shape=(batch, dim))
    return z_mean + K.exp(0.5 * z_log_var) * epsilon


inputs = Input(shape=(original_dim,), name='encoder_input')
x = Dense(intermediate_dim, activation='relu')(inputs)
z_mean = Dense(latent_dim, name='z_mean')(x)
z_log_var = Dense(latent_dim, name='z_log_var')(x)
z = Lambda(sampling, output_shape=(latent_dim,), name='z')([z_mean, z_log_var])
encoder = Model(inputs, [z_mean, z_log_var, z], name='encoder')

latent_inputs = Input(shape=(latent_dim,), name='z_sampling')
x = Dense(intermediate_dim, activation='relu')(latent_inputs)
outputs = Dense(original_dim, activation='sigmoid')(x)
decoder = Model(latent_inputs, outputs, name='decoder')

outputs = decoder(encoder(inputs)[2])
vae = Model(inputs, outputs, name='vae_mlp')

reconstruction_loss = binary_crossentropy(inputs, outputs)
reconstruction_loss *= original_dim
kl_loss = 1 + z_log_var - K.square(z_mean) - K.exp(z_log_var)
kl_loss = K.sum(kl_loss, axis=-1)
kl_loss *= -0.5
vae_loss = K.mean(reconstruction_loss + kl_loss)
vae.add_loss(vae_loss)
vae.compile(optimizer='adam')
vae.summary()

# Waves of two numbers: how fast, and from where.
t = np.linspace(0, 2 * np.pi, original_dim)
speed, start = np.random.uniform(0.6, 1.4, (1000, 1)), np.random.uniform(0, np.pi, (1000, 1))
waves = (np.sin(speed * t + start) + 1) / 2
x_train, x_test = waves[:800], waves[800:]

history = vae.fit(x_train, epochs=40, batch_size=50, validation_data=(x_test, None), verbose=0)
assert history.history['loss'][-1] < history.history['loss'][0]
z_mean, _, _ = encoder.predict(x_test, batch_size=50)
x_decoded = decoder.predict(z_mean)
print('loss: %.4f' % vae.evaluate(x_test, None, verbose=0))
print('error: %.4f' % np.mean((x_decoded - x_test) ** 2))
