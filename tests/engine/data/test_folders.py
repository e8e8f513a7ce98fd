"""Folders of images, texts and sounds: Keras's own index is the judge of files, labels and their order."""

from __future__ import annotations

import pathlib
import wave

import keras
import numpy as np
import pytest
import torch
from keras.src.utils import dataset_utils
from PIL import Image

import pellucid
from pellucid import errors, layers, utils
from pellucid.engine.data.audio_folders import resampled

SIZES = {"b": 5, "a": 4, "c": 3}


@pytest.fixture
def texts(tmp_path):
    for name, count in SIZES.items():
        (tmp_path / name / "inner").mkdir(parents=True)
        for k in range(count):
            path = tmp_path / name / ("inner" if k % 2 else ".") / f"{k}.txt"
            path.write_text(f"{name}{k} äöü", encoding="utf-8")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a" / "other.csv").write_text("1")
    return tmp_path


@pytest.fixture
def images(tmp_path):
    for k, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for number in range(6):
            pixels = np.full((8, 10, 3), 40 * number + k, "uint8")
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    return tmp_path


def all_of(dataset) -> list:
    return [(str(text), np.asarray(label).tolist()) for text, label in dataset.unbatch()]


@pytest.mark.parametrize("kwargs", [{"shuffle": False}, {"seed": 3}, {"class_names": ["c", "a"], "seed": 5}])
def test_files_and_labels_are_kerass_in_their_order(texts, kwargs, capsys):
    dataset = utils.text_dataset_from_directory(texts, batch_size=None, **kwargs)
    expected = dataset_utils.index_directory(str(texts), "inferred", formats=(".txt",), **{"seed": 0, **kwargs})
    assert [str(path) for path in dataset.file_paths] == [path.replace("/./", "/") for path in expected[0]]
    assert dataset.class_names == expected[2]
    got = {str(text): int(label) for text, label in dataset}
    labels = zip(*expected[:2], strict=True)
    assert got == {pathlib.Path(path).read_text("utf-8"): int(label) for path, label in labels}
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == lines[-1] == f"Found {len(got)} files belonging to {len(expected[2])} classes."


@pytest.mark.parametrize("subset", ["training", "validation", "both"])
def test_parts_are_kerass_and_do_not_overlap(texts, subset):
    kwargs = {"validation_split": 0.3, "seed": 1, "verbose": False}
    paths, labels, _ = dataset_utils.index_directory(str(texts), "inferred", formats=(".txt",), seed=1, verbose=False)
    found = utils.text_dataset_from_directory(texts, subset=subset, **kwargs)
    names = ("training", "validation") if subset == "both" else (subset,)
    for part, name in zip(found if subset == "both" else [found], names, strict=True):
        expected, _ = dataset_utils.get_training_or_validation_split(paths, labels, 0.3, name)
        assert [str(path) for path in part.file_paths] == expected
        assert len(list(part.unbatch())) == len(expected)


LABELS = {
    "int": lambda k: k,
    "categorical": lambda k: [float(k == j) for j in range(2)],
    "binary": lambda k: [float(k)],
}


@pytest.mark.parametrize("mode", LABELS)
def test_labels_have_the_form_that_was_asked_for(images, mode):
    dataset = utils.image_dataset_from_directory(images, label_mode=mode, image_size=(4, 4), verbose=False)
    for image, label in dataset.unbatch():
        assert label.tolist() == LABELS[mode](int(image.max()) % 40)


def test_labels_may_be_told_or_left_away(texts):
    told = utils.text_dataset_from_directory(texts, labels=list(range(12)), shuffle=False, verbose=False)
    assert [label for _, label in all_of(told)] == list(range(12))
    assert told.class_names == sorted(map(str, range(12)), key=int)
    alone = utils.text_dataset_from_directory(texts, labels=None, batch_size=5, shuffle=False, verbose=False)
    assert [len(batch) for batch in alone] == [5, 5, 2]
    assert alone.class_names is None


def test_texts_may_be_cut(texts):
    dataset = utils.text_dataset_from_directory(texts, max_length=4, shuffle=False, verbose=False)
    assert [text for text, _ in all_of(dataset)][:2] == ["a0 ä", "a2 ä"]


