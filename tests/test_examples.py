"""The programs in examples/ run unmodified, and learn what they are there to learn.

The bounds lie around what each reached at its seed. Where Keras 3.15 with PyTorch can run a program, the long tests run
it as well and hold it to the same bounds; it refuses the programs of old.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"

# By program and figure: at least, at most.
REACHED = {
    "autoencoder": {"error": (0, 0.008)},
    "custom_training_loop": {"accuracy": (0.92, 1), "torch accuracy": (0.92, 1)},
    "dcgan": {"evenness": (0, 0.12), "contrast": (0.5, 1.2)},
    "gan": {"distance": (0, 0.12)},
    "grad_cam": {"accuracy": (0.97, 1), "hits": (0.8, 1)},
    "image_classification_from_scratch": {"accuracy": (0.8, 1)},
    "knowledge_distillation": {"distilled accuracy": (0.93, 1), "scratch accuracy": (0.95, 1)},
    "neural_style": {"share left": (0, 0.3)},
    "seq2seq": {"accuracy": (0.95, 1), "words right": (0.8, 1)},
    "siamese_contrastive": {"loss": (0, 0.12), "accuracy": (0.93, 1)},
    "siamese_triplet": {"negative similarity": (-0.3, 0.35), "accuracy": (0.95, 1)},
    "structured_data": {"accuracy": (0.88, 1), "auc": (0.95, 1)},
    "text_classification_lstm": {"accuracy": (0.93, 1)},
    "timeseries_forecasting": {"loss": (0, 0.05)},
    "transfer_learning": {"frozen accuracy": (0.96, 1), "accuracy": (0.96, 1)},
    "transformer_text_classifier": {"accuracy": (0.9, 1)},
    "unet_segmentation": {"mean iou": (0.6, 1)},
    "variational_autoencoder": {"total loss": (0, 60)},
    "vision_transformer": {"accuracy": (0.95, 1), "top 2 accuracy": (0.97, 1)},
    "old/cifar_generator": {"accuracy": (0.95, 1)},
    "old/graph_of_keras1": {"accuracy": (0.9, 1), "graph accuracy": (0.9, 1)},
    "old/grid_search": {"accuracy": (0.8, 1), "error": (0, 2)},
    "old/imdb_lstm": {"accuracy": (0.93, 1), "cnn accuracy": (0.93, 1)},
    "old/layer_outputs": {"accuracy": (0.95, 1)},
    "old/lstm_text_generation": {"loss": (0, 0.1)},
    "old/mnist_cnn": {"loss": (0, 0.2), "accuracy": (0.95, 1)},
    "old/mnist_siamese": {"accuracy": (0.85, 1)},
    "old/variational_autoencoder": {"loss": (25, 33), "error": (0, 0.03)},
}
QUICK = ["structured_data", "old/layer_outputs", "old/mnist_cnn"]
# Those that Keras on PyTorch cannot run: their data sets and words are TensorFlow's; its pooling fails backwards.
NEED_TENSORFLOW = {
    "image_classification_from_scratch",
    "structured_data",
    "text_classification_lstm",
    "timeseries_forecasting",
    "unet_segmentation",
}
KERASS = [name for name in REACHED if not name.startswith("old/") and name not in NEED_TENSORFLOW]


def figures(name: str, *command: str) -> dict[str, float]:
    """What a program prints at its end."""
    done = subprocess.run(
        [sys.executable, *command, f"{name}.py"],
        cwd=EXAMPLES,
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return {word: float(value) for word, value in re.findall(r"^([a-z0-9 ]+): (-?[\d.]+)$", done.stdout, re.MULTILINE)}


def check(name: str, found: dict[str, float]):
    for figure, (least, most) in REACHED[name].items():
        assert least <= found[figure] <= most, f"{figure} of {name}: {found[figure]}"


def test_every_program_has_its_bounds():
    programs = {str(path.relative_to(EXAMPLES).with_suffix("")) for path in EXAMPLES.rglob("*.py")}
    assert programs == set(REACHED) and set(QUICK) | NEED_TENSORFLOW <= programs


@pytest.mark.parametrize("name", QUICK)
def test_a_program_runs_as_it_is_and_learns(name):
    check(name, figures(name, "-m", "pellucid", "run"))


@pytest.mark.heavy
@pytest.mark.parametrize("name", [name for name in REACHED if name not in QUICK])
def test_a_long_program_runs_as_it_is_and_reaches_what_keras_reaches(name):
    check(name, figures(name, "-m", "pellucid", "run"))


@pytest.mark.heavy
@pytest.mark.parametrize("name", KERASS)
def test_keras_itself_reaches_the_same(name):
    check(name, figures(name))
