"""Which of these tests run on SQLite alone in `make test`."""

from pathlib import Path

import pytest

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
