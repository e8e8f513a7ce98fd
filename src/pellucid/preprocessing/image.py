"""Door: ``pellucid.preprocessing.image``, Keras 2's names for images."""

from pellucid.files.images import array_to_img, img_to_array, load_img, save_img
from pellucid.ops.fitting import smart_resize

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]
