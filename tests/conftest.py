"""What all tests share: one node for the run, found or built before the first test's clock starts."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from regtest.bitcoind import find_bitcoind
from regtest.harness import Harness
from regtest.node import Node
from tests.private_postgresql import Cluster

NODE_FIXTURES = {"node", "own_node", "bitcoind"}

StartSattle = Callable[..., Harness]
STARTED = pytest.StashKey[list[Harness]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Have a bitcoind before any test that needs one: building it takes longer than a test may."""
    if any(NODE_FIXTURES & set(getattr(item, "fixturenames", ())) for item in session.items):
        os.environ["BITCOIND"] = str(find_bitcoind())


@pytest.fixture(scope="session")
def bitcoind() -> Path:
    """The program that the nodes of this run are made of."""
    return find_bitcoind()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node that all tests share. Tests that stop it or leave its chain in pieces start one of their own."""
    with Node(tmp_path_factory.mktemp("node")) as running:
        yield running


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A private PostgreSQL cluster. Its directory is not below pytest's, which only we may enter."""
    with tempfile.TemporaryDirectory(prefix="sattle-postgresql-") as directory:
        Path(directory).chmod(0o755)
        cluster = Cluster(Path(directory) / "home")
        cluster.start()
        yield cluster
        cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The DATABASE_URL of an empty database; a test that asks for it runs on both engines."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'sattle.db'}"
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.new_database()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file at the newest revision, to be copied."""
    from tests.databases import migrated_file

    file = tmp_path_factory.mktemp("migrated") / "sattle.db"
    file.write_bytes(migrated_file())
    return file


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database at the newest revision, to be emptied for each test."""
    from tests.databases import migrate

    url = postgresql.new_database()
    migrate(url, tmp_path_factory.mktemp("migrated"))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The DATABASE_URL of a fresh database at the newest revision; a test that asks for it runs on both engines."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "sattle.db")
        return f"sqlite:///{tmp_path / 'sattle.db'}"
    from tests.databases import empty

    url: str = request.getfixturevalue("migrated_postgresql")
    empty(url)
    return url


@pytest.fixture
def start_sattle(request: pytest.FixtureRequest, node: Node, tmp_path: Path) -> Iterator[StartSattle]:
    """Start a Sattle of the test's own around the shared node; arguments are those of `Harness` after the directory."""
    started = request.node.stash[STARTED] = []

    with ExitStack() as running:

        def start(on: Node = node, **options: Any) -> Harness:
            sattle = Harness(on, tmp_path / f"sattle-{len(started) + 1}", **options)
            started.append(sattle)  # before it runs: its logs are wanted most when it cannot start
            return running.enter_context(sattle)

        yield start


@pytest.fixture
def sattle(start_sattle: StartSattle) -> Harness:
    """A running Sattle on SQLite with a store, wallet and shop of the test's own."""
    return start_sattle()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show the ends of the programs' logs with a test that failed."""
    report = yield
    if report.failed:
        for sattle in item.stash.get(STARTED, []):
            report.sections += [(f"end of {name}.log", text) for name, text in sattle.last_words().items()]
    return report
