"""Forecasting a series from several others: windows of the past, an LSTM, early stopping, and the best weights kept."""

import os
import sys
import tempfile

import keras
import numpy as np

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

# A made-up weather: temperature follows the sun and the pressure of some hours before.

draw = np.random.default_rng(11)
hours = np.arange(2200)
pressure = np.cumsum(draw.normal(0, 1, len(hours)))
pressure -= np.convolve(pressure, np.ones(200) / 200, "same")
sun = np.maximum(np.sin(2 * np.pi * hours / 24), 0)
temperature = 8 * sun + 0.5 * np.roll(pressure, 6) + draw.normal(0, 0.4, len(hours))
features = np.stack([temperature, pressure, sun], axis=1)

split = 1600
past, future, step = 24, 3, 2
mean, std = features[:split].mean(axis=0), features[:split].std(axis=0)
features = (features - mean) / std


def windows(start, end):
    x = features[start : end - past - future]
    y = features[start + past + future - 1 : end, [0]]
    return keras.preprocessing.timeseries_dataset_from_array(
        x, y, sequence_length=past // step, sampling_rate=step, batch_size=64
    )


dataset_train, dataset_val = windows(0, split), windows(split, len(features))
for batch in dataset_train.take(1):
    inputs, targets = batch
assert tuple(inputs.shape) == (64, 12, 3) and tuple(targets.shape) == (64, 1)

inputs = keras.layers.Input(shape=(inputs.shape[1], inputs.shape[2]))
lstm_out = keras.layers.LSTM(24)(inputs)
outputs = keras.layers.Dense(1)(lstm_out)
model = keras.Model(inputs=inputs, outputs=outputs)
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.005), loss="mse")

path_checkpoint = os.path.join(tempfile.mkdtemp(), "model_checkpoint.weights.h5")
es_callback = keras.callbacks.EarlyStopping(monitor="val_loss", min_delta=0, patience=5)
modelckpt_callback = keras.callbacks.ModelCheckpoint(
    monitor="val_loss", filepath=path_checkpoint, verbose=0, save_weights_only=True, save_best_only=True
)
history = model.fit(
    dataset_train, epochs=12, validation_data=dataset_val, callbacks=[es_callback, modelckpt_callback], verbose=0
)
model.load_weights(path_checkpoint)
best = model.evaluate(dataset_val, verbose=0)
assert abs(best - min(history.history["val_loss"])) < 1e-5
print(f"loss: {best:.4f}")
