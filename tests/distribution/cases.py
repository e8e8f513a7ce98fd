"""What several processes must compute as one does: each case is run by a job of one, two or four, and tells its numbers.

Run by torchrun as ``cases.py FOLDER``: process k writes FOLDER/k.json; or imported, for the numbers of a single process.
"""

import json
import os
import sys

import numpy as np
import torch

import pellucid as keras
from pellucid import distribution, layers

ROWS = 37  # in batches of 12: the last has one row, so that of four processes three have none


def data(rows=ROWS, features=6, classes=3):
    draw = np.random.RandomState(0)
    return draw.normal(size=(rows, features)).astype("float32"), draw.randint(0, classes, rows)


def dense(**arguments):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    return compiled(model, **arguments)


def compiled(model, optimizer="adam", loss=None, **arguments):
    loss = loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, **arguments)
    return model


def told(model, *fit, **arguments) -> dict:
    """The history of a fit, what `evaluate` and `predict` give, and a sum over each weight."""
    arguments = {"batch_size": 12, "epochs": 3, "verbose": 0} | arguments
    history = model.fit(*fit, **arguments).history
    x, y = data()
    return {
        **history,
        "evaluate": model.evaluate(x, y, batch_size=12, verbose=0, return_dict=True),
        "predict": np.asarray(model.predict(x, batch_size=12, verbose=0)).sum(-1).tolist(),
        "weights": [float(np.abs(weight).sum()) for weight in model.get_weights()],
    }


# ---- optimizers, shuffling, weights


def adam(folder):
    x, y = data()
    return told(dense(metrics=["accuracy"]), x, y, validation_data=(x[:9], y[:9]))


def momentum_and_shuffled_batches(folder):
    return told(dense(optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)), *data(), shuffle="batch")


def accumulation_averages_and_clipping(folder):
    optimizer = keras.optimizers.AdamW(0.01, gradient_accumulation_steps=2, use_ema=True, global_clipnorm=0.1)
    return told(dense(optimizer=optimizer), *data())


def each_gradient_clipped(folder):
    return told(dense(optimizer=keras.optimizers.RMSprop(0.01, clipnorm=0.05)), *data())


def a_rule_for_whole_weights(folder):
    return told(dense(optimizer=keras.optimizers.Lamb(0.01)), *data())


def scaled_loss(folder):
    return told(dense(optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))), *data())


def sample_weights(folder):
    weights = np.linspace(0, 2, ROWS).astype("float32")
    return told(dense(weighted_metrics=["accuracy"]), *data(), sample_weight=weights)


def class_weights(folder):
    return told(dense(), *data(), class_weight={0: 1.0, 1: 3.0, 2: 0.5})


def a_loss_that_sums(folder):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    return told(dense(optimizer=keras.optimizers.SGD(0.01), loss=loss), *data())


def a_loss_over_weights(folder):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
    return told(dense(loss=loss), *data(), sample_weight=np.linspace(0, 2, ROWS).astype("float32"))


# ---- layers


def masked_steps(folder):
    draw = np.random.RandomState(0)
    x, y = draw.randint(0, 5, (ROWS, 7)), draw.normal(size=(ROWS, 7, 1)).astype("float32")
    model = keras.Sequential(
        [
            keras.Input((7,)),
            layers.Embedding(5, 4, mask_zero=True),
            layers.LSTM(3, return_sequences=True),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model.fit(x, y, batch_size=12, epochs=2, verbose=0).history


def penalties(folder):
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, kernel_regularizer="l2", activity_regularizer="l2"), layers.Dense(3)]
    )
    return told(compiled(model), *data())


def synchronized_statistics(folder):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, use_bias=False),  # whose gradient would be nothing but rounding
            layers.BatchNormalization(momentum=0.5, synchronized=True),
            layers.Dense(3),
        ]
    )
    return told(compiled(model), *data())


def several_outputs(folder):
    x, y = data()
    inputs = keras.Input((6,))
    hidden = layers.Dense(5, activation="tanh")(inputs)
    model = keras.Model(inputs, {"a": layers.Dense(3)(hidden), "b": layers.Dense(1)(hidden)})
    losses = {"a": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "b": "mse"}
    model.compile("adam", losses, metrics={"b": ["mae"]})
    history = model.fit(x, {"a": y, "b": x[:, :1]}, batch_size=12, epochs=2, verbose=0).history
    return {**history, "predict": {name: out.sum(-1).tolist() for name, out in model.predict(x, verbose=0).items()}}


def metrics_with_large_states(folder):
    x, y = data(classes=2)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["auc", "precision", keras.metrics.F1Score(threshold=0.5)])
    return {
        name: np.asarray(value).tolist()
        for name, value in model.fit(x, y.reshape(-1, 1).astype("float32"), batch_size=12, verbose=0).history.items()
    }


