"""Layers that let other image layers do the work: RandAugment, AugMix, RandomColorJitter.

Below: image_colors.py, image_filters.py, image_histograms.py, image_moves.py and image_warps.py do it.
"""

from __future__ import annotations

import torch

from pellucid import random
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.image_colors import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomHue,
    RandomPosterization,
    RandomSaturation,
    Solarization,
)
from pellucid.layers.image_filters import RandomSharpness
from pellucid.layers.image_histograms import AutoContrast, Equalization
from pellucid.layers.image_moves import RandomRotation, RandomTranslation
from pellucid.layers.image_values import BYTES
from pellucid.layers.image_warps import RandomShear
from pellucid.layers.images import ImageLayer, bounds

# By the name of a part: its class, the arguments that say how strong it is, and one that it takes besides.
_PARTS = {
    "random_shear": (RandomShear, ("x_factor", "y_factor"), "interpolation"),
    "random_translation": (RandomTranslation, ("height_factor", "width_factor"), "interpolation"),
    "random_rotation": (RandomRotation, ("factor",), "interpolation"),
    "random_brightness": (RandomBrightness, ("factor",), "value_range"),
    "random_color_degeneration": (RandomColorDegeneration, ("factor",), "value_range"),
    "random_contrast": (RandomContrast, ("factor",), "value_range"),
    "random_sharpness": (RandomSharpness, ("factor",), "value_range"),
    "random_posterization": (RandomPosterization, ("factor",), "value_range"),
    "solarization": (Solarization, ("addition_factor", "threshold_factor"), "value_range"),
    "auto_contrast": (AutoContrast, (), "value_range"),
    "equalization": (Equalization, (), "value_range"),
}


class Chain(ImageLayer):
    """Image layers one after the other; each is an attribute."""

    def build(self, input_shape):
        """Nothing is left to make: the parts are built when they are made."""

    def _part(self, layer, **kwargs):
        """A layer that sees images as this one does."""
        if layer.draws:
            kwargs["seed"] = self.seed
        shared = {"data_format": self.data_format, "bounding_box_format": self.bounding_box_format}
        return layer(dtype=self.dtype_policy, **shared, **kwargs)

    def _draw(self, name, data, seed):
        """What a part draws, from the seed of the whole."""
        return getattr(self, name).get_random_transformation(data, seed=self._seed(seed))


class Augmenting(Chain):
    """In training parts that are drawn.

    Args:
        value_range: the smallest and the largest value of images.
        factor: how strong the parts are at most, from 0 to 1; or two bounds.
        interpolation: "bilinear" or "nearest", of those that move places.
    """

    def _make_parts(self, names, value_range, factor, interpolation):
        self.value_range, self.interpolation = value_range, interpolation
        self.factor = bounds("factor", factor, 0.0, 1.0)
        for name in names:
            layer, strengths, word = _PARTS[name]
            strength = max(1, int(8 * self.factor[1])) if layer is RandomPosterization else self.factor
            kwargs = {**dict.fromkeys(strengths, strength), word: getattr(self, word)}
            setattr(self, name, self._part(layer, **kwargs))


