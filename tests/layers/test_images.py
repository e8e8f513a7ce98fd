"""Layers over images: from the same seed Keras computes the same; boxes, masks and labels go along with their image."""

from __future__ import annotations

import copy
import inspect

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (2, 7, 9, 3)).astype("float32")
BOXES = {"boxes": np.array([[[1.0, 2, 5, 6]], [[0.0, 1, 8, 3]]], "float32"), "labels": np.array([[1], [2]])}
CASES = {
    "Resizing": {"height": 5, "width": 4},
    "CenterCrop": {"height": 5, "width": 4},
    "RandomCrop": {"height": 5, "width": 4},
    "RandomFlip": {},
    "RandomRotation": {"factor": 0.3},
    "RandomZoom": {"height_factor": (-0.4, 0.2), "width_factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": (0.1, 0.4)},
    "RandomShear": {"x_factor": 0.3, "y_factor": (0.1, 0.4)},
    "RandomPerspective": {"factor": 0.9, "scale": 0.7, "fill_value": 2.0},
    "RandomElasticTransform": {"factor": (0.5, 1.0), "fill_mode": "mirror"},
    "RandomBrightness": {"factor": 0.4},
    "RandomContrast": {"factor": 0.5},
    "RandomHue": {"factor": 0.5},
    "RandomSaturation": {"factor": (0.1, 0.8)},
    "RandomColorDegeneration": {"factor": 0.7},
    "RandomPosterization": {"factor": (2, 6)},
    "RandomInvert": {"factor": (0.3, 0.9)},
    "RandomGrayscale": {"factor": 0.5},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.6},
    "RandomSharpness": {"factor": 0.9},
    "RandomGaussianBlur": {"kernel_size": 5, "sigma": (0.3, 1.0)},
    "RandomErasing": {"factor": 0.9, "fill_value": (9.0, 0.5, 70.0)},
    "CutMix": {},
    "MixUp": {"alpha": 0.8},
    "RandAugment": {"num_ops": 3},
    "AugMix": {"num_chains": 2},
    "RandomColorJitter": {
        "brightness_factor": 0.2,
        "contrast_factor": 0.3,
        "saturation_factor": 0.6,
        "hue_factor": 0.3,
    },
    "AutoContrast": {},
    "Equalization": {},
    "ContrastLimitedAdaptiveHistogramEqualization": {"tile_grid_size": (2, 3)},
    "MaxNumBoundingBoxes": {"max_number": 2},
}
FORMATS = ("channels_last", "channels_first")
STILL = [name for name in CASES if not getattr(layers, name).draws]
RANDOM = [name for name in CASES if name not in STILL]
RANGED = [name for name in CASES if "value_range" in inspect.signature(getattr(layers, name).__init__).parameters]
WITHOUT_BOXES = ("CutMix", "RandomElasticTransform")
# Keras on PyTorch is no judge here; tests/DIFFERENCES.md says why. Their own tests have others.
JUDGED = [name for name in CASES if name not in ("RandAugment", "AugMix", "RandomElasticTransform")]
ONE_LAYOUT_IN_KERAS = ("AutoContrast", "RandomColorJitter", "RandomErasing")


def laid(images, data_format):
    return images if data_format == "channels_last" else np.moveaxis(images, -1, -3).copy()


def arguments(name, data_format="channels_last", **more):
    return {**CASES[name], "data_format": data_format, **({"seed": 1} if name in RANDOM else {}), **more}


def make(name, data_format="channels_last", **more):
    return getattr(layers, name)(**arguments(name, data_format, **more))


def named(kind, name):
    return getattr(layers, kind)(**arguments(kind), name=name)


def of_keras(name, data_format, images, **more):
    """What Keras's layer makes of images in training, twice."""
    asked = "channels_last" if name in ONE_LAYOUT_IN_KERAS else data_format
    theirs = getattr(keras.layers, name)(**arguments(name, asked, **more))
    found = [theirs(laid(images, asked).copy(), training=True).numpy() for _ in range(2)]  # Keras writes into its input
    return [laid(one, data_format) if asked != data_format else one for one in found]


