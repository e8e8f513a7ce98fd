"""Running: a program as it is, with Pellucid where it imports Keras. What ``pellucid run program.py`` does.

Below: finder.py.
Kept true: an error of the program's is shown as Python shows it, from the program's own first line on.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable, Sequence

from pellucid.aliases.finder import install
from pellucid.errors import MissingFileError


def run_script(path: str, arguments: Sequence[str] = ()) -> None:
    """Run a file as Python itself would, as ``__main__``.

    Args:
        arguments: what the program finds in ``sys.argv`` behind its own name.

    Raises:
        MissingFileError: no such file.
        SystemExit: the program says so; with 1 after an error of its own.
    """
    if not os.path.isfile(path):
        raise MissingFileError("There is no such program.", got=path, expected="a Python file")
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    _run(path, arguments, lambda: runpy.run_path(path, run_name="__main__"))


def run_module(name: str, arguments: Sequence[str] = ()) -> None:
    """Run a module as ``python -m`` would; else as `run_script`."""
    sys.path.insert(0, os.getcwd())
    _run(name, arguments, lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))


def _run(program: str, arguments: Sequence[str], start: Callable) -> None:
    install()
    sys.argv = [program, *arguments]
    try:
        start()
    except Exception as error:
        trace = _below_runpy(error.__traceback__)
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        raise SystemExit(1) from None


def _below_runpy(trace):
    """The part of a traceback that begins in the program; all of it where nothing of the program ran."""
    first = trace
    while first is not None and (first.tb_frame.f_code.co_filename in (__file__,) or _is_runpy(first)):
        first = first.tb_next
    return first or trace


def _is_runpy(trace) -> bool:
    return trace.tb_frame.f_globals.get("__name__") == "runpy"