class RandAugment(Augmenting):
    """In training images through a few layers, drawn among eleven, the same for a batch.

    Args:
        num_ops: how many.

    Source: keras.layers.RandAugment, Keras 3.15; Cubuk et al. 2019, arxiv.org/abs/1909.13719.
    """

    own = ("value_range", "num_ops", "factor", "interpolation", "seed")

    def __init__(
        self,
        value_range=BYTES,
        num_ops=2,
        factor=0.5,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.num_ops = num_ops
        self._make_parts(_PARTS, value_range, factor, interpolation)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        chosen = random.randint((self.num_ops,), 0, len(_PARTS), seed=self._seed(seed))
        return {"transforms": {name: self._draw(name, data, seed) for name in _PARTS}, "layer_idxes": chosen}

    def _steps(self, transformation):
        """The parts that were drawn, in their order, and what each one drew."""
        drawn = list(transformation["transforms"].items())
        for index in convert_to_tensor(transformation["layer_idxes"]).tolist():
            name, draw = drawn[index]
            yield getattr(self, name), draw

    def transform_images(self, images, transformation, training=True):
        images = self._computed(convert_to_tensor(images))
        for part, draw in self._steps(transformation) if training else ():
            images = part.transform_images(images, draw)
        return images

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        for part, draw in self._steps(transformation) if training else ():
            segmentation_masks = part.transform_segmentation_masks(segmentation_masks, draw)
        return segmentation_masks

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        for part, draw in self._steps(transformation) if training else ():
            bounding_boxes = part.transform_bounding_boxes(bounding_boxes, draw)
        return bounding_boxes


class AugMix(Augmenting):
    """In training images mixed with what several chains of layers make of them; chains are the same for a batch.

    Args:
        num_chains: how many chains.
        chain_depth: layers in a chain at most.
        alpha: of the distributions that weights are drawn from.
        all_ops: whether layers that change brightness, colors, contrast and sharpness are among them.

    Source: keras.layers.AugMix, Keras 3.15; Hendrycks et al. 2020, arxiv.org/abs/1912.02781.
    """

    own = ("value_range", "num_chains", "chain_depth", "factor", "alpha", "all_ops", "interpolation", "seed")
    _always = (
        "random_shear", "random_translation", "random_rotation", "random_posterization", "solarization",
        "auto_contrast", "equalization",
    )  # fmt: skip

    def __init__(
        self,
        value_range=BYTES,
        num_chains=3,
        chain_depth=3,
        factor=0.3,
        alpha=1.0,
        all_ops=True,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.num_chains, self.chain_depth, self.alpha, self.all_ops = num_chains, chain_depth, alpha, all_ops
        self._names = tuple(_PARTS) if all_ops else self._always
        self._make_parts(self._names, value_range, factor, interpolation)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        seed = self._seed(seed)
        weights = random.gamma((self.num_chains,), self.alpha, seed=seed)
        weight = random.beta((), self.alpha, self.alpha, seed=seed)
        # One number more than there are parts: no part.
        chosen = random.randint((self.num_chains, self.chain_depth), 0, len(self._names) + 1, seed=seed)
        chains = [[self._names[index] for index in chain if index < len(self._names)] for chain in chosen.tolist()]
        return {
            "chain_mixing_weights": weights / weights.sum(),
            "weight_sample": weight,
            "chain_transforms": [
                [{"layer_name": name, "transformation": self._draw(name, data, seed)} for name in chain]
                for chain in chains
            ],
        }

    def _mixed(self, values, transformation, method: str):
        """Values, and what the chains make of them, each with its weight."""
        weights, weight = (
            convert_to_tensor(transformation[word]).to(values) for word in ("chain_mixing_weights", "weight_sample")
        )
        found = torch.zeros_like(values)
        for share, chain in zip(weights, transformation["chain_transforms"], strict=True):
            changed = values
            for step in chain:
                part = getattr(self, step["layer_name"])
                changed = getattr(part, method)(changed, step["transformation"])
            found = found + changed * share
        return weight * values + (1 - weight) * found

    def transform_images(self, images, transformation, training=True):
        images = self._computed(convert_to_tensor(images))
        if not training:
            return images
        return self._mixed(images, transformation, "transform_images").clamp(*self.value_range)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        if not training:
            return segmentation_masks
        masks = self._computed(convert_to_tensor(segmentation_masks))
        return self._mixed(masks, transformation, "transform_segmentation_masks")


class RandomColorJitter(Chain):
    """In training images of other brightness, contrast, saturation and hue, in this order.

    Args:
        value_range: the smallest and the largest value of images.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: as for the layer of that name; None leaves
            it out.

    Source: keras.layers.RandomColorJitter, Keras 3.15.
    """

    own = ("value_range", "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor", "seed")

    def __init__(
        self,
        value_range=BYTES,
        brightness_factor=None,
        contrast_factor=None,
        saturation_factor=None,
        hue_factor=None,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.value_range = value_range
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        self.random_brightness = self._toned(RandomBrightness, brightness_factor)
        self.random_contrast = self._toned(RandomContrast, contrast_factor)
        self.random_saturation = self._toned(RandomSaturation, saturation_factor)
        self.random_hue = self._toned(RandomHue, hue_factor)

    def _toned(self, layer, factor):
        return None if factor is None else self._part(layer, factor=factor, value_range=self.value_range)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        names = ("random_brightness", "random_contrast", "random_saturation", "random_hue")
        return {name: self._draw(name, data, seed) for name in names if getattr(self, name) is not None}

    def transform_images(self, images, transformation, training=True):
        images = convert_to_tensor(images)
        if not training:
            return images
        images = self._computed(images)
        draws = self.get_random_transformation(images) if transformation is None else transformation
        for name, draw in draws.items():
            images = getattr(self, name).transform_images(images, draw)
        return images
