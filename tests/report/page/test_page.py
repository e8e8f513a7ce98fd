"""The page in a real browser: what it shows and says, by pointer and by keyboard, and that it lets nothing in or out."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import Input, Model, Sequential, layers

pytestmark = pytest.mark.browser
X = np.arange(24, dtype="float32").reshape(1, 3, 2, 4)
STATUS = "document.querySelector('[role=status]').innerText"
ADDRESSES = "[...document.querySelectorAll('.card .address code')].map((one) => one.innerText)"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The first example: (3, 2, 4) flattened."""
    model = Sequential([Input((3, 2, 4), name="image"), layers.Flatten(name="flatten")], name="first")
    path = tmp_path_factory.mktemp("first") / "first.html"
    pellucid.explain(model, at=("flatten", 5), x=X).to_html(path)
    return path


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A small network, run on three images."""
    x = Input((8, 8, 3), name="image")
    y = layers.Conv2D(4, 3, dilation_rate=2, padding="same", name="conv")(x)
    inner = Sequential([Input((8, 8, 4)), layers.MaxPooling2D(2, name="pool")], name="inside")
    y = layers.Dense(12, name="dense")(layers.Flatten(name="flatten")(inner(y)))
    images = np.random.default_rng(0).random((3, 8, 8, 3)).astype("float32")
    path = tmp_path_factory.mktemp("network") / "network.html"
    pellucid.trace(Model(x, y, name="network"), images).to_html(path)
    return path


def text(browser, selector: str = "#page") -> str:
    return browser.run(f"document.querySelector('{selector}').innerText")


def search(browser, words: str):
    browser.run(
        "document.querySelector('input[type=search]').select(); document.querySelector('input[type=search]').focus()"
    )
    browser.type(words)
    browser.press("Enter")


def test_the_first_example_is_small_and_shows_the_rule_and_the_element(browser, first):
    assert first.stat().st_size < 150_000
    browser.open(first)
    assert "flat = h*8 + w*4 + c" in text(browser) and "h = flat//8" in text(browser)
    assert text(browser, ".cell.a") == "5"
    assert "h=0 w=1 c=1" in text(browser, ".inspector")


@pytest.mark.parametrize("view", ["map", "order", "field", "weights", "proof"])
def test_a_page_asks_nothing_of_any_network_and_complains_of_nothing(browser, network, view):
    browser.open(network, f"view={view}&layer=dense&pin=dense[3]")
    assert browser.requests == [network.resolve().as_uri()]
    assert browser.complaints == []
    assert len(text(browser)) > 200


def test_the_first_example_by_keyboard_alone(browser, first):
    browser.open(first)
    for _ in range(40):
        browser.press("Tab")
        if browser.run("document.activeElement.getAttribute('role') === 'grid'"):
            break
    browser.press("Home", modifiers=2)  # with Ctrl: the first cell
    assert browser.run(STATUS) == "flatten flat 0, from h=0 w=0 c=0, value 0"
    browser.press("ArrowRight")
    browser.press("ArrowDown", times=2)
    assert browser.run(STATUS) == "flatten flat 9, from h=1 w=0 c=1, value 9"  # by hand: 2 rows of 4, and 1
    browser.press("End")
    assert "flat 11, from h=1 w=0 c=3" in browser.run(STATUS)
    browser.press("ArrowRight")  # on to the next row, as the values go on
    assert "flat 12, from h=1 w=1 c=0" in browser.run(STATUS)
    browser.press("PageDown")
    assert "flat 20, from h=2 w=1 c=0" in browser.run(STATUS)
    browser.press("PageUp")
    assert "flat 0, from h=0 w=0 c=0" in browser.run(STATUS)
    browser.press("End", modifiers=2)
    assert "flat 23, from h=2 w=1 c=3" in browser.run(STATUS)
    browser.press("Enter")  # a second pin
    assert browser.run(ADDRESSES) == ["flatten[5]", "flatten[23]"]
    assert "difference" in text(browser, ".inspector") and "18" in text(browser, ".card.both")
    browser.press("Enter")  # the same again takes it off
    assert browser.run(ADDRESSES) == ["flatten[5]"]


def test_a_grid_is_one_stop_for_the_tab_key(browser, first):
    browser.open(first)
    stops = browser.run("document.querySelectorAll('.grid [tabindex=\"0\"], .grid button').length")
    assert stops == 0 and browser.run("document.querySelector('.grid').tabIndex") == 0
    browser.run("document.querySelector('.grid').focus()")
    browser.press("ArrowRight")
    active = "document.getElementById(document.querySelector('.grid').getAttribute('aria-activedescendant'))"
    assert browser.run(f"{active}.innerText") == browser.run("document.querySelector('.cell.hover').innerText")


def test_pointing_at_a_cell_shows_its_source_its_field_and_its_row_of_weights(browser, network):
    browser.open(network, "layer=flatten")
    browser.point(".grid [data-r='2'][data-c='1']")
    shown = text(browser, ".inspector")
    assert "flatten[9]" in shown  # by hand: 4 channels, so row 2, channel 1 is 2*4 + 1
    assert "inside/pool h=0 w=2 c=1" in shown
    assert "rows 0..3, columns 2..7, channels 0..2" in shown  # 4, 5 of the pooling; 2 more each way by the dilation
    assert "dense.kernel[9, 0:12]" in shown


def test_a_click_pins_a_second_one_compares_and_the_hash_keeps_both(browser, network):
    browser.open(network, "layer=flatten")
    browser.point(".grid [data-r='0'][data-c='0']", click=True)
    browser.point(".grid [data-r='1'][data-c='1']", click=True)
    browser.point("h1")
    assert browser.run(ADDRESSES) == ["flatten[0]", "flatten[5]"]
    assert browser.run("document.querySelectorAll('.cell.a').length + document.querySelectorAll('.cell.b').length") == 2
    kept = browser.run("location.hash.slice(1)")
    browser.open(network, kept)
    assert browser.run(ADDRESSES) == ["flatten[0]", "flatten[5]"]
    browser.point(".card.b .unpin", click=True)
    assert browser.run(ADDRESSES) == ["flatten[0]"]


def test_a_hash_changed_by_hand_is_followed(browser, network):
    browser.open(network, "view=order&layer=flatten")
    browser.run("location.hash = 'view=proof&layer=dense&pin=dense[4]&sample=1'")
    browser.wait("document.querySelector('.proof')")
    assert text(browser, "h2") == "dense" and browser.run(ADDRESSES) == ["dense[4]"]
    assert browser.run("document.querySelector('.sample').value") == "1"


def test_the_last_cell_of_a_long_grid_can_be_seen(browser, network):
    browser.look(400)
    browser.open(network, "layer=conv")
    browser.run("document.querySelector('.grid').focus()")
    browser.press("End", modifiers=2)
    last = 'document.querySelector(\'.grid [data-r="63"][data-c="3"]\').getBoundingClientRect()'
    inside = f"(({last}).bottom <= document.querySelector('.grid').getBoundingClientRect().bottom)"
    assert browser.run(inside)
    browser.look(1280)


def test_weights_of_a_layer_that_is_called_twice_count_once(browser, tmp_path):
    x, dense = Input((4,), name="x"), layers.Dense(4, name="dense")
    pellucid.trace(Model(x, dense(dense(x)))).to_html(tmp_path / "page.html")
    browser.open(tmp_path / "page.html", "view=map")
    assert "3 layers · 20 weights" in text(browser, ".top")  # 4 * 4 + 4
    assert text(browser, "tfoot .count") == "20"


def test_a_hash_that_means_nothing_is_passed_over(browser, network):
    browser.open(network, "view=nothing&layer=none&pin=flatten[99999]&pin=x[1]&sample=77&to=elsewhere")
    assert browser.complaints == [] and browser.run(ADDRESSES) == []
    assert text(browser, "[aria-selected=true]") == "Order"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("17", "flatten[17]"),
        ("3,1,2", "flatten[54]"),  # by hand: (3*4 + 1)*4 + 2
        ("h=3 w=1 c=2", "flatten[54]"),
        ("c=2, h=3, w=1", "flatten[54]"),
        ("dense[7]", "dense[7]"),
        ("dense:7", "dense[7]"),
        ("conv@5", "conv[0,1,1]"),
        ("inside/pool[3,1,2]", "inside/pool[3,1,2]"),
    ],
)
def test_a_search_finds_elements(browser, network, typed, found):
    browser.open(network, "layer=flatten")
    search(browser, typed)
    assert browser.run(ADDRESSES) == [found]
    assert text(browser, ".search-error") == ""


def test_a_search_finds_layers_and_says_what_it_does_not_find(browser, network):
    browser.open(network, "layer=flatten")
    search(browser, "inside/pool")
    assert text(browser, "h2") == "inside/pool"
    search(browser, "flaten[3]")
    assert "Nearest: flatten" in text(browser, ".search-error")
    search(browser, "dense[12]")
    assert "0 to 11" in text(browser, ".search-error")
    search(browser, "h=1 w=2")
    assert "Name each axis of inside/pool: h=0 w=0 c=0" in text(browser, ".search-error")


def test_the_other_data_format_shows_what_would_be_held(browser, first):
    browser.open(first)
    browser.point("input[value=channels_first]", click=True)
    # As the first example says it: 0 8 16 1 9 17 ..., and flat 5 would hold (2, 0, 1), value 17.
    row = "[...document.querySelectorAll('.grid [data-r=\"0\"]')].map((one) => one.innerText)"
    assert browser.run(row) == ["0", "8", "16"]
    assert text(browser, ".cell.a") == "17"
    assert "would hold" in text(browser, ".inspector") and "c=2 h=0 w=1" in text(browser, ".inspector")
    assert "format=other" in browser.run("location.hash")


def test_another_sample_shows_other_values(browser, network):
    browser.open(network, "layer=dense&pin=dense[3]")
    before = text(browser, ".card .value")
    browser.run(
        "(() => { const one = document.querySelector('.sample'); one.value = 2; one.dispatchEvent(new Event('change')); })()"
    )
    assert text(browser, ".card .value") != before and "sample=2" in browser.run("location.hash")


def test_the_weights_of_a_unit_sum_to_its_value(browser, network):
    browser.open(network, "view=weights&layer=dense&pin=dense[3]")
    shown = text(browser, ".view")
    assert "Made by dense.kernel[0:64, 3] and dense.bias[3]" in shown and "52 more products" in shown
    value = browser.run("pellucid.explain('dense[3]').value")
    assert abs(browser.run("pellucid.explain('dense[3]').decomposition.total") - value) < 1e-6
    assert text(browser, ".sum .strong") == text(browser, ".card .value")


def test_the_python_of_a_proof_gives_the_same(browser, first):
    browser.open(first, "view=proof&layer=flatten&pin=flatten[21]")
    program = text(browser, "pre.python")
    model = Sequential([Input((3, 2, 4), name="image"), layers.Flatten(name="flatten")])
    lines = [line for line in program.splitlines() if "  # " in line]
    names = {"pellucid": pellucid, "t": pellucid.trace(model, X)}
    assert len(lines) == 2
    for line in lines:
        call, _, said = line.partition("  # ")
        assert str(eval(call, names)) == said
    assert "and back: 2·8 + 1·4 + 1 = 21" in text(browser)


NAMES = (
    '<img src=x onerror="hurt=1">', "</script><script>hurt=1<\\", "<!--<script>", "javascript:hurt=1", "__proto__", "${hurt=1}",
    '"><svg onload=hurt=1>', "&lt;b&gt;",
)  # fmt: skip


def test_names_from_a_model_are_words_and_nothing_else(browser, tmp_path):
    first, *others = (name.replace("/", "|") for name in NAMES)  # no name has a slash
    model = Sequential([Input((4,), name=first), *(layers.Dense(4, name=name) for name in others)], name=first)
    trace = pellucid.trace(model, np.ones((1, 4), dtype="float32"))
    trace.to_html(tmp_path / "page.html")
    for view in ("map", "order", "field", "weights", "proof"):
        browser.open(tmp_path / "page.html", f"view={view}")
        assert browser.run("typeof hurt") == "undefined" and browser.complaints == []
        assert browser.run("document.querySelectorAll('img, svg[onload], script:not(body > script)').length") == 0
    assert browser.run("document.title") == f"{NAMES[0]} · Pellucid" and text(browser, "h1") == NAMES[0]
    assert browser.run("[...document.querySelectorAll('.which option')].map((one) => one.innerText)") == [
        name.replace("/", "|") for name in NAMES
    ]
    answer = browser.run(f"pellucid.explain('{NAMES[4]}[2]').sources.count")
    assert answer == 4


def test_scripts_and_pictures_from_elsewhere_are_refused(browser, first):
    browser.open(first)
    browser.run(
        "(() => { const one = document.createElement('script'); one.textContent = 'window.hurt = 1'; document.body.append(one);"
        " const picture = document.createElement('img'); picture.src = 'https://example.invalid/x.png'; document.body.append(picture); })()"
    )
    assert browser.run("typeof hurt") == "undefined"
    assert browser.requests == [first.resolve().as_uri()]
    assert any("Content Security Policy" in one for one in browser.complaints)


def test_a_size_that_is_unknown_leaves_the_rule(browser, tmp_path):
    x = Input((None, None, 4), name="image")
    pellucid.trace(Model(x, layers.Permute((3, 1, 2), name="moved")(x))).to_html(tmp_path / "page.html")
    browser.open(tmp_path / "page.html", "layer=moved")
    assert "out[c, h, w] = in[h, w, c]" in text(browser) and "is unknown" in text(browser)
    assert browser.complaints == []


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_sticks_out_of_the_window(browser, network, width):
    browser.look(width)
    for view in ("map", "order", "field", "weights", "proof"):
        browser.open(network, f"view={view}&layer=flatten&pin=flatten[9]&pin=flatten[33]")
        assert browser.run("document.documentElement.scrollWidth") <= width
    browser.look(1280)