class OwnStep(keras.Model):
    """Keras's way of writing a step for PyTorch, with a number of its own in the logs."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(8, activation="relu"), layers.Dense(3)

    def call(self, x):
        return self.second(self.first(x))

    def train_step(self, batch):
        x, y = batch
        self.zero_grad()
        y_pred = self(x, training=True)
        loss = self.compute_loss(y=y, y_pred=y_pred)
        loss.backward()
        weights = self.trainable_weights
        with torch.no_grad():
            self.optimizer.apply([weight.value.grad for weight in weights], weights)
        for metric in self.metrics:
            metric.update_state(loss, sample_weight=len(x)) if metric.name == "loss" else metric.update_state(y, y_pred)
        return {metric.name: metric.result() for metric in self.metrics} | {"first": x[:, 0].mean()}


def an_own_step(folder):
    x, y = data()
    model = compiled(OwnStep())
    history = model.fit(x, y, batch_size=12, epochs=2, verbose=0).history
    return {"loss": history["loss"]}  # `first` is of the last batch


# ---- kinds of data


def a_generator(folder):
    x, y = data()

    def batches():
        while True:
            order = np.random.permutation(ROWS)  # all processes draw alike
            for start in range(0, ROWS, 12):
                yield x[order[start : start + 12]], y[order[start : start + 12]]

    return told(dense(), batches(), steps_per_epoch=4, batch_size=None, shuffle=False)


def a_dataset(folder):
    from pellucid.engine.data.dataset import Dataset

    return told(dense(), Dataset.from_tensor_slices(data()).shuffle(ROWS).batch(12), batch_size=None, shuffle=False)


class Batches(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.x, self.y = data()

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.x[index * 12 : index * 12 + 12], self.y[index * 12 : index * 12 + 12]


def a_pydataset(folder):
    return told(dense(), Batches(), batch_size=None)


def a_loader(folder):
    x, y = map(torch.from_numpy, data())
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=12, shuffle=True)
    return told(dense(), loader, batch_size=None, shuffle=False)


def data_that_is_shared_out_already(folder):
    x, y = data(36)
    count, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    own = [
        row
        for start in range(0, 36, 12)
        for row in range(start, start + 12)[rank * 12 // count : (rank + 1) * 12 // count]
    ]
    with distribution.DataParallel(auto_shard_dataset=False).scope():
        model = dense(metrics=["accuracy"])
        history = model.fit(x[own], y[own], batch_size=12 // count, epochs=2, shuffle=False, verbose=0).history
        return {**history, "evaluate": model.evaluate(x[own], y[own], batch_size=12 // count, verbose=0)}


def single_batches(folder):
    model, (x, y) = dense(), data(13)
    return {"losses": [float(model.train_on_batch(x, y)) for _ in range(3)], "test": float(model.test_on_batch(x, y))}


# ---- callbacks and files


def callbacks_that_watch(folder):
    x, y = data()
    watching = [
        keras.callbacks.EarlyStopping("loss", patience=1, min_delta=0.02, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=1.0),
    ]
    return told(dense(), x, y, epochs=9, callbacks=watching)


def rates_by_the_epoch(folder):
    return told(dense(), *data(), callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))])


def files_are_written_once(folder):
    x, y = data()
    inside = os.path.join(folder, "written")
    os.makedirs(inside, exist_ok=True)
    model = dense()
    saving = keras.callbacks.ModelCheckpoint(os.path.join(inside, "{epoch}.keras"), monitor="loss", save_best_only=True)
    table = keras.callbacks.CSVLogger(os.path.join(inside, "table.csv"))
    backup = keras.callbacks.BackupAndRestore(os.path.join(inside, "backup"), delete_checkpoint=False)
    model.fit(x, y, batch_size=12, epochs=2, verbose=0, callbacks=[saving, table, backup])
    model.save_weights(os.path.join(inside, "last.weights.h5"))
    again = keras.saving.load_model(os.path.join(inside, "2.keras"))
    found = sorted(os.listdir(inside))
    return {"found": found, **told(again, x, y, epochs=1)}


def a_file_of_another_job(folder):
    return told(keras.saving.load_model(os.path.join(folder, "begun.keras")), *data(), epochs=2)


# ---- weights in parts


def in_parts(case):
    """The same, with kernels and biases held in parts."""

    def run(folder):
        count = distribution.get_device_count()
        mesh = distribution.DeviceMesh((2, 2) if count == 4 else (1, count), ["batch", "model"])
        layouts = distribution.LayoutMap(mesh)
        layouts[".*(kernel|embeddings)"] = (None, "model")
        layouts[".*(bias|gamma|beta)"] = ("model",)
        with distribution.ModelParallel(layout_map=layouts).scope():
            return case(os.path.join(folder, "parts"))

    return run


WHOLE = [
    adam, momentum_and_shuffled_batches, accumulation_averages_and_clipping, each_gradient_clipped,
    a_rule_for_whole_weights, scaled_loss, sample_weights, class_weights, a_loss_that_sums, a_loss_over_weights,
    masked_steps, penalties, synchronized_statistics, several_outputs, metrics_with_large_states, an_own_step, a_generator,
    a_dataset, a_pydataset, a_loader, data_that_is_shared_out_already, single_batches, callbacks_that_watch,
    rates_by_the_epoch, files_are_written_once, a_file_of_another_job,
]  # fmt: skip
PARTS = [
    adam, momentum_and_shuffled_batches, accumulation_averages_and_clipping, each_gradient_clipped,
    a_rule_for_whole_weights, masked_steps, penalties, synchronized_statistics, an_own_step, callbacks_that_watch,
    files_are_written_once, a_file_of_another_job,
]  # fmt: skip
CASES = {case.__name__: case for case in WHOLE} | {f"{case.__name__}-in_parts": in_parts(case) for case in PARTS}


# ---- what processes refuse to do together; each gives the text of the error


def other_layers():
    units = 8 + int(os.environ["RANK"])
    return compiled(keras.Sequential([keras.Input((6,)), layers.Dense(units, name="wide"), layers.Dense(3)])).fit(
        *data(), verbose=0
    )


def other_data():
    return dense().fit(*data(ROWS + int(os.environ["RANK"])), verbose=0)


def a_generator_that_ends():
    def batches():
        for _ in range(3 - int(os.environ["RANK"])):
            yield data(4)

    return dense().fit(batches(), verbose=0, shuffle=False)


def another_loop():
    model = dense()
    return model.evaluate(*data(), verbose=0) if os.environ["RANK"] == "1" else model.fit(*data(), verbose=0)


def a_mesh_of_another_size():
    mesh = distribution.DeviceMesh((2, 4), ["batch", "model"], [f"cpu:{index}" for index in range(8)])
    layout = distribution.TensorLayout((None, "model"), mesh)
    return keras.Variable(np.zeros((4, 4)), layout=layout)


REFUSALS = [other_layers, other_data, a_generator_that_ends, another_loop, a_mesh_of_another_size]


def dropout() -> dict:
    """What two runs of one seed drop in their first batch, and their losses; by a seed of its own and by the global one."""
    found: dict = {"masks": [], "losses": []}
    for _ in range(2):
        keras.utils.set_random_seed(3)
        seen: list = []
        drop = [layers.Dropout(0.5, seed=7), layers.Dropout(0.5), layers.GaussianNoise(1.0)]
        watch = layers.Lambda(lambda x, seen=seen: (seen.append(x.tolist()), x)[1])
        model = compiled(keras.Sequential([keras.Input((6,)), *drop, watch, layers.Dense(3)]))
        found["losses"].append(model.fit(np.ones((24, 6)), data(24)[1], batch_size=12, verbose=0).history["loss"])
        found["masks"].append(seen[-2:])
    return found


def refusal(attempt) -> str:
    try:
        attempt()
    except (RuntimeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return "nothing was refused"


# Run at every change; the others with the long tests.
FIRST = [
    "adam", "momentum_and_shuffled_batches", "masked_steps", "synchronized_statistics", "an_own_step", "a_generator",
    "a_loader", "callbacks_that_watch", "adam-in_parts", "a_rule_for_whole_weights-in_parts",
    "files_are_written_once-in_parts", "a_file_of_another_job",
]  # fmt: skip


def run(name: str, folder: str) -> dict:
    """The numbers of one case."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    return json.loads(json.dumps(CASES[name](folder), default=float))


def begun(folder: str):
    """Write the file that `a_file_of_another_job` takes up."""
    keras.utils.set_random_seed(5)
    model = dense(metrics=["accuracy"])
    model.fit(*data(), batch_size=12, verbose=0)
    for inside in (folder, os.path.join(folder, "parts")):
        os.makedirs(inside, exist_ok=True)
        model.save(os.path.join(inside, "begun.keras"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = sys.argv[1]
    found = {name: run(name, folder) for name in sys.argv[2:] or CASES}
    found["dropout"] = dropout()
    found["refusals"] = {attempt.__name__: refusal(attempt) for attempt in REFUSALS}
    with open(os.path.join(folder, f"{os.environ['RANK']}.json"), "w") as file:
        json.dump(found, file)
