"""A FeatureSpace of Keras in a file, and what it computed: made by Keras itself, whose FeatureSpace needs TensorFlow.

    python feature_space.py        Python 3.11, keras 3.15.1, tensorflow-cpu 2.21.0, KERAS_BACKEND=tensorflow

It makes feature_space.zip beside this file; the tests build the same space from the same columns.
"""

import io
import os
import tempfile
import zipfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def columns(count=70):
    """A table with all kinds of columns."""
    rng = np.random.RandomState(3)
    return {
        "size": (rng.normal(size=count) * 3 + 1).astype("float32").tolist(),
        "plain": rng.normal(size=count).astype("float32").tolist(),
        "binned": rng.normal(size=count).astype("float32").tolist(),
        "scaled": rng.normal(size=count).astype("float32").tolist(),
        "rooms": rng.randint(0, 9, count).tolist(),
        "number": rng.randint(-50, 50, count).tolist(),
        "city": np.array(["u", "vw", "xyz", "", "ü"])[rng.randint(0, 5, count)].tolist(),
        "street": np.array(["p", "q", "r"])[rng.randint(0, 3, count)].tolist(),
    }


def space(library, output_mode="concat"):
    """A space with every kind of feature, two crosses, and nothing learned yet."""
    kind = library.utils.FeatureSpace
    features = {
        "size": "float_normalized",
        "plain": "float",
        "binned": kind.float_discretized(num_bins=4),
        "scaled": kind.float_rescaled(2.0, 1.0),
        "rooms": kind.integer_categorical(max_tokens=6, num_oov_indices=2),
        "number": "integer_hashed",
        "city": "string_categorical",
        "street": kind.string_hashed(num_bins=5),
    }
    crosses = [("city", "rooms"), kind.cross(("street", "number"), crossing_dim=11)]
    return kind(features, crosses=crosses, output_mode=output_mode)


def main():
    import keras

    made = space(keras)
    made.adapt(columns())
    path = os.path.join(tempfile.mkdtemp(), "space.keras")
    made.save(path)
    numbers = io.BytesIO()
    np.save(numbers, np.asarray(made(columns())))
    with zipfile.ZipFile(os.path.join(HERE, "feature_space.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "space.keras")
        archive.writestr("outputs.npy", numbers.getvalue())


if __name__ == "__main__":
    main()
