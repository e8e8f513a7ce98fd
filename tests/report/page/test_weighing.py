"""Which entries of a weight make an element, written down axis by axis."""

import pytest

from pellucid.errors import UnsupportedError
from pellucid.report.page import weighing


def test_parts_that_follow_an_axis_are_written_as_steps_or_one_by_one():
    def own(place, k):
        i, j = place
        return None if j == 2 else (slice(0, 5), slice(j, 12, 4), i * i, 3)

    assert weighing._own(own, None, (3, 4), 0) == {
        "is": "parts",
        "parts": [
            {"always": [0, 5, 1]},
            {"axis": 1, "values": [[0, 12, 4], [1, 12, 4], None, [3, 12, 4]]},  # one is missing: no even steps
            {"axis": 0, "values": [0, 1, 4]},
            {"always": 3},
        ],
        "none": [[], [2]],
    }
    even = weighing._own(lambda place, k: (slice(place[0], 9, 3), place[1] + 7), None, (3, 2), 0)
    assert even["parts"] == [
        {"axis": 0, "first": [0, 9, 3], "step": [1, 0, 0]},
        {"axis": 1, "first": 7, "step": [1]},
    ]


def test_what_nothing_makes_is_nothing():
    assert weighing._own(lambda place, k: None, None, (3, 2), 0) is None


def test_a_part_that_follows_two_axes_is_refused():
    with pytest.raises(UnsupportedError, match=r"^Which weights make an element follows two coordinates at once"):
        weighing._own(lambda place, k: (place[0] + place[1],), None, (3, 2), 0)