def test_texts_have_the_form_of_tensors_or_are_pythons_own(texts):
    kwargs = {"shuffle": False, "verbose": False, "batch_size": 3}
    ((batch, _), *_) = utils.text_dataset_from_directory(texts, **kwargs)
    assert (batch.shape, batch.dtype, batch.dtype.name) == ((3,), "string", "string")
    assert batch.numpy()[0].decode() == str(batch[0]) == batch[0] == "a0 äöü"
    assert np.asarray(batch).tolist() == [str(text) for text in batch]
    assert batch[0].numpy() == "a0 äöü".encode()
    ((batch, _), *_) = utils.text_dataset_from_directory(texts, format="grain", **kwargs)
    assert all(isinstance(text, str) for text in batch)
    (x, _) = utils.text_dataset_from_directory(texts, **kwargs).element_spec
    assert (x.shape, x.dtype) == ((None,), "string")


def test_grain_keeps_the_first_order(texts):
    dataset = utils.text_dataset_from_directory(texts, seed=3, format="grain", verbose=False)
    assert all_of(dataset) == all_of(dataset)
    assert [str(text) for text, _ in all_of(dataset)] != sorted(str(text) for text, _ in all_of(dataset))


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("how", [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_images_are_read_and_resized_as_keras_does(tmp_path, interpolation, how, data_format):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype("uint8")
    Image.fromarray(pixels).save(tmp_path / "i.png")
    dataset = utils.image_dataset_from_directory(
        tmp_path,
        labels=None,
        image_size=(5, 6),
        interpolation=interpolation,
        data_format=data_format,
        verbose=False,
        **how,
    )
    whole = pixels if data_format == "channels_last" else pixels.transpose(2, 0, 1)
    expected = keras.ops.image.resize(
        whole.astype("float32"), (5, 6), interpolation=interpolation, data_format=data_format, **how
    )
    (got,) = dataset
    atol = 40 if interpolation == "bicubic" else 1e-3  # Keras on PyTorch has another bicubic: DIFFERENCES.md
    np.testing.assert_allclose(got[0], keras.ops.convert_to_numpy(expected), atol=atol)


@pytest.mark.parametrize(("color_mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
def test_images_have_the_channels_asked_for(images, color_mode, channels):
    dataset = utils.image_dataset_from_directory(images, color_mode=color_mode, image_size=6, verbose=False)
    x, _ = dataset.element_spec
    assert (x.shape, x.dtype) == ((None, 6, 6, channels), "float32")


def test_each_pass_has_its_own_order_and_a_seed_repeats_it(texts):
    first, again = (utils.text_dataset_from_directory(texts, seed=3, verbose=False) for _ in range(2))
    passes = [[text for text, _ in all_of(first)] for _ in range(2)]
    assert passes[0] != passes[1]
    assert sorted(passes[0]) == sorted(passes[1])
    assert passes == [[text for text, _ in all_of(again)] for _ in range(2)]


def test_a_model_learns_from_a_folder(images):
    train, rest = utils.image_dataset_from_directory(
        images, label_mode="binary", image_size=(4, 4), validation_split=0.25, subset="both", seed=0, verbose=False
    )
    model = pellucid.Sequential([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    history = model.fit(train.cache().shuffle(10).prefetch(1), validation_data=rest, epochs=2, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()


def write_wav(path, samples: np.ndarray, rate: int):
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[1], 2, rate, len(samples), "NONE", ""))
        file.writeframes((samples * 2**15).astype("<i2").tobytes())


def test_sounds_are_filled_up_or_cut(tmp_path):
    for k, length in enumerate((3, 5)):
        (tmp_path / str(k)).mkdir()
        write_wav(tmp_path / str(k) / "a.wav", np.full((length, 1), 0.25), 8000)
    kwargs = {"shuffle": False, "verbose": False}
    ((x, y),) = utils.audio_dataset_from_directory(tmp_path, **kwargs)
    assert x[..., 0].tolist() == [[0.25] * 3 + [0.0] * 2, [0.25] * 5]
    assert y.tolist() == [0, 1]
    ((x, y),) = utils.audio_dataset_from_directory(tmp_path, output_sequence_length=4, **kwargs)
    assert x[..., 0].tolist() == [[0.25] * 3 + [0.0], [0.25] * 4]
    ((x, y),) = utils.audio_dataset_from_directory(tmp_path, sampling_rate=16000, **kwargs)
    assert x.shape == (2, 10, 1)


@pytest.mark.parametrize(("rate", "wanted"), [(8000, 16000), (16000, 8000), (44100, 16000), (8000, 11025), (3, 3)])
def test_a_tone_keeps_its_pitch_when_resampled(rate, wanted):
    tone = min(rate, wanted) / 10

    def sound(per_second):
        return torch.sin(2 * torch.pi * tone * torch.arange(per_second // 4 + 1) / per_second)[:, None]

    got, expected = resampled(sound(rate), rate, wanted), sound(wanted)
    middle = slice(len(expected) // 8, -len(expected) // 8)  # the ends meet silence
    assert abs(len(got) - len(expected)) <= 2
    np.testing.assert_allclose(got[: len(expected)][middle], expected[: len(got)][middle], atol=0.01)


def test_what_is_too_high_for_the_new_rate_is_left_out():
    high = torch.sin(2 * torch.pi * 3500 * torch.arange(8000) / 8000)[:, None]
    assert resampled(high, 8000, 4000)[500:-500].abs().max() < 0.02


REFUSED = {
    "no folder": ({"directory": "nowhere"}, errors.MissingFileError, "no such folder"),
    "labels": ({"labels": "guessed"}, errors.ArgumentError, "one label for each file"),
    "too few labels": ({"labels": [1]}, errors.ArgumentError, "1 labels(?s:.*)12, one for each file"),
    "class names and labels": (
        {"labels": [1] * 12, "class_names": ["a"]},
        errors.ArgumentError,
        'goes with `labels="inferred"` only',
    ),
    "unknown class": ({"class_names": ["z"]}, errors.ArgumentError, "not there(?s:.*)a, b, c"),
    "label mode": ({"label_mode": "one-hot"}, errors.ArgumentError, "Unknown `label_mode`(?s:.*)'categorical'"),
    "binary of three": ({"label_mode": "binary"}, errors.ArgumentError, "for two classes"),
    "subset": ({"validation_split": 0.2, "subset": "test"}, errors.ArgumentError, "Unknown `subset`"),
    "split alone": ({"validation_split": 0.2}, errors.ArgumentError, "go together"),
    "subset alone": ({"subset": "both"}, errors.ArgumentError, "go together"),
    "share": ({"validation_split": 2, "subset": "both", "seed": 1}, errors.ArgumentError, "is a share"),
    "no seed": ({"validation_split": 0.2, "subset": "both"}, errors.ArgumentError, "would overlap"),
    "format": ({"format": "csv"}, errors.ArgumentError, "Unknown `format`"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_here_and_by_keras(texts, what):
    kwargs, kind, text = REFUSED[what]
    kwargs = {"directory": texts, "verbose": False, **kwargs}
    with pytest.raises(kind, match=text):
        utils.text_dataset_from_directory(**kwargs)
    if what == "too few labels":
        return  # Keras refuses these too, and leaves its threads behind
    with pytest.raises((ValueError, FileNotFoundError)):
        keras.utils.text_dataset_from_directory(**{"format": "grain", **kwargs})


def test_a_folder_without_images_and_a_broken_image_are_told(tmp_path):
    with pytest.raises(errors.DataError, match=r"no such files(?s:.*)\.jpg"):
        utils.image_dataset_from_directory(tmp_path, verbose=False)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.png").write_text("no image")
    dataset = utils.image_dataset_from_directory(tmp_path, verbose=False)
    with pytest.raises(errors.FileError, match=r"x\.png"):
        list(dataset)
    for wrong in ({"color_mode": "cmyk"}, {"interpolation": "sharp"}, {"image_size": (0, 2)}):
        with pytest.raises(errors.ArgumentError):
            utils.image_dataset_from_directory(tmp_path, verbose=False, **wrong)


def test_sounds_of_other_kinds_are_refused(tmp_path):
    with pytest.raises(errors.UnsupportedError, match="Batches are dense"):
        utils.audio_dataset_from_directory(tmp_path, ragged=True)
    with pytest.raises(errors.ArgumentError, match="`sampling_rate` is a whole number"):
        utils.audio_dataset_from_directory(tmp_path, sampling_rate=0.5)
