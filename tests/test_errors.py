"""What errors say beside the facts: names that look like the one that is not known."""

import time

from pellucid.errors import nearest


def test_near_names_come_best_first():
    assert nearest("Dens", ["Conv2D", "Dense", "Denses"]) == ["Dense", "Denses"]


def test_a_name_of_megabytes_is_like_none_and_costs_nothing():
    begin = time.process_time()
    assert nearest("Dense" * 10**7, ["Dense"] * 100) == []
    assert time.process_time() - begin < 0.5
