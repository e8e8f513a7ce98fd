"""The command line: reads arguments, calls one public function, sets the exit code. No logic of its own.

Exit codes: 0 done, 1 the demo's network missed its goal, a checked file would be refused, or two networks are not
equal, 2 wrong arguments or a told error.
"""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np

from pellucid import demo
from pellucid.aliases import run_module, run_script
from pellucid.convert.artefact import convert_file, replay
from pellucid.convert.permutation import LAYOUTS
from pellucid.convert.proving import prove
from pellucid.errors import DataError, PellucidError
from pellucid.models import load_model
from pellucid.models.checking import check
from pellucid.models.converting import convert
from pellucid.report.explanation import explain


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
    _add_explain(commands)
    _add_trace(commands)
    _add_run(commands)
    _add_summary(commands)
    _add_check(commands)
    _add_convert(commands)
    _add_prove(commands)
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


def _add_explain(commands):
    parser = commands.add_parser("explain", help="what a layer does with its values, and where an element comes from")
    _add_model(parser)
    parser.add_argument("--at", metavar="ADDRESS", help="such as flatten, flatten:10000 or conv[0,3,2]")
    parser.add_argument("--to", metavar="LAYER", help="how far back to follow; the inputs if left out")
    parser.set_defaults(command=_explain)


def _add_trace(commands):
    parser = commands.add_parser("trace", help="the layers of a model: shapes, weights, multiply-adds")
    _add_model(parser)
    parser.set_defaults(command=_explain, at=None, to=None)


def _add_run(commands):
    parser = commands.add_parser(
        "run", help="run a program as it is, with Pellucid in the place of keras, tf_keras and tensorflow.keras"
    )
    parser.add_argument(
        "-m", dest="is_module", action="store_true", help="the program is a module's name, as for python -m"
    )
    parser.add_argument("program", help="a Python file, or a module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program finds in sys.argv")
    parser.set_defaults(command=_run)


def _run(options) -> int:
    (run_module if options.is_module else run_script)(options.program, options.arguments)
    return 0


def _add_summary(commands):
    parser = commands.add_parser("summary", help="the layers of a file's model, their shapes and sizes")
    parser.add_argument("model", help="a .keras, .h5 or .safetensors file")
    parser.set_defaults(command=_summary)


def _summary(options) -> int:
    load_model(options.model, compile=False).summary()
    return 0


def _add_check(commands):
    parser = commands.add_parser(
        "check",
        help="what a file says of itself, without building it: age, layers, sizes, what would be refused and why",
    )
    parser.add_argument("file", help="a file or folder of a model, or of weights")
    parser.add_argument("--json", action="store_true", help="print plain data")
    parser.set_defaults(command=_check)


def _check(options) -> int:
    checked = check(options.file)
    print(json.dumps(checked.to_dict()) if options.json else checked, end="\n" if options.json else "")
    return 0 if checked.opens else 1


def _add_convert(commands):
    parser = commands.add_parser("convert", help="write what a file holds as another kind of file, and compare the two")
    parser.add_argument("source", help="a .keras, .h5 or .safetensors file, of any Keras")
    parser.add_argument("target", help="ends with .keras, .h5, .safetensors or .weights.h5; .onnx; .py for PyTorch")
    parser.add_argument("--layout", choices=LAYOUTS, help="where the channels shall lie; prints the ledger")
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    parser.set_defaults(command=_convert)


def _convert(options) -> int:
    if options.layout or options.target.endswith((".onnx", ".py")):
        print(convert_file(options.source, options.target, options.layout, overwrite=options.force), end="")
    else:
        print(convert(options.source, options.target, overwrite=options.force))
    return 0


def _add_prove(commands):
    parser = commands.add_parser(
        "prove", help="whether two networks compute the same, or a converted file still what it should; 1 if not"
    )
    parser.add_argument("first", help="a .keras, .h5 or .onnx file, or a .py file that convert wrote")
    parser.add_argument("second", nargs="?", help="another; left out, the first one's own test vector is replayed")
    parser.add_argument("--input-layout", choices=LAYOUTS, help="where the second one's inputs have the channels")
    parser.add_argument("--json", action="store_true", help="print plain data")
    parser.set_defaults(command=_prove)


def _prove(options) -> int:
    one_file = options.second is None
    proof = (
        replay(options.first) if one_file else prove(options.first, options.second, input_layout=options.input_layout)
    )
    print(json.dumps(proof.to_dict()) if options.json else proof, end="\n" if options.json else "")
    return 0 if proof else 1


def _add_model(parser):
    parser.add_argument("model", help="a .keras or .h5 file")
    parser.add_argument("--x", metavar="FILE", help="input values, batch first, as NumPy saves them (.npy)")
    parser.add_argument("--json", action="store_true", help="print plain data")
    parser.add_argument("--html", metavar="FILE", help="write a page too, to be opened in a browser")


def _explain(options) -> int:
    x = None if options.x is None else _values(options.x)
    explained = explain(load_model(options.model, compile=False), at=options.at, x=x, to=options.to)
    print(json.dumps(explained.to_dict()) if options.json else explained, end="\n" if options.json else "")
    if options.html is not None:
        explained.to_html(options.html)
        print(f"page    {options.html}", file=sys.stderr)
    return 0


def _values(path: str) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except ValueError as error:
        raise DataError(f"This file holds no array: {error}", got=path, fix="numpy.save(path, x)") from error
