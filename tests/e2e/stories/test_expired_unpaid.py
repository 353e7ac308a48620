"""Nobody pays, or not enough."""

from tests.e2e.case import EXPIRED_NOTE, Case

WINDOW = 15 * 60 + 10


def test_an_unpaid_order_expires_and_is_cancelled(case: Case) -> None:
    order = case.order("10.00")
    case.sattle.advance(WINDOW)
    order.ends(
        invoice=("Expired", "None"),
        order="cancelled",
        events=["created", "expired"],
        codes=[1001, 1004],
        notes=[EXPIRED_NOTE],
    )
    assert order.payments() == []


def test_a_partly_paid_order_expires_and_fails(case: Case) -> None:
    order = case.order("10.00")
    order.pay(8_000)
    order.wait_status("New", "PaidPartial")
    case.sattle.advance(WINDOW)
    order.ends(
        invoice=("Expired", "PaidPartial"),
        order="failed",
        events=["created", "receivedPayment", "expired", "expiredPaidPartial"],
        codes=[1001, 1002, 1004, 2000],
        notes=[EXPIRED_NOTE, "The invoice expired after only a part"],
    )
