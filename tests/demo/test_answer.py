"""The answer shows each value where the rule says, and refuses to say what is not so."""

import numpy as np
import pytest

from pellucid.demo.answer import Seen, answer
from pellucid.errors import StateError
from pellucid.report.text import as_text


def seen(**changes) -> Seen:
    pooled = np.arange(3 * 3 * 4, dtype="float32").reshape(3, 3, 4)
    facts = {
        "image": np.eye(8),
        "label": 7,
        "guess": 1,
        "sureness": 0.75,
        "pooled": pooled,
        "flat": pooled.ravel(),
        "flat_of_first": pooled.ravel(),
        "plain_of_first": pooled.transpose(2, 0, 1).ravel(),
    }
    return Seen(**{**facts, **changes})


def test_values_stand_beside_their_coordinates():
    lines = [" ".join(line.split()) for line in as_text(answer(seen())).splitlines()]
    # By hand: 12 values to a row of 3 places with 4 channels each; arange makes the value its own index.
    assert "12 (1, 0, 0) 12.0000 12.0000 one row down" in lines
    assert "(1, 2, 2) lies at (1*3 + 2)*4 + 2 = 22: before 22.0000, after 22.0000" in lines
    # Channels first, a plain reshape: the second value is the next place of channel 0, which is 4.
    assert "1 1.0000 (0, 0, 1) 1.0000 (0, 0, 1) 4.0000 (0, 1, 0)" in lines


def test_the_page_fits_80_columns():
    assert max(map(len, as_text(answer(seen()), width=80).splitlines())) <= 80


@pytest.mark.parametrize("word", ["flat", "flat_of_first", "plain_of_first"])
def test_values_that_lie_elsewhere_are_an_error(word):
    with pytest.raises(StateError, match="does not lie where the rule says"):
        answer(seen(**{word: np.arange(36.0)[::-1]}))
