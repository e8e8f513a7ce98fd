"""The progress line: its texts, in a terminal and without one."""

import contextlib
import io
import os
import re

import pytest

from pellucid import settings
from pellucid.engine import progress
from pellucid.engine.callbacks import CallbackList, ProgbarLogger
from pellucid.engine.progress import Progbar
from pellucid.errors import ArgumentError


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(progress.shutil, "get_terminal_size", lambda: os.terminal_size((60, 24)))
    return Terminal()


def _visible(text):
    return [re.sub(r"\x1b\[\d+m", "", line).rstrip() for line in re.split(r"[\r\n]", text) if line.strip()]


def test_without_a_terminal_lines_are_plain(capsys):
    Progbar(3, interval=0).update(3, [("loss", 0.5)])
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"3/3 ━{20} 0s \d+(us|ms|s)/step - loss: 0\.5000", line)


def test_without_a_terminal_a_loop_is_one_line(capsys):
    logger = ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 2, "steps": 9})
    callbacks = CallbackList([logger])
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    for batch in range(9):
        callbacks.on_train_batch_end(batch, {"loss": 1.0})
    callbacks.on_epoch_end(0, {"loss": 0.25})
    head, line = capsys.readouterr().out.splitlines()
    assert head == "Epoch 1/2" and line.startswith("9/9 ━━━━") and line.endswith("/step - loss: 0.2500")


def test_in_a_terminal_the_line_is_drawn_over(terminal):
    with contextlib.redirect_stdout(terminal):
        bar = Progbar(2, interval=0)
        bar.update(1, [("loss", 0.8033)])
        bar.update(2, [("loss", 0.5)])
    first, last = _visible(terminal.getvalue())
    assert first.startswith("1/2 ━━━━━") and "loss: 0.8033" in first
    assert last.startswith("2/2 ━━━━━") and terminal.getvalue().endswith("\n")


def test_a_line_is_never_wider_than_the_terminal(terminal):
    with contextlib.redirect_stdout(terminal):
        bar = Progbar(2, interval=0)
        bar.update(1, [(f"a_long_metric_name_{k}", 1.0) for k in range(9)])
    assert _visible(terminal.getvalue())
    assert all(len(line) < 60 for line in _visible(terminal.getvalue()))


def test_drawing_is_limited_to_the_interval(terminal):
    with contextlib.redirect_stdout(terminal):
        bar = Progbar(1000, interval=60)
        for step in range(1, 1000):
            bar.update(step, [])
    assert len(_visible(terminal.getvalue())) == 1


def test_verbose_2_is_one_line_at_the_end(capsys):
    bar = Progbar(2, verbose=2)
    bar.update(1, [("accuracy", 0.5), ("loss", 1.0)])
    bar.update(2, [("accuracy", 0.5), ("loss", 0.00001)])
    (line,) = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"2/2 - 0s - \d+(us|ms|s)/step - accuracy: 0\.5000 - loss: 1\.0000e-05", line)


def test_values_are_averaged_unless_they_are_stateful(capsys):
    bar = Progbar(3, stateful_metrics=["rate"])
    bar.update(1, [("loss", 1.0), ("rate", 1.0)])
    bar.update(2, [("loss", 3.0), ("rate", 3.0)])
    assert bar._metrics_text() == " - loss: 2.0000 - rate: 3.0000"


def test_an_unknown_target_counts_up(capsys):
    bar = Progbar(None)
    bar.add(4)
    bar.update(5, finalize=True)
    assert "5/Unknown" in capsys.readouterr().out


def test_both_lists_of_names_exclude_one_another():
    with pytest.raises(ArgumentError, match="exclude one another"):
        Progbar(1, stateful_metrics=[], stateless_metrics=[])


def test_without_interactive_logging_the_line_goes_to_the_log(caplog, capsys):
    settings.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", logger="pellucid"):
            Progbar(1).update(1)
    finally:
        settings.enable_interactive_logging()
    assert caplog.messages[0].startswith("1/1") and capsys.readouterr().out == ""


@pytest.mark.parametrize(("seconds", "text"), [(5, "5s"), (75, "1:15"), (3700, "1:01:40")])
def test_clocks(seconds, text):
    assert progress._clock(seconds) == text
