"""Images and what belongs to them: what all layers share that change images, one by one and at random.

Below:  bounding_boxes.py moves boxes.
Above:  image_sizes.py, image_moves.py, image_warps.py, image_colors.py, image_filters.py, image_histograms.py,
        image_patches.py and image_boxes.py say what happens to images; image_chains.py lets others do it.
Kept true: labels, boxes and masks go through the same draw as their image.
"""

from __future__ import annotations

from pellucid import bounding_boxes, ops, random
from pellucid.errors import ArgumentError, ShapeError, UnsupportedError
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.base import Layer
from pellucid.layers.tensorflow_graphs import may_wait
from pellucid.links import Same, Unknown
from pellucid.random.seed import SeedGenerator
from pellucid.settings import standardize_data_format

# Methods that TensorFlow programs call in their graphs.
_KINDS = ("image", "label", "bounding_box", "segmentation_mask")
_TRANSFORMS = {f"transform_{kind}{ending}" for kind in _KINDS for ending in ("s", "es")}


class ImageLayer(Layer):
    """A layer over images, or dicts of "images" with "labels", "bounding_boxes" and "segmentation_masks".

    Shapes:
        images  (batch, height, width, channels) or (height, width, channels); channels before them with channels_first

    A subclass draws in `get_random_transformation`, and says what a draw does to images, and to boxes where that moves
    them. What it draws is its own affair.

    Args:
        bounding_box_format: of "bounding_boxes", as in `utils.bounding_boxes`.
        seed: of its draws.
    """

    moves = False  # whether places change, so that boxes and masks go along
    draws = True  # whether anything is left to chance
    own: tuple[str, ...] = ()  # arguments that the config keeps

    def __init__(self, data_format=None, bounding_box_format=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = standardize_data_format(data_format)
        self.bounding_box_format = bounding_box_format
        if self.draws:
            self.seed, self.generator = seed, SeedGenerator(seed)
        self._allow_non_tensor_positional_args = True
        self._build_at_init()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in cls.__dict__.keys() & _TRANSFORMS:
            setattr(cls, name, may_wait(cls.__dict__[name]))

    # ---- what a subclass says

    def get_random_transformation(self, data, training=True, seed=None):
        """What is drawn for one batch; None where there is nothing to draw."""
        return

    def transform_images(self, images, transformation, training=True):
        """Images after a draw."""
        raise UnsupportedError(f"{type(self).__name__} does not say what it does to images.")

    def transform_labels(self, labels, transformation, training=True):
        """Labels after a draw."""
        return labels

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """Masks after a draw: moved as their images, and of the same classes as before."""
        if not (self.moves and training):
            return segmentation_masks
        return self._moved(convert_to_tensor(segmentation_masks), transformation, "nearest")

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """Boxes after a draw, with their labels."""
        return bounding_boxes

    def _moved(self, images, transformation, interpolation: str):
        """Images, their places moved."""
        return self.transform_images(images, transformation)

    # ---- single ones

    def transform_single_image(self, image, transformation, training=True):
        """One image after a draw."""
        return self.transform_images(image.unsqueeze(0), transformation, training=training).squeeze(0)

    def transform_single_label(self, label, transformation, training=True):
        """One label after a draw."""
        return self.transform_labels(convert_to_tensor(label).unsqueeze(0), transformation, training=training).squeeze(
            0
        )

    def transform_single_segmentation_mask(self, segmentation_mask, transformation, training=True):
        """One mask after a draw."""
        masks = convert_to_tensor(segmentation_mask).unsqueeze(0)
        return self.transform_segmentation_masks(masks, transformation, training=training).squeeze(0)

    def transform_single_bounding_box(self, bounding_box, transformation, training=True):
        """The boxes of one image after a draw."""
        words = ("boxes", "labels")
        batch = {word: convert_to_tensor(bounding_box[word]).unsqueeze(0) for word in words}
        moved = self.transform_bounding_boxes({**bounding_box, **batch}, transformation, training=training)
        return {**moved, **{word: moved[word].squeeze(0) for word in words}}

    # ---- a call

    def call(self, data, training=True):
        if isinstance(data, dict):
            data = {**data, "images": convert_to_tensor(data["images"])}
        else:
            data = convert_to_tensor(data)
        transformation = self.get_random_transformation(data, training=training)
        if not isinstance(data, dict):
            return self._images(data, transformation, training)
        is_batch = self._is_batch(data["images"])
        result = {**data, "images": self._images(data["images"], transformation, training)}
        for word, of_batch, of_one in (
            ("labels", self.transform_labels, self.transform_single_label),
            ("segmentation_masks", self.transform_segmentation_masks, self.transform_single_segmentation_mask),
            ("bounding_boxes", self.transform_bounding_boxes, self.transform_single_bounding_box),
        ):
            if word in data:
                value = self._boxes(data[word]) if word == "bounding_boxes" else convert_to_tensor(data[word])
                result[word] = (of_batch if is_batch else of_one)(value, transformation, training=training)
        return result

    def _images(self, images, transformation, training):
        transform = self.transform_images if self._is_batch(images) else self.transform_single_image
        return transform(images, transformation, training=training)

    def _boxes(self, given) -> dict:
        if not self.bounding_box_format:
            raise ArgumentError(
                f"Layer '{self.name}' does not know the format of the boxes.", fix='bounding_box_format="xyxy"'
            )
        if not isinstance(given, dict) or not {"boxes", "labels"} <= set(given):
            raise ArgumentError(
                "Boxes come as a dict.", got=type(given).__name__, expected='{"boxes": (..., 4), "labels": (...)}'
            )
        boxes = convert_to_tensor(given["boxes"], dtype="float32")
        return {**given, "boxes": boxes, "labels": convert_to_tensor(given["labels"])}

    def _is_batch(self, images) -> bool:
        if len(images.shape) not in (3, 4):
            raise ShapeError(
                "An image has three axes, a batch of them four.", got=tuple(images.shape), fix="images[..., None]"
            )
        return len(images.shape) == 4

    # ---- words for subclasses

    @property
    def _height_axis(self) -> int:
        return -2 if self.data_format == "channels_first" else -3

    @property
    def _channels_axis(self) -> int:
        return -3 if self.data_format == "channels_first" else -1

    def _size(self, data) -> tuple[int, int]:
        """Height and width of the images."""
        images = data["images"] if isinstance(data, dict) else data
        return images.shape[self._height_axis], images.shape[self._height_axis + 1]

    def _count(self, data) -> int:
        """How many draws images need: one each."""
        images = data["images"] if isinstance(data, dict) else data
        return images.shape[0] if self._is_batch(images) else 1

    def _shape_of_draws(self, data) -> tuple[int, ...]:
        """A number for each image, to be broadcast against it."""
        images = data["images"] if isinstance(data, dict) else data
        return (images.shape[0], 1, 1, 1) if self._is_batch(images) else (1, 1, 1)

    def _seed(self, seed):
        """Where a draw starts: as given, else from the layer's own generator."""
        return self.generator if seed is None else seed

    def _uniform(self, shape, low, high, seed=None):
        return random.uniform(tuple(shape), low, high, seed=self._seed(seed))

    def _chosen(self, data, factor, seed=None):
        """Which images a chance between two bounds picks."""
        chance = self._uniform((self._count(data),), *factor, seed)
        return self._uniform((self._count(data),), 0.0, 1.0, seed) < chance

    def _each(self, numbers, images):
        """Numbers of each image, to be broadcast against them."""
        numbers = convert_to_tensor(numbers).to(images.device)
        numbers = numbers.to(images.dtype) if numbers.is_floating_point() else numbers
        return numbers.reshape(-1, *(1,) * (images.ndim - 1))

    def _computed(self, images):
        return ops.cast(images, self.compute_dtype)

    def _in_corners(self, boxes: dict, size, move, new_size=None) -> dict:
        """Boxes whose corners, in pixels, `move` moves; cut off at the image that comes out."""
        (height, width), (new_height, new_width) = size, new_size or size
        boxes = bounding_boxes.convert_format(dict(boxes), self.bounding_box_format, "xyxy", height, width)
        boxes["boxes"] = move(boxes["boxes"])
        boxes = bounding_boxes.clip_to_image_size(boxes, new_height, new_width)
        return bounding_boxes.convert_format(boxes, "xyxy", self.bounding_box_format, new_height, new_width)

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_output_spec(self, inputs, **kwargs):
        if isinstance(inputs, dict):
            return compute_output_spec(self.call, inputs, **kwargs)
        return super().compute_output_spec(inputs, **kwargs)

    def links(self):
        """Outside training images stay as they are."""
        return Same(in_training=Unknown()) if self.draws else None

    def get_config(self):
        config = {**super().get_config(), "data_format": self.data_format}
        if self.bounding_box_format is not None:
            config["bounding_box_format"] = self.bounding_box_format
        return config | {name: getattr(self, name) for name in self.own}


def bounds(name: str, factor, low: float, high: float, symmetric: bool = True) -> tuple[float, float]:
    """A number or a pair of them as two bounds in order: f is -f to f, or from `low` where that is more.

    Raises:
        ArgumentError: neither, or outside `low` to `high`.
    """
    if isinstance(factor, (tuple, list)) and len(factor) == 2:
        pair = tuple(sorted(factor))
    elif isinstance(factor, (int, float)) and not isinstance(factor, bool):
        pair = (max(-abs(factor), low), abs(factor)) if symmetric else (0.0, factor)
    else:
        pair = (low - 1, high + 1)
    given = factor if isinstance(factor, (tuple, list)) else [factor]
    if len(given) > 2 or any(not isinstance(one, (int, float)) or not low <= one <= high for one in given):
        raise ArgumentError(
            f"`{name}` is a number or two.",
            got=repr(factor),
            expected=f"from {low} to {high}",
            fix=f"{name}={high / 2}",
        )
    return pair


def share(name: str, number) -> float:
    """A number from 0 to 1.

    Raises:
        ArgumentError: something else.
    """
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number <= 1:
        raise ArgumentError(f"`{name}` is a share.", got=repr(number), expected="from 0 to 1", fix=f"{name}=0.5")
    return number
