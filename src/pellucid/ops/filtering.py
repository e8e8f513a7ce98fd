"""Filters of images: blur, edges, and how alike two images look.

Below:  images.py says what an image is; PyTorch's depthwise convolutions slide the filters.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid.errors import ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.images import batch_channels_first, check_image, from_channels_first
from pellucid.ops.promotion import floating, tensor

_SOBEL = ((-1.0, -2.0, -1.0), (0.0, 0.0, 0.0), (1.0, 2.0, 1.0))


@operation
def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Each pixel becomes the mean of those around it, weighted by a bell curve; zeros lie around the image.

    Args:
        kernel_size: height and width of the window, in pixels.
        sigma: standard deviations of the bell curve along the width and along the height, in pixels.

    Raises:
        ShapeError: no image.
    """
    images = floating(images)
    check_image(images.shape)
    height, width = (int(size) for size in kernel_size)
    along_width, along_height = (tensor(one).to(images.device, images.dtype) for one in (sigma[0], sigma[1]))
    x = batch_channels_first(images, data_format)
    # A bell over an area is a bell over the rows, then one over the columns: fewer products than at once.
    x = _slide(x, _bell(height, along_height, x).view(1, 1, -1, 1))
    x = _slide(x, _bell(width, along_width, x).view(1, 1, 1, -1))
    return from_channels_first(x, data_format, images.ndim)


def _bell(size, sigma, like):
    offsets = torch.arange(size, dtype=like.dtype, device=like.device) - (size - 1) / 2
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    return weights / weights.sum()


def _slide(x, window):
    """The same window over each channel, with zeros around; of an even window the odd cell is behind."""
    channels = x.shape[1]
    height, width = window.shape[2:]
    if height % 2 == 0 or width % 2 == 0:
        x = F.pad(x, ((width - 1) // 2, width // 2, (height - 1) // 2, height // 2))
        return F.conv2d(x, window.expand(channels, 1, height, width), groups=channels)
    return F.conv2d(x, window.expand(channels, 1, height, width), padding=(height // 2, width // 2), groups=channels)


@operation
def sobel_edges(images, data_format=None):
    """How strongly images change downwards and to the right, by Sobel's windows of 3*3 pixels, with zeros around.

    Shapes:
        images  (batch, height, width, channels), or channels first
        output  the same, and a last axis of 2: downwards, to the right

    Raises:
        ShapeError: not four axes.
    """
    images = floating(images)
    check_image(images.shape, ranks=(4,))
    x = batch_channels_first(images, data_format)
    down = torch.tensor(_SOBEL, dtype=x.dtype, device=x.device).view(1, 1, 3, 3)
    edges = (from_channels_first(_slide(x, window), data_format, 4) for window in (down, down.transpose(2, 3)))
    return torch.stack(tuple(edges), -1)


@operation
def ssim(image1, image2, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, data_format=None):
    """The structural similarity of two images: 1 for equal ones. Source: Wang et al. 2004, doi:10.1109/TIP.2003.819861.

    Shapes:
        image1, image2  (height, width, channels) or (batch, height, width, channels), or channels first
        output          () or (batch,)

    Args:
        max_val: the largest value that the images can have, such as 255.
        filter_size, filter_sigma: size and standard deviation of the bell-shaped window, in pixels.
        k1, k2: keep the quotients finite.

    Raises:
        ShapeError: no images.
    """
    image1, image2 = tensor(image1), tensor(image2)
    check_image(image1.shape, "image1")
    check_image(image2.shape, "image2")
    x, y = (batch_channels_first(floating(image), data_format) for image in (image1, image2))
    if x.shape != y.shape:
        raise ShapeError("Two images are compared place by place.", got=f"{tuple(image1.shape)}, {tuple(image2.shape)}")
    bell = _bell(filter_size, filter_sigma, x)

    def mean(values):
        values = F.conv2d(values, bell.view(1, 1, -1, 1).expand(x.shape[1], 1, -1, 1), groups=x.shape[1])
        return F.conv2d(values, bell.view(1, 1, 1, -1).expand(x.shape[1], 1, 1, -1), groups=x.shape[1])

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_x, mean_y = mean(x), mean(y)
    variances = mean(x * x) - mean_x**2 + mean(y * y) - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness = likeness / ((mean_x**2 + mean_y**2 + c1) * (variances + c2))
    result = likeness.mean((1, 2, 3))
    return result.squeeze(0) if image1.ndim == 3 else result
