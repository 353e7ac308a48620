"""Where the stories happen: one place for all that leave the node unhurt; the others make a place of their own.

Places end with these tests: what idles beside the ones that follow costs them time.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from regtest.harness import Harness, Plugin
from regtest.node import Node
from tests.e2e.case import Case, NewCase
from tests.e2e.place import NewPlace, Place
from tests.private_postgresql import Cluster

STORIES = Path(__file__).parent / "stories"
AGAIN = pytest.mark.slow  # with the other plugin the chain's side of the story is the same
WAYS = {
    False: [("sqlite", "bitpay"), pytest.param("sqlite", "greenfield", marks=AGAIN)],
    True: [
        pytest.param("sqlite", "bitpay", marks=AGAIN),
        ("sqlite", "greenfield"),
        ("postgresql", "bitpay"),
        pytest.param("postgresql", "greenfield", marks=AGAIN),
    ],
}
"""The database and the shop's plugin that a story is told with; True: it is marked to happen on PostgreSQL as well."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each story is told with both plugins. What is marked so happens on PostgreSQL as well."""
    has_engine = "engine" in metafunc.fixturenames
    on_both = has_engine and metafunc.definition.get_closest_marker("postgresql") is not None
    if "plugin" in metafunc.fixturenames and metafunc.definition.path.parent == STORIES:
        if has_engine:
            metafunc.parametrize(("engine", "plugin"), WAYS[on_both], indirect=True)
        else:
            metafunc.parametrize("plugin", ["bitpay", pytest.param("greenfield", marks=AGAIN)], indirect=True)
    elif on_both:
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def plugin(request: pytest.FixtureRequest) -> Plugin:
    """The plugin that `case` and `new_case` connect the shop with."""
    chosen: Plugin = getattr(request, "param", "bitpay")
    return chosen


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The database that `place` keeps its books in."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="package")
def shared_place(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A Sattle at the end of a cable, around the run's node."""
    with Place(node, Path(tmp_path_factory.mktemp("place"))) as place:
        place.node.mine(12)  # no reorg of a test goes back beyond the first block that Sattle knows
        yield place


@pytest.fixture(scope="package")
def place_on_postgresql(node: Node, postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The same on PostgreSQL."""
    directory = Path(tmp_path_factory.mktemp("on-postgresql"))
    with Place(node, directory, database_url=postgresql.new_database()) as place:
        yield place


@pytest.fixture
def place(request: pytest.FixtureRequest, engine: str) -> Iterator[Place]:
    """The shared place, made good afterwards."""
    shared: Place = request.getfixturevalue("place_on_postgresql" if engine == "postgresql" else "shared_place")
    yield shared
    shared.restore()


@pytest.fixture
def sattle(place: Place) -> Harness:
    """The Sattle of the shared place."""
    return place.sattle


@pytest.fixture
def new_case(place: Place, plugin: Plugin) -> Iterator[NewCase]:
    """Make a store with terms of the test's choice, a wallet and a shop that no other test has, in the shared place."""
    with ExitStack() as stack:

        def make(**terms: str) -> Case:
            mine = Case(place.sattle, plugin, **terms)
            stack.callback(mine.shop_process.stop)
            return mine

        yield make


@pytest.fixture
def case(new_case: NewCase) -> Case:
    """The same with the usual terms."""
    return new_case()


@pytest.fixture(scope="package")
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show the ends of the shared programs' logs with a test that failed."""
    report = yield
    if report.failed:
        used = [getattr(value, "sattle", value) for value in getattr(item, "funcargs", {}).values()]
        for harness in {id(value): value for value in used if isinstance(value, Harness)}.values():
            report.sections += [(f"end of {name}.log", text) for name, text in harness.last_words().items()]
    return report
