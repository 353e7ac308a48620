"""SIGKILL at random moments, under sales and payments: every payment is credited once, every IPN owed arrives, in
order."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from regtest.harness import Harness
from regtest.waiting import wait_until
from tests.e2e.case import Case, Order

KILLS = 50
ORDERS = KILLS // 2
SETTLED_CODES = [1001, 1002, 1003, 1005, 1006]


def firsts(codes: list[int]) -> list[int]:
    """Each code where it first appears: at least once means that repeats are allowed."""
    return list(dict.fromkeys(codes))


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.timeout(900)
def test_fifty_kills_lose_no_sale_no_payment_and_no_notification(case: Case) -> None:
    """Every other kill meets a sale, and those between meet a payment: web and worker die in the middle of a change."""
    chance, sattle = random.Random(20_26), case.sattle
    orders: list[Order] = []
    unpaid: list[str] = []
    with ThreadPoolExecutor(1) as buyer:
        for kill in range(KILLS):
            sale = buyer.submit(buy, case) if kill % 2 == 0 else None
            if unpaid and sale is None:
                case.payer.pay(unpaid.pop(), 20_000)
            if kill % 7 == 6:
                case.node.mine()
            dawdle(chance.uniform(0, 0.06) if chance.random() < 0.6 else chance.uniform(0, 1.2))
            kill_one(sattle, web=chance.random() < (0.5 if sale else 0.1))
            if sale is not None:
                orders.append(sale.result())
                unpaid.append(orders[-1].address)
    assert (len(orders), unpaid) == (ORDERS, [])
    addresses = [order.address for order in orders]
    assert len(set(addresses)) == ORDERS
    case.node.mine()
    for order in orders:
        order.wait_status("Settled", timeout_seconds=60)

    def all_delivered() -> bool:
        sattle.advance(600)  # a shop that found the server dead time and again is left alone for so long
        return all(order.all_delivered() for order in orders)

    wait_until(all_delivered, "every delivery to be delivered", timeout_seconds=300, every_seconds=2)
    for order in orders:
        check(order)
    wallet = case.store.merchant
    assert [wallet.received_sats(address, 1) for address in addresses] == [20_000] * ORDERS


def kill_one(sattle: Harness, *, web: bool) -> None:
    """Kill web or worker, and start it again."""
    if web:
        sattle.web.kill()
        sattle.start_web()
    else:
        sattle.worker.kill()
        sattle.worker.start()


def buy(case: Case) -> Order:
    """A buyer who tries again while the shop has nobody to ask: the sale itself may be killed."""
    return wait_until(lambda: case.order("10.00"), "the sale", ignoring=(requests.RequestException,))


def check(order: Order) -> None:
    order.wait_order("processing")
    order.wait_delivered()
    assert [payment.value_sats for payment in order.payments()] == [20_000]
    assert order.events() == ["created", "receivedPayment", "paidInFull", "paymentSettled", "confirmed", "completed"]
    assert firsts(order.ipn_codes()) == SETTLED_CODES


def dawdle(seconds: float) -> None:
    """Let the moment of the next kill be any moment: this waits for nothing."""
    ends = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= ends, "the moment of the next kill", timeout_seconds=5)
