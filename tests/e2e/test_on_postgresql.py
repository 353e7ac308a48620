"""Five of the stories again on PostgreSQL, and the one of the fifty kills."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regtest.harness import Harness
from regtest.node import Node
from tests.e2e import test_amounts, test_deadlines, test_paid_in_full, test_sigkill
from tests.e2e.conftest import Case
from tests.e2e.scenarios import test_replacements_and_evictions, test_workers
from tests.private_postgresql import Cluster

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def on_postgresql(node: Node, postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    directory = Path(tmp_path_factory.mktemp("on-postgresql"))
    with Harness(node, directory, database_url=postgresql.new_database()) as running:
        yield running


@pytest.fixture
def case(on_postgresql: Harness) -> Case:
    return Case(on_postgresql)


def test_an_order_is_paid_in_full(case: Case) -> None:
    test_paid_in_full.test_an_order_paid_in_full_becomes_processing_in_the_shop(case)


def test_an_order_is_paid_in_two_parts(case: Case) -> None:
    test_amounts.test_two_parts_pay_an_order_and_the_page_asks_for_the_rest(case)


def test_a_payment_comes_late(case: Case) -> None:
    test_deadlines.test_a_late_payment_is_credited_and_told_but_settles_nothing(case)


def test_a_payment_is_double_spent(case: Case) -> None:
    test_replacements_and_evictions.test_a_double_spend_to_somebody_else_takes_the_payment_back_at_once(case)


def test_the_worker_is_killed(case: Case) -> None:
    test_workers.test_the_worker_is_killed_between_seeing_and_telling(case)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_kills(on_postgresql: Harness) -> None:
    test_sigkill.test_fifty_kills_lose_no_payment_and_no_notification(on_postgresql)
