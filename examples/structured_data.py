"""Structured data: numbers normalized, words and codes looked up, two features crossed, all inside one model."""

import sys

import keras
import numpy as np
from keras import layers

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
keras.utils.set_random_seed(seed)

# Made-up patients

draw = np.random.default_rng(4)
count = 1200
table = {
    "age": draw.integers(20, 80, count).astype("float32"),
    "pressure": draw.normal(120, 15, count).astype("float32"),
    "pain": draw.choice(["none", "some", "strong"], count),
    "ward": draw.choice([3, 7, 12, 40], count),
    "smokes": draw.integers(0, 2, count).astype("float32"),
}
risk = (table["age"] - 50) / 12 + (table["pressure"] - 120) / 20 + np.where(table["pain"] == "strong", 1.5, -0.5)
risk += np.where(table["ward"] == 12, 1.5, -0.5) + np.where((table["age"] > 60) & (table["smokes"] == 1), 2, 0)
target = (risk + draw.normal(0, 0.5, count) > 0).astype("float32")
train, test = slice(0, 900), slice(900, None)

# One branch for each kind of feature

inputs, encoded = {}, []
for name in ("age", "pressure"):
    inputs[name] = keras.Input((1,), name=name)
    normalizer = layers.Normalization()
    normalizer.adapt(table[name][train][:, None])
    encoded.append(normalizer(inputs[name]))

lookup = layers.StringLookup(output_mode="one_hot")
lookup.adapt(table["pain"][train][:, None])
pain = lookup(table["pain"][:, None])
inputs["pain"] = keras.Input((pain.shape[1],), name="pain")
encoded.append(inputs["pain"])

inputs["ward"] = keras.Input((1,), dtype="int64", name="ward")
codes = layers.IntegerLookup(vocabulary=[3, 7, 12, 40], output_mode="one_hot")
encoded.append(codes(inputs["ward"]))

inputs["smokes"] = keras.Input((1,), name="smokes")
encoded.append(inputs["smokes"])

buckets = layers.Discretization(bin_boundaries=[30.0, 40.0, 50.0, 60.0, 70.0])
age_group = buckets(inputs["age"])
crossing = layers.HashedCrossing(num_bins=16, output_mode="one_hot")
smokes_code = layers.Discretization(bin_boundaries=[0.5])(inputs["smokes"])
encoded.append(layers.CategoryEncoding(num_tokens=6, output_mode="one_hot")(age_group))
encoded.append(crossing([age_group, smokes_code]))

x = layers.Concatenate()(encoded)
x = layers.Dense(24, activation="relu")(x)
x = layers.Dropout(0.2)(x)
output = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, output)
model.compile(
    keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")]
)


def columns(part):
    return {**{name: table[name][part][:, None] for name in ("age", "pressure", "ward", "smokes")}, "pain": pain[part]}


model.fit(columns(train), target[train], epochs=15, batch_size=32, verbose=0)
results = model.evaluate(columns(test), target[test], verbose=0, return_dict=True)
print(f"accuracy: {results['accuracy']:.4f}")
print(f"auc: {results['auc']:.4f}")
