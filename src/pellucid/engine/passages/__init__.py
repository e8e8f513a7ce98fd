"""Passages: stretches of a program that training runs forwards and backwards by hand."""

from pellucid.engine.passages.planning import Plans

__all__ = ["Plans"]
