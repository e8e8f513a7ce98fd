"""P16: a changed bit of a file that we wrote is refused, or it changes nothing of the model: weights, optimizer and config."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import pellucid
from pellucid import settings
from pellucid.errors import FileError
from pellucid.saving import load_model


def model(seed: int):
    """A model with layers, an optimizer and a loss that all have numbers in their configs."""
    settings.clear_session(free_memory=False)
    L = pellucid.layers
    made = pellucid.Sequential(
        [
            pellucid.Input((4,)),
            L.Dense(3, activation="relu", kernel_regularizer=pellucid.regularizers.L2(0.25)),
            L.BatchNormalization(momentum=0.75, epsilon=0.125),
            L.Dropout(0.5, seed=3),
            L.Dense(2),
        ]
    )
    made.compile(pellucid.optimizers.Adam(0.5, beta_1=0.25), pellucid.losses.Huber(delta=0.5), metrics=["mae"])
    made.optimizer.build(made.trainable_variables)
    rng = np.random.default_rng(seed)
    for variable in [*made.variables, *made.optimizer.variables[2:]]:
        if variable.dtype == "float32":
            variable.assign(rng.uniform(0.5, 1.5, variable.shape).astype("f4"))
    return made


def told(made, with_config: bool) -> list:
    """All that a file keeps."""
    values = [*made.get_weights(), *(variable.numpy() for variable in made.optimizer.variables)]
    return [value.tobytes() for value in values] + ([made.to_json(), made.get_compile_config()] if with_config else [])


@dataclass(frozen=True)
class Format:
    """A kind of file that we write.

    Args:
        ending: of its name.
        save: ``save(model, path)``.
        is_whole: whether it holds a model, and not weights alone.
        changed: which of the files written is changed; the path itself if None.
    """

    ending: str
    save: Callable
    is_whole: bool
    changed: str | None = None

    @property
    def id(self) -> str:
        return f"{self.ending or 'folder'} {self.changed or ''} {'' if self.is_whole else 'weights'}".strip().replace(
            "  ", " "
        )


def _save(made, path):
    made.save(path)


def _save_folder(made, path):
    made.save(path, zipped=False)


def _save_weights(made, path):
    made.save_weights(path)


def _save_parts(made, path):
    made.save_weights(path, max_shard_size=1e-7)


FORMATS = [
    Format(".keras", _save, True),
    Format(".h5", _save, True),
    Format(".safetensors", _save, True),
    Format(".weights.h5", _save_weights, False),
    Format(".safetensors", _save_weights, False),
    Format("", _save_folder, True, "config.json"),
    Format("", _save_folder, True, "metadata.json"),
    Format("", _save_folder, True, "model.weights.h5"),
    Format(".weights.json", _save_parts, False, "m.weights.json"),
    Format(".weights.json", _save_parts, False, "m_00001.weights.h5"),
]


def silently_wrong(form: Format, flips: int, seed: int, folder) -> list[int]:
    """Bits that, changed, gave another model than the one that was saved, without an error."""
    path, made = folder / f"m{form.ending}", model(1)
    form.save(made, path)
    target = path if form.changed is None else (path if path.is_dir() else folder) / form.changed
    good, wanted = target.read_bytes(), told(made, form.is_whole)
    other = model(2)
    start = [(variable, variable.numpy()) for variable in [*other.variables, *other.optimizer.variables]]
    wrong = []
    for bit in np.random.default_rng(seed).choice(len(good) * 8, min(flips, len(good) * 8), replace=False).tolist():
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        target.write_bytes(data)
        settings.clear_session(free_memory=False)
        try:
            if form.is_whole:
                other = load_model(path)
            else:
                for variable, value in start:
                    variable.assign(value)
                other.load_weights(path)
        except FileError:
            continue
        if told(other, form.is_whole) != wanted:
            wrong.append(bit)
    return wrong


@pytest.mark.parametrize("form", FORMATS, ids=[form.id for form in FORMATS])
def test_p16_50_flipped_bits_and_none_silently_wrong(form, tmp_path):
    assert silently_wrong(form, 50, 0, tmp_path) == []


@pytest.mark.heavy
@pytest.mark.parametrize("form", FORMATS, ids=[form.id for form in FORMATS])
def test_p16_10000_flipped_bits_and_none_silently_wrong(form, tmp_path):
    assert silently_wrong(form, 10_000, 1, tmp_path) == []


@pytest.mark.parametrize("form", [form for form in FORMATS if form.changed is None], ids=lambda form: form.id)
def test_p16_a_changed_bit_of_each_array_is_refused(form, tmp_path):
    path, made = tmp_path / f"m{form.ending}", model(1)
    form.save(made, path)
    good, other = path.read_bytes(), model(2)
    for value in made.get_weights():
        at = good.find(value.tobytes())
        path.write_bytes(good[: at + 2] + bytes([good[at + 2] ^ 1]) + good[at + 3 :])
        assert at > 0
        with pytest.raises(FileError, match="damaged"):
            load_model(path) if form.is_whole else other.load_weights(path)
