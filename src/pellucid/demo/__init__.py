"""The demo: a small network learns real digits, and then shows with its own values what Flatten does."""

from pellucid.demo.run import DemoResult, run

__all__ = ["DemoResult", "run"]
