"""The README's programs print what the README says."""

import contextlib
import io
import pathlib
import re

import pytest

README = (pathlib.Path(__file__).parent.parent / "README.md").read_text("utf-8")
PROGRAM = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)


@pytest.fixture(autouse=True)
def usual_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_each_program_prints_what_follows_it():
    programs = PROGRAM.findall(README)
    assert len(programs) == README.count("```python") > 3
    names: dict = {}  # the programs follow one another, as a reader types them
    for program, expected in programs:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(program, "README.md", "exec"), names)
        assert printed.getvalue() == expected


def test_each_make_target_named_is_there():
    makefile = (pathlib.Path(__file__).parent.parent / "Makefile").read_text()
    for target in re.findall(r"make (\w+)  ", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