def assert_kerass(name, data_format, images, scale, **more):
    ours = make(name, data_format, **more)
    for expected in of_keras(name, data_format, images, **more):
        found = ours(torch.as_tensor(laid(images, data_format)), training=True)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4 * scale)
        assert found.numpy().dtype == expected.dtype
        assert tuple(ours.compute_output_shape(laid(images, data_format).shape)) == tuple(found.shape)


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("name", JUDGED)
def test_one_seed_gives_kerass_images(name, data_format):
    assert_kerass(name, data_format, IMAGES, 1.0)
    if name not in ("RandomSaturation", "RandomBrightness"):  # Keras refuses whole numbers, or counts beyond 255 from 0
        assert_kerass(name, data_format, IMAGES.astype("uint8"), 1.0)


@pytest.mark.parametrize("value_range", [(0, 1), (20, 200)])
@pytest.mark.parametrize("name", [name for name in RANGED if name in JUDGED])
def test_values_may_lie_in_any_range(name, value_range):
    assert_kerass(name, "channels_last", IMAGES / (255 if value_range == (0, 1) else 1), 1e-2, value_range=value_range)


@pytest.mark.parametrize("name", [name for name in JUDGED if name != "RandomColorJitter"])
def test_a_draw_of_kerass_gives_kerass_images(name):
    ours, theirs = make(name), getattr(keras.layers, name)(**arguments(name))
    images = torch.tensor(IMAGES)
    draw = theirs.get_random_transformation(images, training=True)
    found = ours.transform_images(images, draw, training=True)  # first: Keras writes into its draw
    np.testing.assert_allclose(found, theirs.transform_images(images, draw, training=True), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_both_layouts_agree_and_one_image_is_a_batch_of_one(name):
    last = make(name)(IMAGES, training=True)
    first = make(name, "channels_first")(laid(IMAGES, "channels_first"), training=True)
    torch.testing.assert_close(first.movedim(1, -1), last, rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(make(name)(IMAGES[0], training=True), make(name)(IMAGES[:1], training=True)[0])


@pytest.mark.parametrize("name", [name for name in JUDGED if name != "Equalization"])
def test_a_draw_follows_images_to_their_device(name):
    layer, elsewhere = make(name, bounding_box_format="xyxy"), torch.empty(IMAGES.shape, device="meta")
    draw = layer.get_random_transformation(IMAGES)
    assert layer.transform_images(elsewhere, draw).device.type == "meta"
    assert layer.transform_segmentation_masks(elsewhere, draw).device.type == "meta"
    boxes = {word: torch.tensor(value, device="meta") for word, value in BOXES.items()}
    if name not in WITHOUT_BOXES:
        assert layer.transform_bounding_boxes(boxes, draw)["boxes"].device.type == "meta"


@pytest.mark.parametrize("name", [name for name in CASES if name not in (*STILL, "RandomCrop")] + ["Equalization"])
def test_outside_training_images_stay_as_they_are(name):
    layer = make(name)
    assert torch.equal(layer(IMAGES, training=False), torch.as_tensor(IMAGES))
    theirs = getattr(keras.layers, name)(**arguments(name))
    whole = IMAGES.astype("uint8")
    assert layer(whole, training=False).dtype is theirs(whole, training=False).dtype
    assert torch.equal(layer(whole, training=False).byte(), torch.as_tensor(whole))


@pytest.mark.parametrize("name", [name for name in RANDOM if name not in ("RandomCrop", "RandAugment", "AugMix")])
def test_each_image_has_a_draw_of_its_own(name):
    big = np.repeat(IMAGES[:1], 8, axis=0)
    big[0] = 255 - big[0]  # so that there is something else to mix with
    out = make(name)(big, training=True)
    assert any(not torch.equal(out[1], other) for other in out[2:])


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_makes_draws_that_differ_from_call_to_call_and_come_again(name):
    images = RNG.uniform(0, 255, (4, 12, 10, 3)).astype("float32")
    layer, again = make(name), make(name)
    calls = [layer(images, training=True) for _ in range(4)]
    assert any(not torch.equal(calls[0], other) for other in calls[1:])
    assert all(torch.equal(one, again(images, training=True)) for one in calls)


@pytest.mark.parametrize("name", CASES)
def test_what_belongs_to_images_goes_along_and_nothing_given_is_written_into(name):
    layer = make(name, bounding_box_format="xyxy")
    data = {
        "images": IMAGES.copy(),
        "labels": np.eye(2, dtype="float32"),
        "segmentation_masks": RNG.integers(0, 3, (2, 7, 9, 1)).astype("float32"),
    }
    if name not in WITHOUT_BOXES:
        data["bounding_boxes"] = copy.deepcopy(BOXES)
    before = copy.deepcopy(data)
    for given in (
        data,
        {key: {k: v[0] for k, v in one.items()} if isinstance(one, dict) else one[0] for key, one in data.items()},
    ):
        out = layer(given, training=True)
        assert set(out) == set(given)
        sizes = tuple(out["images"].shape[-3:-1])
        assert tuple(out["segmentation_masks"].shape) == (*given["images"].shape[:-3], *sizes, 1)
        assert out["labels"].shape == given["labels"].shape
        if name not in WITHOUT_BOXES:
            assert out["bounding_boxes"]["boxes"].shape[:-1] == out["bounding_boxes"]["labels"].shape
    pellucid.tree.map_structure(np.testing.assert_array_equal, data, before)


def test_boxes_may_be_lists_beside_arrays_and_tensors():
    boxes = {"boxes": BOXES["boxes"].tolist(), "labels": torch.tensor(BOXES["labels"])}
    layer = layers.RandomFlip(seed=1, bounding_box_format="xyxy")
    found = layer({"images": IMAGES, "bounding_boxes": boxes}, training=True)
    again = layers.RandomFlip(seed=1, bounding_box_format="xyxy")
    expected = again({"images": torch.tensor(IMAGES), "bounding_boxes": BOXES}, training=True)
    assert torch.equal(found["bounding_boxes"]["boxes"], expected["bounding_boxes"]["boxes"])


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("MixUp", "AugMix")])
def test_masks_keep_their_classes(name):
    masks = RNG.integers(0, 3, (2, 7, 9, 1))
    layer = make(name)
    found = layer({"images": IMAGES, "segmentation_masks": masks}, training=True)["segmentation_masks"]
    assert set(found.unique().tolist()) <= {0, 1, 2}
    if not layer.moves and name not in ("CutMix", "RandAugment"):
        assert np.array_equal(found, masks)


