"""Pieces of arithmetic that know their own derivative: what training runs in place of PyTorch's record of each operation.

Below:  PyTorch's kernels, forwards and backwards.
Above:  layers say which pieces they are made of (`Layer.pieces`); engine/passages/ orders and runs them.
Axes:   images are (batch, height, width, channels); kernels as Keras stores them.
Kept true: the numbers are those of the layers' `call`, and the gradients those of PyTorch's autograd, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from pellucid.ops.convolution import uneven
from pellucid.ops.matrices import product
from pellucid.ops.pooling import plan_windows
from pellucid.ops.windows import lay

aten = torch.ops.aten


class Piece:
    """One value of one or several. A sister computes `forward`, and in `backward` what autograd would.

    Args:
        weights: the variables that it reads, in the order in which it takes them.
    """

    is_fresh = True  # the output is memory of its own, which nobody else reads
    keeps_output = False  # `backward` reads the output
    shares_gradient = False  # an input's gradient may lie in the memory of the output's
    may_overwrite = False  # `forward` can put its output into the memory of its first input

    def __init__(self, *weights):
        self.weights = weights

    def forward(self, xs: list, weights: list, overwrite: bool) -> tuple[torch.Tensor, Any]:
        """The output, and what `backward` needs.

        Args:
            xs: the inputs.
            weights: tensors, in the order of `self.weights`.
            overwrite: whether the first input's memory may be used, where `may_overwrite`.
        """
        raise NotImplementedError

    def backward(self, gradient, kept, weights: list, wanted: list[bool], owned: bool) -> tuple[list, list]:
        """Gradients of the inputs, and of the weights.

        Args:
            wanted: for each input, then for each weight, whether its gradient is asked for.
            owned: whether `gradient` is nobody else's, and may be changed.
        """
        raise NotImplementedError


class Product(Piece):
    """``x @ kernel + bias``."""

    def forward(self, xs, weights, overwrite):
        kernel, *bias = weights
        x = xs[0].reshape(-1, kernel.shape[0])
        y = product(x, kernel)
        if bias:
            y += bias[0]
        return y.view(*xs[0].shape[:-1], kernel.shape[1]), (x, xs[0].shape)

    def backward(self, gradient, kept, weights, wanted, owned):
        (x, shape), (kernel, *bias) = kept, weights
        g = gradient.reshape(-1, kernel.shape[1])
        of_x = product(g, kernel.t()).view(shape) if wanted[0] else None
        of_kernel = product(x.t(), g) if wanted[1] else None
        return [of_x], [of_kernel, *(g.sum(0) if wanted[2] else None for _ in bias)]


class Convolution(Piece):
    """A convolution of images, with a bias or without.

    Args:
        padding: "valid" or "same".
        around: further cells of 0 at both ends of each axis.
    """

    # Above so many weights, a window of one place is quicker as a plain product (on two cores 5.4 ms beside 8.7).
    WEIGHTS_OF_A_PRODUCT = 2**18

    def __init__(self, strides, padding, dilation, groups, *weights, around=(0, 0)):
        super().__init__(*weights)
        self._strides, self._padding, self._dilation, self._groups = strides, padding, dilation, groups
        self._around = around
        self._product = Product()

    def padded(self, around) -> Convolution | None:
        """The same with so many more cells of 0 around; None where its own padding depends on the image's size."""
        if self._padding != "valid":
            return None
        around = tuple(own + more for own, more in zip(self._around, around, strict=True))
        return Convolution(self._strides, "valid", self._dilation, self._groups, *self.weights, around=around)

    def _is_product(self, kernel) -> bool:
        return (
            tuple(kernel.shape[:2]) == (1, 1)
            and self._strides == (1, 1)
            and self._around == (0, 0)
            and self._groups == 1
            and kernel.numel() >= self.WEIGHTS_OF_A_PRODUCT
        )

    def _laid(self, x, kernel):
        """The padding that PyTorch adds at both ends, and the rest as F.pad takes it."""
        if self._padding == "valid":
            return self._around, None
        windows = lay(tuple(x.shape[2:]), tuple(kernel.shape[:2]), self._strides, self._padding, self._dilation, False)
        both = tuple(map(min, windows.before, windows.after))
        rest = uneven(windows.before, windows.after, both)
        return both, rest if any(rest) else None

    def forward(self, xs, weights, overwrite):
        kernel, *bias = weights
        if self._is_product(kernel):
            return self._product.forward(xs, [kernel[0, 0], *bias], overwrite)
        x = xs[0].permute(0, 3, 1, 2)
        both, rest = self._laid(x, kernel)
        if rest is not None:
            x = F.pad(x, rest)
        settings = self._strides, both, self._dilation, False, (0, 0), self._groups
        seen = _laid_as_images(kernel)
        y = torch.convolution(x, seen, bias[0] if bias else None, *settings)
        return y.permute(0, 2, 3, 1), (x, seen, settings, rest)

    def backward(self, gradient, kept, weights, wanted, owned):
        kernel, *bias = weights
        if self._is_product(kernel):
            of_xs, (of_kernel, *of_bias) = self._product.backward(gradient, kept, [kernel[0, 0], *bias], wanted, owned)
            return of_xs, [None if of_kernel is None else of_kernel.view(kernel.shape), *of_bias]
        x, seen, settings, rest = kept
        # PyTorch's kernel takes longer for the bias beside the rest than for all the rest.
        of_bias = [gradient.sum((0, 1, 2)) if wanted[2] else None for _ in bias]
        of_x = of_kernel = None
        if wanted[0] or wanted[1]:
            mask = wanted[0], wanted[1], False
            of_x, of_kernel, _ = aten.convolution_backward(gradient.permute(0, 3, 1, 2), x, seen, None, *settings, mask)
        if of_x is not None:
            of_x = (of_x if rest is None else F.pad(of_x, [-cells for cells in rest])).permute(0, 2, 3, 1)
        if of_kernel is not None:
            of_kernel = of_kernel.permute(2, 3, 1, 0).contiguous()
        return [of_x], [of_kernel, *of_bias]


