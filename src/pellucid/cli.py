"""The command line: reads arguments, calls one public function, sets the exit code. No logic of its own.

Exit codes: 0 done, 1 the demo's network missed its goal, 2 wrong arguments or a told error.
"""

from __future__ import annotations

import argparse
import sys

from pellucid import demo
from pellucid.errors import PellucidError


def main(arguments: list[str] | None = None) -> int:
    """Run a command, such as ``["demo", "--epochs", "3"]``; gives back the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (PellucidError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pellucid", description="A Keras-compatible neural-network library that you can see through."
    )
    commands = parser.add_subparsers(title="commands", metavar="command", required=True)
    _add_demo(commands)
    return parser


def _add_demo(commands):
    parser = commands.add_parser(
        "demo",
        help="train a small network on real digits, and see what Flatten does to its values",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--folder", default="pellucid-demo", help="where the files are kept")
    parser.add_argument("--epochs", type=int, default=15, help="how often all digits are learnt from")
    parser.add_argument("--seed", type=int, default=0, help="of the held-out fifth and of the first weights")
    parser.set_defaults(command=_demo)


def _demo(options) -> int:
    result = demo.run(folder=options.folder, epochs=options.epochs, seed=options.seed)
    return 0 if result.is_reached else 1
