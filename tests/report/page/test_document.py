"""The page as a file: sizes that are none, names that no encoding knows, and one script and style by their hashes."""

import base64
import hashlib
import re

import pytest

import pellucid
from pellucid.errors import ArgumentError
from pellucid.layers import Flatten, Identity, Input
from pellucid.models import Model


@pytest.mark.parametrize("max_mb", [-1, "5", None, True, float("nan")])
def test_a_size_that_is_none_is_told(tmp_path, max_mb):
    with pytest.raises(ArgumentError) as told:
        pellucid.explain((3, 2, 4), at=5).to_html(tmp_path / "page.html", max_mb=max_mb)
    assert str(told.value) == (
        "`max_mb` says how large the page may be.\n"
        f"  got       {max_mb!r}\n  expected  0 or more, in millions of bytes\n  fix       max_mb=5"
    )
    assert not (tmp_path / "page.html").exists()


def test_a_policy_names_the_script_and_the_style_and_nothing_else(tmp_path):
    pellucid.explain((3, 2, 4), at=5).to_html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    [script], [style] = (re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("script", "style"))
    for directive, content in (("script-src", script), ("style-src", style)):
        found = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{found}';" in policy
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy and "http" not in policy


def test_halves_of_characters_in_a_name_do_no_harm(tmp_path):
    x = Input((2, 2), name="\ud800")
    pellucid.trace(Model(x, Flatten(name="flat\udfff")(Identity()(x)), name="\udc00")).to_html(tmp_path / "page.html")
    assert "flat\\udfff" in (tmp_path / "page.html").read_text("utf-8")  # as JSON writes it
