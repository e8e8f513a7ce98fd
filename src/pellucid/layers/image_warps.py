"""Layers that bend images at random: RandomShear, RandomPerspective, RandomElasticTransform.

Below: image_moves.py is the parent of all that read images at moved places; ops/warping.py reads them.
"""

from __future__ import annotations

import torch

from pellucid import ops, random
from pellucid.errors import UnsupportedError
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.image_moves import Warping
from pellucid.layers.image_values import BYTES, ordered
from pellucid.layers.images import bounds, share
from pellucid.ops.warping import homography


class RandomShear(Warping):
    """In training images pushed sideways, the more the lower, and downwards, the more the farther right.

    Args:
        x_factor, y_factor: pixels to the left, and up, for each pixel down, and right, at most; or two numbers. Either way
            is as likely.

    Source: keras.layers.RandomShear, Keras 3.15.
    """

    own = ("x_factor", "y_factor", *Warping.warped)

    def __init__(
        self,
        x_factor=0.0,
        y_factor=0.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, fill_value, data_format=data_format, seed=seed, **kwargs)
        self.x_factor = bounds("x_factor", x_factor, -1.0, 1.0)
        self.y_factor = bounds("y_factor", y_factor, -1.0, 1.0)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        images, shape = data["images"] if isinstance(data, dict) else data, (self._count(data), 1)
        way = torch.where(self._uniform(shape, 0.0, 1.0, seed) > 0.5, -1.0, 1.0)
        down = self._uniform(shape, *self.y_factor, seed)
        across = self._uniform(shape, *self.x_factor, seed)
        return {"shear_factor": torch.cat([across, down], dim=1) * way, "input_shape": tuple(images.shape)}

    def _matrix(self, images, transformation):
        across, down = convert_to_tensor(transformation["shear_factor"]).unbind(-1)
        one, zero = torch.ones_like(across), torch.zeros_like(across)
        return torch.stack([one, across, zero, down, one, zero, zero, zero], dim=-1)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not (training and transformation):
            return bounding_boxes
        shape = transformation["input_shape"]
        high, wide = shape[self._height_axis], shape[self._height_axis + 1]

        def move(boxes):
            """Keras shears boxes in shares of the image, and so do we: in pixels only of square ones."""
            across, down = convert_to_tensor(transformation["shear_factor"]).to(boxes).split(1, dim=-1)
            size = boxes.new_tensor([wide, high, wide, high])
            left, top, right, bottom = (boxes / size).unbind(-1)
            near, far = torch.where(across < 0, top, bottom), torch.where(across < 0, bottom, top)
            left, right = left - across * near, right - across * far
            near, far = torch.where(down > 0, right, left), torch.where(down > 0, left, right)
            return torch.stack([left, top - down * near, right, bottom - down * far], dim=-1) * size

        return self._in_corners(bounding_boxes, (high, wide), move)


