"""The page of VGG16 in a browser: how large it is, how long it takes to open, and to answer the pointer.

Goals: under 5 MB, open in under a second, an answer in under 16 ms; the first example's page under 150 KB.
Needs Chromium; `tests/report/page/browser.py` drives it.
"""

from __future__ import annotations

import pathlib
import statistics
import tempfile

import numpy as np

import pellucid
from pellucid.layers import Flatten
from tests.report.page.browser import Browser, path_of_browser

VIEWS = ("order", "field", "weights")
POINTED_AT = 60

# Seconds from asking for the page until it had drawn itself, and until the browser had shown that.
OPENED = """new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(
    [performance.getEntriesByName("drawn")[0].startTime, performance.now()]))))"""
# Milliseconds for each cell pointed at: what the script does, and laying the page out anew.
POINTED = f"""(() => {{
    const cells = [...document.querySelectorAll(".grid .cell")].slice(0, {POINTED_AT});
    return cells.map((cell) => {{
        const start = performance.now();
        cell.dispatchEvent(new PointerEvent("pointerover", {{ bubbles: true }}));
        document.body.offsetHeight;
        return performance.now() - start;
    }});
}})()"""


def main() -> None:
    """Write both pages, open one, and report."""
    print("\npage")
    if path_of_browser() is None:
        print("  no Chromium: apt-get install chromium")
        return
    with tempfile.TemporaryDirectory() as folder:
        first, vgg16 = pathlib.Path(folder) / "first.html", pathlib.Path(folder) / "vgg16.html"
        x = np.arange(24, dtype="float32").reshape(1, 3, 2, 4)
        pellucid.explain(Flatten(name="flatten"), at=5, x=x).to_html(first)
        image = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3)).astype("float32")
        model = pellucid.applications.VGG16(weights=None)
        pellucid.explain(model, at=("flatten", 10000), x=image).to_html(vgg16)
        print(f"  first example {first.stat().st_size / 1e3:8.0f} KB")
        print(f"  VGG16         {vgg16.stat().st_size / 1e6:8.2f} MB")
        with Browser() as browser:
            browser.look(1280)
            _time(browser, vgg16)


def _time(browser: Browser, page: pathlib.Path) -> None:
    opened = []
    for _ in range(5):
        browser.open(page)
        opened.append(browser.run(OPENED))
    drawn, shown = (statistics.median(times) / 1e3 for times in zip(*opened, strict=True))
    print(f"  open          {drawn:8.2f} s until drawn, {shown:.2f} s until shown (median of 5)")
    for view in VIEWS:
        browser.open(page, f"view={view}&layer=flatten&pin=flatten[10000]")
        times = browser.run(POINTED)
        print(
            f"  point, {view:<8} {statistics.median(times):7.1f} ms (median of {len(times)}; at most {max(times):.1f})"
        )


if __name__ == "__main__":
    main()
