"""BatchNormalization: each channel with the mean and variance of the batch, or of all batches so far.

Below:  normalization.py is the parent's file; PyTorch's fused kernel runs where nothing is masked.
Kept true: running variance is that of the population, as Keras stores it (PyTorch stores the sample's).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid import initializers
from pellucid.distribution.share import open_share
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.normalization import Normalizing, along, widened
from pellucid.links import Along, Same, Whole
from pellucid.ops.pieces import BatchNorm


class BatchNormalization(Normalizing):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta``, for each place along `axis`.

    In training, mean and variance are the batch's, and the running ones move towards them:
    ``moving = moving*momentum + batch*(1 - momentum)``. Else the running ones are used.

    Shapes:
        gamma, beta, moving_mean, moving_variance  (channels,)

    Args:
        axis: where the channels lie; statistics are over all other axes.
        momentum: the share that running statistics keep.
        renorm: also correct the batch's statistics towards running ones in training.
        renorm_clipping: limits of that correction: "rmax", "rmin", "dmax".
        synchronized: where several processes share a batch, take the statistics of the whole batch; those of each
            process's rows if False. Running statistics are the same everywhere in either case.

    Raises:
        ArgumentError: there is no such axis, or unknown limits.
        ShapeError: the number of channels is unknown, or a mask of another shape.

    Source: Ioffe and Szegedy 2015, arXiv 1502.03167; Ioffe 2017, arXiv 1702.03275 (renorm);
    keras.layers.BatchNormalization, Keras 3.15.
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.keep(locals())
        self.axis = int(axis[0]) if isinstance(axis, (list, tuple)) and len(axis) == 1 else int(axis)
        self.supports_masking = True
        if renorm:
            self.renorm_clipping = _checked_clipping(renorm_clipping)

    def build(self, input_shape):
        axis = self.axes_of(input_shape)[0]
        shape = (self.size_along(input_shape, axis),)
        self.add_scale_and_offset(shape)
        self.moving_mean = self._add_statistic("moving_mean", shape, self.moving_mean_initializer)
        self.moving_variance = self._add_statistic("moving_variance", shape, self.moving_variance_initializer)
        if self.renorm:
            self.moving_stddev = self._add_statistic("moving_stddev", shape, self._begin_stddev)
            self.renorm_mean = self._add_statistic("renorm_mean", shape, self.moving_mean_initializer)
            self.renorm_stddev = self._add_statistic("renorm_stddev", shape, self._begin_stddev)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})

    def _add_statistic(self, name, shape, initializer):
        return self.add_weight(shape, initializer, trainable=False, autocast=False, name=name)

    def _begin_stddev(self, shape, dtype=None):
        return torch.sqrt(convert_to_tensor(initializers.get(self.moving_variance_initializer)(shape, dtype=dtype)))

    def call(self, inputs, training=None, mask=None):
        if mask is not None and mask.ndim != inputs.ndim - 1:
            raise ShapeError(
                f"The mask of '{self.name}' needs one axis less than its input.",
                got=tuple(mask.shape),
                expected=tuple(inputs.shape[:-1]),
            )
        x = widened(inputs)
        learns = bool(training) and self.trainable
        share = open_share() if self.synchronized else None
        if learns and (mask is not None or self.renorm or share is not None):
            y = self._normalized(x, *self._corrected(*self._moments(x, mask, share)))
        elif learns:
            y = self._fused_training(x)
        else:
            y = self._fused_inference(x)
        return y.to(to_torch(self.compute_dtype))

    def _fused_inference(self, x):
        seen, restore = self._seen(x)
        y = F.batch_norm(
            seen, *self._weights("moving_mean", "moving_variance", "gamma", "beta", x.dtype), False, 0.0, self.epsilon
        )
        return restore(y)

    def _fused_training(self, x):
        seen, restore = self._seen(x)
        gamma, beta = self._weights("gamma", "beta", x.dtype)
        y, mean, inverse = torch.native_batch_norm(seen, gamma, beta, None, None, True, 0.0, self.epsilon)
        self._note_moments(mean, inverse)
        return restore(y)

    def pieces(self):
        is_last = self.input_spec.ndim == 4 and self.axis % 4 == 3
        if not is_last or not self.trainable or self.renorm:
            return None
        return [BatchNorm(self.epsilon, self._note_moments, self.gamma, self.beta)]

    @torch.no_grad()
    def _note_moments(self, mean, inverse):
        self._move("moving_mean", mean, self.momentum)
        self._move("moving_variance", inverse.pow(-2) - self.epsilon, self.momentum)

    def _weights(self, *names_and_dtype):
        *names, dtype = names_and_dtype
        found = (getattr(self, name) for name in names)
        return [None if weight is None else weight.value.to(dtype) for weight in found]

    def _seen(self, x):
        """The value as PyTorch's kernel wants it (channels on axis 1), without a copy, and the way back."""
        axis = self.axis % x.ndim
        if axis == 1 and x.ndim > 1:
            return x, lambda y: y
        if axis == x.ndim - 1 and x.ndim in (4, 5):
            return x.movedim(axis, 1), lambda y: y.movedim(1, axis)
        moved = x.movedim(axis, -1)
        return moved.reshape(-1, x.shape[axis]), lambda y: y.reshape(moved.shape).movedim(-1, axis)

    def _moments(self, x, mask, share):
        others = [axis for axis in range(x.ndim) if axis != self.axis % x.ndim]
        if mask is None and share is None:
            variance, mean = torch.var_mean(x, dim=others, correction=0)
            return x, mean, variance
        weights = torch.ones_like(x) if mask is None else mask.to(x.dtype).unsqueeze(-1).expand_as(x)
        counted = (lambda value: value) if share is None else share.total
        summed = (lambda value: value) if share is None else share.summed
        count = counted(weights.sum(dim=others)) + 1e-7
        mean = summed((x * weights).sum(dim=others)) / count
        square = summed(((x - self._spread(mean, x)).square() * weights).sum(dim=others)) / count
        return x, mean, square

    def _spread(self, vector, x):
        shape = [1] * x.ndim
        shape[self.axis] = -1
        return vector.reshape(shape)

    def _corrected(self, x, mean, variance):
        """The batch's statistics, and the factor and offset that pull them towards the running ones (renorm)."""
        if not self.renorm:
            self._move("moving_mean", mean.detach(), self.momentum)
            self._move("moving_variance", variance.detach(), self.momentum)
            return mean, variance, None, None
        limits = self.renorm_clipping or {}
        stddev = torch.sqrt(variance + self.epsilon)
        with torch.no_grad():
            factor = _clamped(stddev / self.renorm_stddev.value, limits.get("rmin"), limits.get("rmax"))
            most = limits.get("dmax")
            offset = (mean - self.renorm_mean.value) / self.renorm_stddev.value
            offset = _clamped(offset, None if most is None else -most, most)
            self._move("renorm_mean", mean, self.renorm_momentum)
            self._move("renorm_stddev", stddev, self.renorm_momentum)
            self._move("moving_mean", mean, self.momentum)
            self._move("moving_stddev", stddev, self.momentum)
            self.moving_variance.assign((self.moving_stddev.value.square() - self.epsilon).clamp_min(0))
        return mean, variance, factor, offset

    def _normalized(self, x, mean, variance, factor, offset):
        y = (x - self._spread(mean, x)) * torch.rsqrt(self._spread(variance, x) + self.epsilon)
        if factor is not None:
            y = y * self._spread(factor, x) + self._spread(offset, x)
        axis = [self.axis % x.ndim]
        for weight, join in ((self.gamma, torch.mul), (self.beta, torch.add)):
            if weight is not None:
                y = join(y, along(weight, axis, x.ndim, x.dtype))
        return y

    def _move(self, name, value, keep):
        statistic = getattr(self, name)
        statistic.assign(torch.lerp(value.to(statistic.torch_dtype), statistic.value.detach(), keep))

    def links(self):
        ndim = self.input_spec.ndim if self.built else 2
        averaged = {axis: Whole() for axis in range(ndim - 1) if axis != self.axis % ndim - 1}
        return Same(couples_batch=True, in_training=Along(averaged, couples_batch=True))


def _clamped(x, least, most):
    return x if least is None and most is None else x.clamp(least, most)


def _checked_clipping(limits) -> dict:
    limits = dict(limits or {})
    if unknown := set(limits) - {"rmax", "rmin", "dmax"}:
        raise ArgumentError("Unknown limits in `renorm_clipping`.", got=sorted(unknown), expected="rmax, rmin, dmax")
    least, most, offset = (limits.get(word) for word in ("rmin", "rmax", "dmax"))
    if (least is not None and most is not None and most < least) or (offset is not None and offset < 0):
        raise ArgumentError("The limits in `renorm_clipping` cross.", got=limits, expected="rmin <= rmax, dmax >= 0")
    return limits
