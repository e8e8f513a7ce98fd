"""The page as one HTML file: rules and numbers as data, script and style inside, nothing from elsewhere.

Below:  content.py has the data; script/ and style/ are shipped as they stand here, joined when a page is made.
Above:  ``to_html`` of a trace and of an explanation.
Kept true: a content security policy names the one script and the one style by their hashes and forbids the rest.
           Strings of a model stand in the data alone, and come out of it as text, never as markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import pathlib
import re
from collections.abc import Sequence
from functools import cache

from pellucid.errors import ArgumentError
from pellucid.report.html import STYLE, fragment
from pellucid.report.page.content import content
from pellucid.report.page.layers import network_data
from pellucid.report.parts import Part
from pellucid.xray import Trace

HERE = pathlib.Path(__file__).parent
SCRIPTS = (
    "indices", "rules", "regions", "links", "network", "following", "fields", "products", "weighing", "values", "answers",
    "addresses", "words", "state", "dom", "grid", "ink", "block", "ribbon", "views", "order", "field", "weights", "proof", "map",
    "inspector", "page",
)  # fmt: skip
STYLES = ("page",)


def write_page(
    followed: Trace,
    path: str | os.PathLike,
    still: Sequence[Part] = (),
    *,
    at=None,
    to: str | None = None,
    max_mb: float = 5,
) -> None:
    """Write a trace as one HTML file.

    Args:
        still: what stands in it where scripts are off.
        at: what is shown first; an address.
        to: how far back it is followed.
        max_mb: how large the file may be, in millions of bytes; values and weights are left out to keep to it.

    Raises:
        ArgumentError: `max_mb` is no size.
    """
    if isinstance(max_mb, bool) or not isinstance(max_mb, (int, float)) or not max_mb >= 0:
        raise ArgumentError(
            "`max_mb` says how large the page may be.", got=repr(max_mb), expected="0 or more, in millions of bytes",
            fix="max_mb=5",
        )  # fmt: skip
    network = network_data(followed)
    shell = _document({"title": "", "network": network}, still)
    budget = (max_mb * 1e6 - len(shell)) * 0.95  # a share for what the packing itself adds
    pathlib.Path(path).write_bytes(_document(content(followed, network, at, to, budget), still))


def _document(data: dict, still: Sequence[Part]) -> bytes:
    script, style = _joined("script", SCRIPTS, "js"), _joined("style", STYLES, "css") + STYLE
    policy = f"default-src 'none'; img-src data:; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    page = _PAGE.format(
        policy=policy, title=html.escape(data["title"]), style=style, script=script, data=_embedded(data),
        still=fragment(still),
    )  # fmt: skip
    return page.encode("utf-8", "replace")  # a name from a file may hold halves of characters


@cache
def _joined(folder: str, names: tuple[str, ...], ending: str) -> str:
    parts = "\n".join(_bare((HERE / folder / f"{name}.{ending}").read_text("utf-8")) for name in names)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n' if ending == "js" else parts


def _bare(text: str) -> str:
    """Without indentation and lines of comment: these are for those who read the files, and many pages are kept."""
    lines = (
        line.strip() for line in re.sub(r"^\s*/\*.*?\*/\s*$", "", text, flags=re.DOTALL | re.MULTILINE).splitlines()
    )
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(data: dict) -> str:
    """JSON that no HTML parser takes for anything else: no end tag, no comment can stand in it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title} · Pellucid</title>
<style>{style}</style>
</head>
<body>
<main id="page">{still}
<noscript>Scripts are off here, so this is a still picture. With them the page follows any element of any layer.</noscript></main>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