def _laid_as_images(kernel: torch.Tensor) -> torch.Tensor:
    """A kernel in PyTorch's order of axes, its memory in that of images, as PyTorch's convolutions want it.

    They would change the memory themselves, on both ways, and take some times as long as for this one transpose.
    """
    rows = kernel.reshape(-1, kernel.shape[3]).t().contiguous()
    return rows.view(kernel.shape[3], *kernel.shape[:3]).permute(0, 3, 1, 2)


class Largest(Piece):
    """Max pooling of images, such that no window lies in the padding alone; arguments as `max_pool` takes them."""

    def __init__(self, window, strides, padding):
        super().__init__()
        self._windows = window, strides, padding

    def forward(self, xs, weights, overwrite):
        x = xs[0].permute(0, 3, 1, 2)
        plan = plan_windows(tuple(x.shape[2:]), *self._windows)
        assert not plan.too_early
        settings = plan.window, plan.strides, plan.padding, (1, 1), plan.hangs_over
        y, at = aten.max_pool2d_with_indices(x, *settings)
        return y.permute(0, 2, 3, 1), (x, at, settings)

    def backward(self, gradient, kept, weights, wanted, owned):
        x, at, settings = kept
        seen = gradient.permute(0, 3, 1, 2)
        return [aten.max_pool2d_with_indices_backward(seen, x, *settings, at).permute(0, 2, 3, 1)], []


class Relu(Piece):
    """``max(x, 0)``."""

    keeps_output = may_overwrite = True

    def forward(self, xs, weights, overwrite):
        y = xs[0].relu_() if overwrite else xs[0].relu()
        return y, y

    def backward(self, gradient, kept, weights, wanted, owned):
        if owned:
            return [aten.threshold_backward.grad_input(gradient, kept, 0, grad_input=gradient)], []
        return [aten.threshold_backward(gradient, kept, 0)], []


class Sum(Piece):
    """Two values of one shape, added."""

    may_overwrite = shares_gradient = True

    def forward(self, xs, weights, overwrite):
        a, b = xs
        return (a.add_(b) if overwrite else a + b), None

    def backward(self, gradient, kept, weights, wanted, owned):
        return [gradient if one else None for one in wanted], []


