"""Images cut to a form and resized, as Keras does it."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from pellucid import errors
from pellucid.preprocessing.image import smart_resize


@pytest.mark.parametrize("shape", [(9, 6), (6, 9), (5, 5)])
@pytest.mark.parametrize("size", [(4, 4), (3, 8), (12, 2)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_images_are_cut_in_the_middle_and_resized(shape, size, data_format, batch):
    shape = (*batch, *shape, 3) if data_format == "channels_last" else (*batch, 3, *shape)
    x = np.random.default_rng(0).uniform(0, 255, shape).astype("float32")
    expected = keras.preprocessing.image.smart_resize(x, size, data_format=data_format)
    got = smart_resize(x, size, data_format=data_format)
    assert isinstance(got, np.ndarray)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-3)
    assert isinstance(smart_resize(torch.tensor(x), size, data_format=data_format), torch.Tensor)


def test_what_is_no_image_is_refused():
    with pytest.raises(errors.ShapeError, match="no image"):
        smart_resize(np.zeros((4, 4)), (2, 2))
    with pytest.raises(errors.ArgumentError, match="a height and a width"):
        smart_resize(np.zeros((4, 4, 3)), (2,))
