"""A large network: its page keeps to the size it was given, and answers as Python does."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from report.page.test_answers import asked, assert_answers, drawn

pytestmark = [pytest.mark.browser, pytest.mark.heavy]


def test_the_page_of_vgg16_is_under_5_megabytes_and_answers_as_python_does(browser, tmp_path):
    model = pellucid.applications.VGG16(weights=None)
    image = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3)).astype("float32")
    trace = pellucid.trace(model, image)
    pellucid.explain(trace, at=("flatten", 10000)).to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 5_000_000
    addresses = ["flatten[10000]", "fc1[7]", *drawn(trace, seed=0, count=40)]
    for at, answer in zip(addresses, asked(browser, tmp_path / "page.html", [[at] for at in addresses]), strict=True):
        if answer["value"] is None:  # left out, and the page says so
            answer["value"] = pellucid.explain(trace, at=at).to_dict()["value"]
        if answer["decomposition"] is None:
            answer["decomposition"] = pellucid.explain(trace, at=at).to_dict()["decomposition"]
        assert_answers(trace, answer, at)
    left_out = browser.run("document.querySelector('.left-out').textContent")
    assert "block1_conv1" in left_out and "Weights of" in left_out


def test_a_head_on_150_by_150_images_answers_as_the_question_was_asked(browser, tmp_path):
    inputs = pellucid.Input((150, 150, 3))
    base = pellucid.applications.VGG16(weights=None, include_top=False, input_shape=(150, 150, 3))
    flat = pellucid.layers.Flatten(name="flatten")(base(inputs))
    model = pellucid.Model(inputs, pellucid.layers.Dense(256, name="dense")(flat))
    pellucid.explain(model, at=("flatten", 1536)).to_html(tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    shown = browser.run("document.querySelector('.inspector').innerText")
    assert "vgg16/block5_pool h=0 w=3 c=0" in shown  # by hand: 1536 = 3 * 512
    assert "rows 0..121, columns 6..149, channels 0..2" in shown and "52,704 elements" in shown  # 122 * 144 * 3
    assert "dense.kernel[1536, 0:256]" in shown
