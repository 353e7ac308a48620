"""One Sattle for the run; a fresh store, wallet and shop for every case."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regtest.harness import Harness
from regtest.node import Node
from tests.e2e.case import Case as Case
from tests.e2e.case import Order as Order


@pytest.fixture(scope="session")
def sattle(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """Web and worker on SQLite, around the run's node."""
    with Harness(node, Path(tmp_path_factory.mktemp("sattle"))) as running:
        yield running


@pytest.fixture
def case(sattle: Harness) -> Case:
    """A store with the usual settings."""
    return Case(sattle)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show the ends of the shared programs' logs with a test that failed."""
    report = yield
    if report.failed:
        used = [getattr(value, "sattle", value) for value in getattr(item, "funcargs", {}).values()]
        for harness in {id(value): value for value in used if isinstance(value, Harness)}.values():
            report.sections += [(f"end of {name}.log", text) for name, text in harness.last_words().items()]
    return report
