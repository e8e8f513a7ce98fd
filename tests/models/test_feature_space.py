"""Tables as numbers: a FeatureSpace computes what Keras's did, from all kinds of data, and goes through files both ways."""

import io
import pathlib
import zipfile

import numpy as np
import pytest
import torch

import pellucid
from models.goldens.feature_space import columns, space
from pellucid import layers, models, ops
from pellucid.engine.data.dataset import Dataset
from pellucid.errors import ArgumentError, ContentError, DataError, OrderError
from pellucid.models.feature_space import FeatureSpace
from pellucid.saving import load_model

GOLDEN = zipfile.ZipFile(pathlib.Path(__file__).parent / "goldens" / "feature_space.zip")
THEIRS = np.load(io.BytesIO(GOLDEN.read("outputs.npy")))


def same(ours, theirs=THEIRS) -> bool:
    """Equal but for the last bits of a mean and a variance."""
    return np.allclose(np.asarray(ours), theirs, rtol=0, atol=1e-6) and np.shape(ours) == theirs.shape


def rows(count=70):
    table = columns(count)
    return [{key: values[k] for key, values in table.items()} for k in range(count)]


@pytest.fixture(scope="module")
def adapted():
    made = space(pellucid)
    made.adapt(columns())
    return made


def test_every_kind_of_feature_is_kerass(adapted):
    assert same(adapted(columns()))


def test_a_file_of_keras_is_read(tmp_path):
    GOLDEN.extract("space.keras", tmp_path)
    assert same(load_model(tmp_path / "space.keras")(columns()))


def test_what_was_learned_is_in_the_file(adapted, tmp_path):
    adapted.save(tmp_path / "space.keras")
    again = load_model(tmp_path / "space.keras")
    assert same(again(columns()))
    again.save(tmp_path / "again.keras")
    assert same(load_model(tmp_path / "again.keras")(columns()))
    # By the paths that Keras's own file has.
    ours, theirs = (
        zipfile.ZipFile(file) for file in (tmp_path / "space.keras", io.BytesIO(GOLDEN.read("space.keras")))
    )
    assert sorted(ours.namelist()) == sorted(theirs.namelist())


def batched(count):
    return Dataset.from_tensor_slices(columns()).batch(count)


KINDS_OF_DATA = {
    "data set of rows": lambda: Dataset.from_tensor_slices(columns()),
    "data set of batches": lambda: batched(32),
    "with labels": lambda: Dataset.from_tensor_slices((columns(), np.zeros(70))),
    "DataLoader": lambda: torch.utils.data.DataLoader(rows(), batch_size=32),
    "generator of rows": lambda: (row for row in rows()),
    "generator of batches": lambda: iter(batched(32)),
    "list of rows": rows,
    "tensors": lambda: {k: v if isinstance(v[0], str) else torch.tensor(v) for k, v in columns().items()},
}


@pytest.mark.parametrize("kind", KINDS_OF_DATA)
def test_it_learns_the_same_from_data_of_each_kind(kind):
    made = space(pellucid)
    made.adapt(KINDS_OF_DATA[kind]())
    assert same(made(columns()))


def test_one_row_comes_out_without_a_batch_axis(adapted):
    assert same(adapted(rows()[3]), THEIRS[3])
    first = adapted({key: np.array(values[:1]) for key, values in columns().items()})
    assert first.shape == (1, THEIRS.shape[1])


def test_it_maps_over_data_sets(adapted):
    labeled = Dataset.from_tensor_slices((columns(), np.arange(70)))
    x, y = next(iter(labeled.map(lambda x, y: (adapted(x), y)).batch(5)))
    assert same(x, THEIRS[:5]) and y.tolist() == [0, 1, 2, 3, 4]
    assert same(next(iter(batched(70).map(adapted))))


def test_apart_the_parts_have_their_names_and_orders():
    made = space(pellucid, output_mode="dict")
    made.adapt(columns())
    parts = made(columns())
    names = [*sorted(columns()), "city_X_rooms", "street_X_number"]
    assert list(parts) == names
    assert same(np.concatenate([parts[name].numpy() for name in names], 1))
    assert {name: tuple(part.shape) for name, part in made(rows()[0]).items()}["street_X_number"] == (11,)


def test_whole_numbers_may_stay_whole():
    made = FeatureSpace(
        {
            "i": FeatureSpace.integer_categorical(output_mode="int"),
            "s": FeatureSpace.string_categorical(output_mode="int"),
        },
        crosses=[FeatureSpace.cross(("i", "s"), crossing_dim=7, output_mode="int")],
        output_mode="dict",
    )
    made.adapt({"i": [5, 5, 8], "s": ["b", "a", "a"]})
    parts = made({"i": [5, 8, 1], "s": ["a", "b", "z"]})
    assert parts["i"].tolist() == [[1], [2], [0]]  # the more frequent first; 0 is unknown
    assert parts["s"].tolist() == [[1], [2], [0]]
    assert ((parts["i_X_s"] >= 0) & (parts["i_X_s"] < 7)).all()


