"""One browser for all tests of pages; without one they fail, and say what to install."""

import pytest

from report.page.browser import Browser


@pytest.fixture(scope="session")
def browser():
    with Browser() as started:
        yield started
