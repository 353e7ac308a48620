"""Two workers on one PostgreSQL database: one leads, both deliver, and either does all the work alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regtest.harness import Harness
from regtest.node import Node
from regtest.processes import Process
from regtest.waiting import wait_until
from tests.e2e.conftest import Case, Order
from tests.private_postgresql import Cluster

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(400)]

SETTLED_EVENTS = ["created", "receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]
SETTLED_CODES = [1001, 1002, 1003, 1005, 1006]


@pytest.fixture
def sattle(node: Node, postgresql: Cluster, tmp_path: Path) -> Iterator[Harness]:
    with Harness(node, tmp_path / "sattle", database_url=postgresql.new_database()) as running:
        yield running


@pytest.fixture
def second(sattle: Harness) -> Iterator[Process]:
    """A worker that started after the first one leads."""
    worker = sattle.installation.worker("worker-2")
    wait_until(lambda: "node ready" in sattle.worker.log_tail(), "the first worker to lead")
    worker.start()
    wait_until(lambda: "worker started" in worker.log_tail(), "the second worker to start")
    yield worker
    worker.stop()


def see_through(case: Case, *orders: Order) -> None:
    """Paid orders are confirmed, and told to the shop once and in order."""
    for order in orders:
        order.wait_status("Processing", timeout_seconds=60)
    case.node.mine()
    for order in orders:
        order.wait_status("Settled", timeout_seconds=60)
        order.wait_order("processing", timeout_seconds=60)
        wait_until(lambda order=order: len(order.ipn_codes()) >= len(SETTLED_CODES), "the last IPN", timeout_seconds=60)
        assert order.ipn_codes() == SETTLED_CODES
        assert order.events() == SETTLED_EVENTS


def paid_order(case: Case) -> Order:
    order = case.order("10.00")
    order.pay(20_000)
    return order


def test_payments_go_on_being_credited_whichever_worker_dies(case: Case, sattle: Harness, second: Process) -> None:
    see_through(case, paid_order(case))
    sattle.worker.kill()
    see_through(case, paid_order(case))
    sattle.worker.start()
    order = paid_order(case)
    second.kill()
    see_through(case, order)


def test_what_a_dead_worker_owed_is_told_by_the_other(case: Case, sattle: Harness, second: Process) -> None:
    case.ipn_mode("down")
    orders = [paid_order(case) for _ in range(3)]
    wait_until(lambda: all(order.in_shop()["ipns"] for order in orders), "something to be tried of each order")
    sattle.worker.kill()
    case.ipn_mode("ok")
    sattle.advance(15)
    see_through(case, *orders)
