"""A training loop written out in PyTorch's words: a DataLoader, gradients, a Keras optimizer, Keras metrics."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)


def get_model():
    inputs = keras.Input(shape=(20,), name="digits")
    x1 = keras.layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4))(inputs)
    x2 = keras.layers.Dense(32, activation="relu")(x1)
    x2 = keras.layers.ActivityRegularization(l2=1e-5)(x2)
    outputs = keras.layers.Dense(4, name="predictions")(x2)
    return keras.Model(inputs=inputs, outputs=outputs)


middles = np.random.default_rng(0).normal(0, 1, (4, 20))
draw = np.random.default_rng(1)
y_all = draw.integers(0, 4, 1200)
x_all = (middles[y_all] + draw.normal(0, 1.2, (1200, 20))).astype("float32")
train_dataset = torch.utils.data.TensorDataset(torch.from_numpy(x_all[:900]), torch.from_numpy(y_all[:900]))
val_dataset = torch.utils.data.TensorDataset(torch.from_numpy(x_all[900:]), torch.from_numpy(y_all[900:]))
train_dataloader = torch.utils.data.DataLoader(train_dataset, batch_size=32, shuffle=True)
val_dataloader = torch.utils.data.DataLoader(val_dataset, batch_size=32, shuffle=False)

# With a Keras optimizer

model = get_model()
optimizer = keras.optimizers.Adam(learning_rate=1e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()

for epoch in range(5):
    for step, (inputs, targets) in enumerate(train_dataloader):
        logits = model(inputs, training=True)
        loss = loss_fn(targets, logits) + sum(model.losses)
        model.zero_grad()
        trainable_weights = [v for v in model.trainable_weights]
        loss.backward()
        gradients = [v.value.grad for v in trainable_weights]
        with torch.no_grad():
            optimizer.apply(gradients, trainable_weights)
        train_acc_metric.update_state(targets, logits)
    train_acc = train_acc_metric.result()
    train_acc_metric.reset_state()

for inputs, targets in val_dataloader:
    val_acc_metric.update_state(targets, model(inputs, training=False))
assert int(optimizer.iterations) == 5 * 29
print(f"training accuracy: {float(train_acc):.4f}")
print(f"accuracy: {float(val_acc_metric.result()):.4f}")

# The same weights handed to an optimizer of PyTorch's

model = get_model()
torch_optimizer = torch.optim.Adam([v.value for v in model.trainable_weights], lr=3e-3)
torch_loss = torch.nn.CrossEntropyLoss()
for _ in range(5):
    for inputs, targets in train_dataloader:
        loss = torch_loss(model(inputs, training=True), targets)
        torch_optimizer.zero_grad()
        loss.backward()
        torch_optimizer.step()
model.compile(loss=loss_fn, metrics=["accuracy"])
print(f"torch accuracy: {model.evaluate(val_dataloader, verbose=0)[1]:.4f}")