class RandomPerspective(Warping):
    """In training some images as seen from elsewhere: their corners are moved.

    Args:
        factor: how likely at most, from 0 to 1; or two bounds of the chance.
        scale: how far each corner is moved at most, as a share of half of its distance to the first one.

    Source: keras.layers.RandomPerspective, Keras 3.15.
    """

    own = ("factor", "scale", "interpolation", "fill_value", "seed")

    def __init__(
        self, factor=1.0, scale=1.0, interpolation="bilinear", fill_value=0.0, seed=None, data_format=None, **kwargs
    ):
        super().__init__("constant", interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.factor, self.scale = bounds("factor", factor, 0.0, 1.0), share("scale", scale)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training:
            return None
        images, count = data["images"] if isinstance(data, dict) else data, self._count(data)
        chosen, (high, wide) = self._chosen(data, self.factor, seed), self._size(data)
        moves = self._uniform((count, 4, 2), -0.5 * self.scale, 0.5 * self.scale, seed)
        right, bottom = wide - 1.0, high - 1.0
        start = moves.new_tensor([[0, 0], [right, 0], [0, bottom], [right, bottom]]).repeat(count, 1, 1)
        return {
            "apply_perspective": chosen,
            "start_points": start,
            "end_points": start + start * moves,
            "input_shape": tuple(images.shape),
        }

    def _moved(self, images, transformation, interpolation):
        found = ops.image.perspective_transform(
            images,
            self._points(transformation, "start_points", images),
            self._points(transformation, "end_points", images),
            interpolation=interpolation,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return torch.where(self._each(transformation["apply_perspective"], images), found, images)

    def _points(self, transformation, word, beside):
        return convert_to_tensor(transformation[word], dtype="float32").to(beside.device)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        if not (training and transformation):
            return bounding_boxes
        shape = transformation["input_shape"]
        high, wide = int(shape[self._height_axis]), int(shape[self._height_axis + 1])

        def move(boxes):
            """The least boxes around the moved corners."""
            start, end = (self._points(transformation, word, boxes) for word in ("start_points", "end_points"))
            left, top, right, bottom = boxes.unbind(-1)
            x, y = torch.stack([left, right, left, right], -1), torch.stack([top, bottom, bottom, top], -1)
            a0, a1, a2, b0, b1, b2, c0, c1 = homography(end, start)[:, :, None, None].unbind(1)
            k = c0 * x + c1 * y + 1
            x, y = (a0 * x + a1 * y + a2) / k, (b0 * x + b1 * y + b2) / k
            found = torch.stack([x.amin(-1), y.amin(-1), x.amax(-1), y.amax(-1)], dim=-1)
            chosen = convert_to_tensor(transformation["apply_perspective"]).to(boxes.device)
            return torch.where(chosen[:, None, None], found, boxes)

        return self._in_corners(bounding_boxes, (high, wide), move)


class RandomElasticTransform(Warping):
    """In training some images whose pixels are moved a little, neighbors alike.

    Args:
        factor: how likely at most, from 0 to 1; or two bounds of the chance.
        scale: how strongly at most, from 0 to 1; or two bounds. One draw for a batch.
        fill_mode: as for other layers that move images, or "mirror".

    Raises:
        UnsupportedError: there are boxes.

    Source: keras.layers.RandomElasticTransform, Keras 3.15.
    """

    fills = (*Warping.fills, "mirror")
    own = ("factor", "scale", "value_range", *Warping.warped)

    def __init__(
        self,
        factor=1.0,
        scale=1.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        value_range=BYTES,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, data_format=data_format, **kwargs)
        self.factor, self.scale = (bounds(*told, 0.0, 1.0) for told in (("factor", factor), ("scale", scale)))
        self.value_range = ordered(value_range)

    def get_random_transformation(self, data, training=True, seed=None):
        if not training or self.scale[1] == 0 or self.factor[1] == 0:
            return None
        return {
            "apply_transform": self._chosen(data, self.factor, seed),
            "distortion_factor": self._uniform((), *self.scale, seed),
            # A number, and no generator: masks are moved as their images are.
            "seed": int(random.randint((), 0, 2**31 - 1, seed=self._seed(seed))),
        }

    def get_elastic_transform_params(self, height, width, factor):
        """How far pixels move, and how far neighbors move alike, in pixels."""
        return max(height, width) * (0.1 * factor), min(height, width) * (0.05 * factor)

    def transform_images(self, images, transformation, training=True):
        images = super().transform_images(images, transformation, training)
        return images.clamp(*self.value_range) if training and transformation else images

    def _moved(self, images, transformation, interpolation):
        alpha, sigma = self.get_elastic_transform_params(
            *self._size(images), float(transformation["distortion_factor"])
        )
        found = ops.image.elastic_transform(
            images,
            alpha=alpha,
            sigma=sigma,
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            seed=transformation["seed"],
            data_format=self.data_format,
        )
        return torch.where(self._each(transformation["apply_transform"], images), found, images)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        raise UnsupportedError(
            "RandomElasticTransform does not know what becomes of boxes.",
            got='data with "bounding_boxes"',
            fix="layers.RandomShear(0.2, 0.2)",
        )
