"""The demo's digits: real scans, a fifth of them held out at random."""

import numpy as np

from pellucid.demo.digits import digits


def test_a_fifth_is_held_out_and_nothing_is_lost():
    data = digits(seed=0)
    assert (len(data.labels), len(data.held_labels)) == (1438, 359)
    assert data.images.shape == (1438, 8, 8, 1)
    assert (data.images.min(), data.images.max()) == (0.0, 1.0)
    everything = np.concatenate([data.images, data.held_images]).sum(dtype="float64")
    from sklearn.datasets import load_digits

    assert everything * 16 == load_digits().images.sum()


def test_the_draw_follows_the_seed():
    same, again, other = digits(1), digits(1), digits(2)
    assert np.array_equal(same.held_images, again.held_images)
    assert not np.array_equal(same.held_images, other.held_images)