@pytest.mark.parametrize("name", CASES)
def test_config_makes_it_again_and_keras_takes_it(name):
    layer = make(name, "channels_first")
    theirs = getattr(keras.layers, name)(**arguments(name, "channels_first"))
    config = layer.get_config()
    # Keras forgets these two.
    assert set(config) - set(theirs.get_config()) <= {"seed", "fill_value"} and set(theirs.get_config()) <= set(config)
    assert type(layer).from_config(config).get_config() == config
    if name != "RandomShear":  # of which Keras does not take its own config
        assert type(theirs).from_config(config)


def test_a_file_brings_all_of_them_back(tmp_path):
    model = pellucid.Sequential([pellucid.Input((7, 9, 3)), *(make(name) for name in CASES)])
    model.save(tmp_path / "model.keras")
    again = pellucid.models.load_model(tmp_path / "model.keras")
    assert again.to_json() == model.to_json()
    assert np.array_equal(again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0))
    model.compile("sgd", "mse")
    assert np.array_equal(again(IMAGES, training=True), model(IMAGES, training=True))  # seeds stand where they stood


@pytest.mark.parametrize("name", [name for name in RANDOM if name != "RandomCrop"])
def test_outside_training_a_pixel_comes_from_its_own_place_and_in_it_nobody_knows(name):
    inputs = pellucid.Input((7, 9, 3), name="x")
    model = pellucid.Model(inputs, layers.Rescaling(2.0)(named(name, "drawn")(inputs)))
    found, trained = (
        pellucid.trace(model, training=training).sources(("drawn", (1, 2, 0)), to="x") for training in (False, True)
    )
    assert found.exact and found.places == [(1, 2, 0)]
    assert not trained.exact and trained.count == 7 * 9 * 3