def test_a_model_goes_on_from_it():
    made = space(pellucid)
    made.adapt(columns())
    encoded = made.get_encoded_features()
    assert encoded.shape == (None, THEIRS.shape[1])
    model = models.Model(encoded, layers.Dense(1)(encoded))
    model.compile("adam", "mse")
    data = Dataset.from_tensor_slices((columns(), np.zeros(70)))
    model.fit(data.map(lambda x, y: (made(x), y)).batch(32), verbose=0)
    whole = models.Model(made.get_inputs(), encoded)
    numbers = {key: np.array(values)[:, None] for key, values in columns().items()}
    assert same(whole(numbers))


def test_learning_again_takes_the_place_of_what_was_learned():
    made = FeatureSpace({"s": "string_categorical"})
    made.adapt({"s": ["a", "b"]})
    assert made({"s": ["a", "b"]}).shape == (2, 3)
    made.adapt({"s": ["a", "b", "c", "d"]})
    assert made({"s": ["a", "b"]}).shape == (2, 5)


def test_layers_of_the_users_prepare_features():
    words = layers.TextVectorization(output_mode="tf_idf")
    made = FeatureSpace({"text": FeatureSpace.feature("string", words, "float")})
    texts = {"text": ["1st string", "2nd string", "3rd string"]}
    made.adapt(texts)
    assert made(texts).shape == (3, 5)  # string, 1st, 2nd, 3rd, unknown


def test_what_was_given_is_not_learned():
    made = FeatureSpace(
        {
            "x": FeatureSpace.feature("float32", layers.Normalization(mean=12.0, variance=4.0), "float"),
            "s": FeatureSpace.feature("string", layers.StringLookup(vocabulary=["a", "b"]), "one_hot"),
            "b": FeatureSpace.float_discretized(None, bin_boundaries=[0.0, 1.0]),
        }
    )
    out = made({"x": [14, 10], "s": ["b", "?"], "b": [0.5, -1]})
    assert out.tolist() == [[0, 1, 0, 0, 0, 1, 1], [1, 0, 0, 1, 0, 0, -1]]  # b, then s, then x


def test_lists_of_whole_numbers_serve_as_floats():
    assert FeatureSpace({"x": "float", "y": "float_rescaled"})({"x": [1, 2], "y": [3, 4]}).tolist() == [[1, 3], [2, 4]]


def test_a_kind_of_the_users_own_learns_too():
    class Largest(layers.Layer):
        def adapt(self, data):
            self.largest = max(float(np.max(batch)) for batch in data)

        def call(self, x):
            return ops.cast(x, "float32") / self.largest

    made = FeatureSpace({"x": FeatureSpace.feature("float32", Largest(), "float")})
    made.adapt({"x": [1.0, 4.0, 2.0]})
    assert made({"x": [2.0, 4.0]}).tolist() == [[0.5], [1.0]]


WRONG = {
    "no features": (lambda: FeatureSpace({}), ArgumentError, "has features"),
    "unknown kind": (lambda: FeatureSpace({"x": "floats"}), ArgumentError, "float_normalized"),
    "unknown mode": (lambda: FeatureSpace({"x": "float"}, output_mode="list"), ArgumentError, "dict or concat"),
    "mode of a feature": (lambda: FeatureSpace.string_hashed(3, output_mode="x"), ArgumentError, "int, one_hot, float"),
    "mode of a cross": (lambda: FeatureSpace.cross(("a", "b"), 3, "float"), ArgumentError, "int, one_hot"),
    "no bins": (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "a")], crossing_dim=None), ArgumentError, "crossing_dim"),
    "unknown column": (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), ArgumentError, "'b'"),
    "too early": (lambda: FeatureSpace({"a": "string_categorical"})({"a": ["x"]}), OrderError, r"space.adapt\(data\)"),
    "symbols too early": (lambda: FeatureSpace({"a": "string_categorical"}).get_encoded_features(), OrderError, "adapt"),
    "no columns": (lambda: FeatureSpace({"a": "float"})([1.0]), ArgumentError, "dict of columns"),
    "missing column": (lambda: FeatureSpace({"a": "float", "b": "float"})({"a": 1.0}), ArgumentError, "missing"),
    "array to learn from": (lambda: FeatureSpace({"a": "float"}).adapt(np.ones(3)), ArgumentError, "dict of arrays"),
    "row that is none": (lambda: FeatureSpace({"a": "float_normalized"}).adapt([1.0]), ArgumentError, "A row is a dict"),
    "row without it": (lambda: FeatureSpace({"a": "float_normalized"}).adapt([{"b": 1.0}]), DataError, "no column 'a'"),
    "no rows": (lambda: FeatureSpace({"a": "float_normalized"}).adapt([]), DataError, "no rows"),
    "numbers to join": (
        lambda: FeatureSpace({"a": FeatureSpace.integer_hashed(3, output_mode="int")})({"a": [1]}),
        ContentError,
        'output_mode="dict"',
    ),
    "unknown depth": (
        lambda: FeatureSpace({"a": FeatureSpace.feature("int32", layers.Identity(dtype="int32"), "one_hot")})({"a": [1]}),
        ArgumentError,
        "nobody knows",
    ),
    "no whole number": (
        lambda: FeatureSpace({"a": FeatureSpace.feature("int32", layers.Hashing(3, output_mode="count"), "one_hot")})({"a": [1]}),
        ArgumentError,
        "no whole number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told(wrong):
    act, kind, words = WRONG[wrong]
    with pytest.raises(kind, match=words):
        act()
