"""A browser for the tests: Chromium without a window, spoken to through two pipes, in its own DevTools protocol.

Kept true: it starts with a new profile and asks nothing of any network; what it cannot do is an error, never a skip.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE = 30.0  # seconds; a machine that does other things too is slow
KEYS = {
    "Enter": (13, "\r"), "Tab": (9, ""), " ": (32, " "), "Escape": (27, ""), "ArrowLeft": (37, ""), "ArrowUp": (38, ""),
    "ArrowRight": (39, ""), "ArrowDown": (40, ""), "PageUp": (33, ""), "PageDown": (34, ""), "End": (35, ""), "Home": (36, ""),
}  # fmt: skip


class PageError(Exception):
    """What a page, or the browser, complained about."""


def path_of_browser() -> str | None:
    """Where the browser lies; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One browser with one tab; use it in a `with`."""

    def __init__(self):
        self._stack = contextlib.ExitStack()
        self._count = itertools.count(1)
        self._buffer = b""
        self._sent: dict[str, str] = {}
        self.complaints: list[str] = []

    def __enter__(self) -> Browser:
        program = path_of_browser()
        assert program is not None, "no Chromium: apt-get install chromium"
        profile = self._stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        self._process = self._started([program, *FLAGS, f"--user-data-dir={profile}", "about:blank"])
        self._session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, *error) -> None:
        with contextlib.suppress(PageError, OSError):
            self._session = None
            self.ask("Browser.close")
        os.close(self._out)
        os.close(self._in)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._stack.close()

    def _started(self, command: list[str]) -> subprocess.Popen:
        """The browser, which reads from its descriptor 3 and writes to its descriptor 4."""
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]

        def place():
            for end, number in zip(ends, (3, 4), strict=True):
                os.dup2(end, number)

        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, preexec_fn=place, close_fds=False, stdout=quiet, stderr=quiet)
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        return process

    # ---- what a reader does

    def open(self, path: pathlib.Path, fragment: str = "") -> None:
        """Open a file, and wait until it has drawn itself."""
        self.ask("Page.navigate", url="about:blank")
        self._sent.clear()
        self.complaints.clear()
        self.ask("Page.navigate", url=path.resolve().as_uri() + (f"#{fragment}" if fragment else ""))
        self.wait("document.readyState === 'complete'")

    @property
    def requests(self) -> list[str]:
        """What the page has asked for since it was opened, itself among it."""
        return list(self._sent.values())

    def run(self, script: str):
        """What an expression of JavaScript is, as plain data; promises are waited for."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise PageError(answer["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        return answer["result"].get("value")

    def wait(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.02)

    def press(self, key: str, times: int = 1, modifiers: int = 0) -> None:
        """A key, down and up."""
        code, text = KEYS.get(key, (ord(key.upper()[0]), key))
        for _ in range(times):
            said = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
            self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **said)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **said)

    def type(self, text: str) -> None:
        """Text where the focus is."""
        self.ask("Input.insertText", text=text)

    def point(self, selector: str, click: bool = False) -> None:
        """Move the pointer to the middle of an element, and click if told to."""
        x, y = self.run(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoView({{ block: 'center' }});"
            " const b = one.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        if click:
            for kind in ("mousePressed", "mouseReleased"):
                self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def look(self, width: int, height: int = 900, dark: bool = False) -> None:
        """The size of the window, and which colours the reader prefers."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    # ---- the protocol: JSON, each message ended by a zero byte

    def ask(self, method: str, **parameters) -> dict:
        """Ask the browser, and wait for the answer."""
        number = next(self._count)
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                if "error" in told:
                    raise PageError(f"{method}: {told['error']['message']}")
                return told["result"]
            self._note(told)

    def _next(self) -> dict:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(end - time.monotonic(), 0))
            assert ready, "the browser does not answer"
            got = os.read(self._in, 1 << 20)
            if not got:
                raise PageError("the browser is gone")
            self._buffer += got
        text, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(text)

    def _note(self, told: dict) -> None:
        said = told.get("params", {})
        if told.get("method") == "Network.requestWillBeSent":
            self._sent[said["requestId"]] = said["request"]["url"]
        elif told.get("method") == "Network.loadingFailed" and said.get("blockedReason") == "csp":
            self._sent.pop(said["requestId"], None)  # announced, and never sent
        elif told.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(said["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif told.get("method") == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.complaints.append(said["entry"]["text"])