def test_a_call_that_says_that_it_trains_is_one_in_training():
    inputs = pellucid.Input((7, 9, 3), name="x")
    model = pellucid.Model(inputs, layers.RandomFlip(name="drawn")(inputs, training=True))
    assert not pellucid.trace(model).sources(("drawn", (1, 2, 0)), to="x").exact


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_boxes_are_mirrored_with_their_image(mode):
    layer = layers.RandomFlip(mode, bounding_box_format="xyxy")
    draw = {"flips": torch.tensor([True, False]).reshape(2, 1, 1, 1), "input_shape": IMAGES.shape}
    found = layer.transform_bounding_boxes({k: torch.as_tensor(v) for k, v in BOXES.items()}, draw)["boxes"]
    left, top, right, bottom = 1, 2, 5, 6
    if "horizontal" in mode:
        left, right = 9 - right, 9 - left
    if "vertical" in mode:
        top, bottom = 7 - bottom, 7 - top
    assert found.tolist() == [[[left, top, right, bottom]], [[0, 1, 8, 3]]]


def test_boxes_go_where_their_image_goes():
    """A bright patch, its box, and a move: the box still goes around the patch."""
    image = np.zeros((1, 40, 40, 1), "float32")
    image[0, 10:16, 20:30] = 1.0
    boxes = {"boxes": np.array([[[20.0, 10.0, 30.0, 16.0]]], "float32"), "labels": np.array([[1]])}
    for layer in (
        layers.RandomTranslation((0.2, 0.2), (-0.25, -0.25), fill_mode="constant", bounding_box_format="xyxy"),
        layers.RandomZoom((-0.5, -0.5), fill_mode="constant", bounding_box_format="xyxy"),
        layers.RandomZoom((0.5, 0.5), fill_mode="constant", bounding_box_format="xyxy"),
        layers.RandomRotation((0.25, 0.25), fill_mode="constant", bounding_box_format="xyxy"),
        layers.Resizing(20, 80, bounding_box_format="xyxy"),
        layers.CenterCrop(30, 36, bounding_box_format="xyxy"),
    ):
        out = layer({"images": image, "bounding_boxes": boxes}, training=True)
        rows, columns = np.nonzero(out["images"][0, ..., 0].numpy() > 0.5)
        left, top, right, bottom = out["bounding_boxes"]["boxes"][0, 0].tolist()
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose([left, top, right, bottom], seen, atol=1.6, err_msg=layer.name)
        assert out["bounding_boxes"]["labels"].tolist() == [[1]]


def test_a_network_that_begins_with_them_trains():
    model = pellucid.Sequential(
        [
            pellucid.Input((7, 9, 3)),
            layers.Resizing(8, 8),
            layers.RandomFlip("horizontal", seed=0),
            layers.RandomRotation(0.1, seed=0),
            layers.RandomContrast(0.2, seed=0),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    model.compile("sgd", "mse")
    assert np.isfinite(model.fit(IMAGES, np.zeros((2, 2)), epochs=2, verbose=0).history["loss"]).all()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.Resizing(0, 3), "in pixels"),
        (lambda: layers.RandomFlip("sideways"), "way to flip"),
        (lambda: layers.RandomRotation(1.5), "number or two"),
        (lambda: layers.RandomRotation(0.1, fill_mode="mirror"), "not known"),
        (lambda: layers.RandomBrightness(0.1, value_range=3), "two numbers"),
        (lambda: layers.RandomContrast(-0.1), "number or two"),
        (lambda: layers.RandomFlip()(np.ones((3, 3))), "three axes"),
        (lambda: layers.RandomFlip()({"images": IMAGES, "bounding_boxes": BOXES}), "format of the boxes"),
        (lambda: layers.RandomFlip(bounding_box_format="xyxy")({"images": IMAGES, "bounding_boxes": 3}), "as a dict"),
    ],
)
def test_mistakes_are_told(make, text):
    with pytest.raises((ValueError, NotImplementedError), match=text):
        make()