class Padding(Piece):
    """Cells of 0 around an image.

    Args:
        edges: pairs (before, after) for height and width.
    """

    def __init__(self, edges):
        super().__init__()
        self._edges = edges

    @property
    def both(self) -> tuple[int, int] | None:
        """The cells at each end of an axis, where they are as many in front as behind."""
        (top, bottom), (left, right) = self._edges
        return (top, left) if top == bottom and left == right else None

    def forward(self, xs, weights, overwrite):
        (top, bottom), (left, right) = self._edges
        return F.pad(xs[0], (0, 0, left, right, top, bottom)), None

    def backward(self, gradient, kept, weights, wanted, owned):
        (top, bottom), (left, right) = self._edges
        height, width = gradient.shape[1:3]
        return [gradient[:, top : height - bottom, left : width - right].contiguous()], []


class View(Piece):
    """The same elements in another shape.

    Args:
        shape: gives the shape of the output for that of the input.
    """

    is_fresh = False
    shares_gradient = True

    def __init__(self, shape: Callable):
        super().__init__()
        self._shape = shape

    def forward(self, xs, weights, overwrite):
        return xs[0].reshape(self._shape(xs[0].shape)), xs[0].shape

    def backward(self, gradient, kept, weights, wanted, owned):
        return [gradient.reshape(kept)], []


class SpatialMean(Piece):
    """The mean of each channel of an image."""

    def forward(self, xs, weights, overwrite):
        return xs[0].mean((1, 2)), xs[0].shape

    def backward(self, gradient, kept, weights, wanted, owned):
        batch, height, width, channels = kept
        return [(gradient / (height * width)).view(batch, 1, 1, channels).expand(kept).contiguous()], []


class BatchNorm(Piece):
    """Each channel, which lie last, with the mean and variance of the batch.

    Args:
        moments: called with the mean and the inverse deviation of each batch.
        weights: gamma and beta; None for one that is not there.
    """

    def __init__(self, epsilon, moments: Callable, gamma, beta):
        super().__init__(*(one for one in (gamma, beta) if one is not None))
        self._epsilon, self._moments = epsilon, moments
        self._has = gamma is not None, beta is not None

    def _pair(self, weights):
        left = iter(weights)
        return [next(left) if has else None for has in self._has]

    def forward(self, xs, weights, overwrite):
        x = xs[0].permute(0, 3, 1, 2)
        gamma, beta = self._pair([weight.float() for weight in weights])
        if x.dtype is not torch.float32:  # then float32 weights have the moments computed in float32
            fill = x.new_ones(x.shape[1], dtype=torch.float32)
            gamma, beta = fill if gamma is None else gamma, torch.zeros_like(fill) if beta is None else beta
        y, mean, inverse = torch.native_batch_norm(x, gamma, beta, None, None, True, 0.0, self._epsilon)
        self._moments(mean, inverse)
        return y.permute(0, 2, 3, 1), (x, gamma, mean, inverse)

    def backward(self, gradient, kept, weights, wanted, owned):
        x, gamma, mean, inverse = kept
        of_gamma, of_beta = self._pair(wanted[1:])
        of_x, *of_weights = aten.native_batch_norm_backward(
            gradient.permute(0, 3, 1, 2), x, gamma, None, None, mean, inverse, True, self._epsilon,
            (wanted[0], bool(of_gamma), bool(of_beta)),
        )  # fmt: skip
        found = [one for one, has in zip(of_weights, self._has, strict=True) if has]
        return [of_x.permute(0, 2, 3, 1) if wanted[0] else None], found


class Recorded(Piece):
    """Any function of one value, differentiated by PyTorch."""

    is_fresh = False  # it may give back its input, or keep its output
    shares_gradient = True

    def __init__(self, function: Callable):
        super().__init__()
        self._function = function

    def forward(self, xs, weights, overwrite):
        with torch.enable_grad():
            x = xs[0].detach().requires_grad_()
            y = self._function(x)
        return y.detach(), (x, y)

    def backward(self, gradient, kept, weights, wanted, owned):
        x, y = kept
        return list(torch.autograd.grad(y, x, gradient)), []
