"""Expiry: unpaid, partly paid, paid late, and in time although the server was away."""

from regtest.waiting import wait_until
from tests.e2e.conftest import Case

WINDOW = 15 * 60 + 10


def test_an_unpaid_order_expires_and_is_cancelled(case: Case) -> None:
    order = case.order("10.00")
    case.sattle.advance(WINDOW)
    order.wait_status("Expired")
    order.wait_order("cancelled")
    assert order.events() == ["created", "expired"]


def test_a_partly_paid_order_expires_and_fails(case: Case) -> None:
    order = case.order("10.00")
    order.pay(8_000)
    order.wait_status("New", "PaidPartial")
    case.sattle.advance(WINDOW)
    order.wait_status("Expired", "PaidPartial")
    order.wait_order("failed")
    assert order.events() == ["created", "receivedPayment", "expired", "expiredPaidPartial"]


def test_a_late_payment_is_credited_and_told_but_settles_nothing(case: Case) -> None:
    order = case.order("10.00")
    case.sattle.advance(WINDOW)
    order.wait_status("Expired")
    order.pay(20_000)
    order.wait_status("Expired", "PaidLate")
    order.wait_order("failed")
    case.node.mine()
    wait_until(lambda: order.payments()[0]["status"] == "Settled", "the late payment settles", timeout_seconds=30)
    assert order.page()["status"] == "Expired"
    assert order.events() == ["created", "expired", "receivedPayment", "paidAfterExpiration", "paymentSettled"]
    assert 1009 in order.ipn_codes()
