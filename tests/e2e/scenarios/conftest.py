"""What the scenarios share: one place for all that leave the node unhurt; the others make a place of their own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regtest.node import Node
from tests.e2e.case import Case
from tests.e2e.place import NewPlace, Place


@pytest.fixture(scope="session")
def shared_place(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A Sattle at the end of a cable, around the run's node."""
    with Place(node, Path(tmp_path_factory.mktemp("place"))) as place:
        place.node.mine(12)  # no reorg of a test goes back beyond the first block that Sattle knows
        yield place


@pytest.fixture
def place(shared_place: Place) -> Iterator[Place]:
    """The shared place, made good afterwards."""
    yield shared_place
    shared_place.restore()


@pytest.fixture
def case(place: Place) -> Case:
    """A shop with the usual terms, in the shared place."""
    return place.shop()


@pytest.fixture(scope="session")
def restarting_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place whose node is restarted, killed and made to forget; each test leaves it running and its mempool empty."""
    with Node(tmp_path_factory.mktemp("node")) as node, Place(node, tmp_path_factory.mktemp("place")) as place:
        yield place


@pytest.fixture
def new_place(tmp_path: Path) -> Iterator[NewPlace]:
    """Make a place around a node of its own, for what would hurt the others."""
    with ExitStack() as stack:

        def make() -> Place:
            node = stack.enter_context(Node(tmp_path / "node"))
            return stack.enter_context(Place(node, tmp_path / "place"))

        yield make
