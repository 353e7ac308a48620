"""A connected store for the tests of the bridge, and which tests run on SQLite alone in `make test`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bridge_bench import BridgeBench
from tests.marking import slow_on_postgresql

# What these ask of a database is asked of PostgreSQL by the tests beside them: what is owed and claimed by test_deliver
# and test_bridge_workers, what is written to orders by test_bridge_pass, wallets by test_marks and the contract, pages
# by test_checkout.
SQLITE_IN_MAKE_TEST = {
    "test_bridge_writes",
    "test_checkout_brand",
    "test_checkout_words",
    "test_modal",
    "test_receipt",
    "test_wallets_listed",
    "test_webhooks",
    "test_webhooks_killed",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow_on_postgresql(items, Path(__file__).parent, SQLITE_IN_MAKE_TEST)


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str) -> Iterator[BridgeBench]:
    """A store that is connected to a shop in memory; modules with a bench of another kind have their own."""
    made = BridgeBench(tmp_path, migrated_url)
    made.connect()
    yield made
    made.stop()
