"""P16: a changed bit of a file that we wrote is refused, or it changes nothing of the model: weights, optimizer and config."""

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


FORMATS = {
    ".keras": (lambda made, path: made.save(path), True),
    ".h5": (lambda made, path: made.save(path), True),
    ".weights.h5": (lambda made, path: made.save_weights(path), False),
}


def silently_wrong(ending: str, flips: int, seed: int, path) -> list[int]:
    """Bits that, changed, gave another model than the one that was saved, without an error."""
    save, is_whole = FORMATS[ending]
    made = model(1)
    save(made, path)
    good, wanted = path.read_bytes(), told(made, is_whole)
    other = model(2)
    start = [*other.get_weights()], [variable.numpy() for variable in other.optimizer.variables]
    wrong = []
    for bit in np.random.default_rng(seed).choice(len(good) * 8, flips, replace=False).tolist():
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        settings.clear_session(free_memory=False)
        try:
            if is_whole:
                read = load_model(path)
            else:
                read = other
                read.load_weights(path)
        except FileError:
            continue
        if told(read, is_whole) != wanted:
            wrong.append(bit)
        if not is_whole:
            other.set_weights(start[0])
            for variable, value in zip(other.optimizer.variables, start[1], strict=True):
                variable.assign(value)
    return wrong


@pytest.mark.parametrize("ending", FORMATS)
def test_p16_300_flipped_bits_and_none_silently_wrong(ending, tmp_path):
    assert silently_wrong(ending, 300, 0, tmp_path / f"m{ending}") == []


@pytest.mark.heavy
@pytest.mark.parametrize("ending", FORMATS)
def test_p16_10000_flipped_bits_and_none_silently_wrong(ending, tmp_path):
    assert silently_wrong(ending, 10_000, 1, tmp_path / f"m{ending}") == []
