"""What all tests share: one node for the run, found or built before the first test's clock starts."""

import os
from collections.abc import Iterator

import pytest

from regtest.bitcoind import find_bitcoind
from regtest.node import Node

NODE_FIXTURES = {"node", "own_node"}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have a bitcoind before any test that needs one: building it takes longer than a test may."""
    if any(NODE_FIXTURES & set(getattr(item, "fixturenames", ())) for item in session.items):
        os.environ["BITCOIND"] = str(find_bitcoind())


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node that all tests share. Tests that stop it or leave its chain in pieces start one of their own."""
    with Node(tmp_path_factory.mktemp("node")) as running:
        yield running
