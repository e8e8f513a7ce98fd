"""The page in a real browser: what it shows, by keyboard alone, and that it asks nothing of any network."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import Input, Sequential, layers

pytestmark = pytest.mark.browser
X = np.arange(24, dtype="float32").reshape(1, 3, 2, 4)


@pytest.fixture
def first(tmp_path):
    """The first example: (3, 2, 4) flattened."""
    model = Sequential([Input((3, 2, 4), name="image"), layers.Flatten(name="flatten")], name="first")
    path = tmp_path / "first.html"
    pellucid.explain(model, at=("flatten", 5), x=X).to_html(path)
    return path


def test_the_first_example_is_small_and_shows_the_rule_and_the_element(browser, first):
    assert first.stat().st_size < 150_000
    browser.open(first)
    shown = browser.run("document.body.innerText")
    assert "flat = h*8 + w*4 + c" in shown and "h = flat//8" in shown
    assert browser.run("document.querySelector('.cell.a').innerText") == "5"
    assert "h=0 w=1 c=1" in browser.run("document.querySelector('.inspector').innerText")


def test_a_page_asks_nothing_of_any_network_and_complains_of_nothing(browser, first):
    browser.open(first)
    assert browser.requests == [first.resolve().as_uri()]
    assert browser.complaints == []


def test_the_first_example_by_keyboard_alone(browser, first):
    browser.open(first)
    for _ in range(40):
        browser.press("Tab")
        if browser.run("document.activeElement.getAttribute('role') === 'grid'"):
            break
    said = "document.querySelector('[role=status]').innerText"
    browser.press("Home", modifiers=2)  # with Ctrl: the first cell
    assert browser.run(said) == "flatten flat 0, from h=0 w=0 c=0, value 0"
    browser.press("ArrowRight")
    browser.press("ArrowDown", times=2)
    assert browser.run(said) == "flatten flat 9, from h=1 w=0 c=1, value 9"  # by hand: 2 rows of 4, and 1
    browser.press("End")
    assert "flat 11, from h=1 w=0 c=3" in browser.run(said)
    browser.press("ArrowRight")  # on to the next row, as the values go on
    assert "flat 12, from h=1 w=1 c=0" in browser.run(said)
    browser.press("PageDown")
    assert "flat 20, from h=2 w=1 c=0" in browser.run(said)
    browser.press("Enter")  # a second pin
    assert browser.run("[...document.querySelectorAll('.card .address code')].map((one) => one.innerText)") == [
        "flatten[5]",
        "flatten[20]",
    ]
    assert "pin=flatten%5B20%5D" in browser.run("location.hash")
