"""The good files and the bad contents, made once."""

import pytest

from files.contract.corpus import Goods, corpus
from pellucid import settings


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Good files, and a model for weights."""
    settings.clear_session(free_memory=False)
    return Goods(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="session")
def bads(made):
    """All bad contents."""
    return list(corpus(made))
