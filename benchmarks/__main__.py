"""All benchmarks, one after the other: ``python -m benchmarks``."""

from __future__ import annotations

from benchmarks import convert, files, fit, page, predict, xray

predict.main()
fit.main()
page.main()
convert.main()
files.main()
xray.main()
