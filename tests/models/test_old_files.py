"""Files of Keras 1, Keras 2 and tf.keras open, compute what they computed, and learn on: made by those Kerases.

tests/files/goldens holds the files, what their makers computed, and the program that made them.
"""

import io
import pathlib
import warnings
import zipfile

import numpy as np
import pytest

from pellucid.errors import FileError
from pellucid.saving import load_model

FOLDER = pathlib.Path(__file__).parent.parent / "files" / "goldens"
AGES = [path.stem for path in sorted(FOLDER.glob("*.zip")) if path.stem != "keras3"]
FILES = [
    (age, name)
    for age in AGES
    for name in zipfile.ZipFile(FOLDER / f"{age}.zip").namelist()
    if not name.endswith(".npz") and not name.startswith(("gone_", "lambda_"))
]
# Training does not go on as it did there: Nadam's momentum followed another schedule (and in tf.keras, that schedule
# is counted wrongly in compiled graphs); in .keras files tf.keras leaves out the state of its older optimizers.
ANOTHER_STEP = {"nadam", "legacy_nadam"}


def told(age, name, tmp_path):
    """The path of a golden file, and what is known of it: x, y (outputs), t (targets), w (weights after a step)."""
    with zipfile.ZipFile(FOLDER / f"{age}.zip") as archive:
        archive.extract(name, tmp_path)
        numbers = np.load(io.BytesIO(archive.read(name.split(".")[0] + ".npz")))
    kinds = {kind: [numbers[f"{kind}{k}"] for k in range(99) if f"{kind}{k}" in numbers] for kind in "xytw"}
    return tmp_path / name, kinds


def alone(values):
    return values[0] if len(values) == 1 else values


def outputs(model, x):
    names = [symbol.name for symbol in model.inputs]
    found = model(dict(zip(names, x, strict=True)) if names == ["a", "b"] else alone(x))
    found = [found[key] for key in sorted(found)] if isinstance(found, dict) else found
    return [y.detach().numpy() for y in (found if isinstance(found, (list, tuple)) else [found])]


@pytest.mark.filterwarnings("ignore:Nadam's momentum", "ignore:The optimizer's state is not in the file")
@pytest.mark.parametrize(("age", "name"), FILES)
def test_a_file_of_another_age_computes_what_it_did(age, name, tmp_path):
    path, told_of = told(age, name, tmp_path)
    model = load_model(path, compile=bool(told_of["t"]))
    for y, expected in zip(outputs(model, told_of["x"]) if told_of["y"] else [], told_of["y"], strict=True):
        np.testing.assert_allclose(y, expected, atol=1e-6, rtol=2e-6)
    learns_on = told_of["w"] and name.split(".")[0] not in ANOTHER_STEP and not name.startswith("legacy_")
    if learns_on or (told_of["w"] and name.startswith("legacy_") and name.endswith(".h5") and "nadam" not in name):
        model.train_on_batch(alone(told_of["x"]), alone(told_of["t"]))
        for w, expected in zip(model.get_weights(), told_of["w"], strict=True):
            np.testing.assert_allclose(w, expected, atol=1e-5)


GONE = [
    ("gone_maxout", "Dense of units"), ("gone_highway", "Dense layers, Multiply and Add"),
    ("gone_srelu", "a layer of your own"), ("gone_softplus", "a layer of your own"),
    ("gone_local", "Conv1D where weights may be shared"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "instead"), GONE)
def test_a_layer_that_is_gone_is_named_with_its_place(name, instead, tmp_path):
    path, _ = told("keras1_theano", f"{name}.h5", tmp_path)
    with pytest.raises(FileError, match=rf"no longer has: \w+.(?s:.*){instead}(?s:.*)where +\w+/\w+_1"):
        load_model(path)


@pytest.mark.parametrize("age", ["keras2_theano", "keras2_tensorflow", "tf_keras"])
def test_a_lambda_takes_the_function_that_the_caller_names_and_no_other(age, tmp_path):
    path, told_of = told(age, "lambda_code.h5", tmp_path)
    with pytest.raises(
        FileError, match=r"bytecode, which is never run(?s:.*)custom_objects=\{\"twice\": your_function\}"
    ):
        load_model(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it was not compiled
        model = load_model(path, custom_objects={"twice": lambda x: x * 2})
    np.testing.assert_allclose(outputs(model, told_of["x"])[0], told_of["y"][0], atol=1e-6)
