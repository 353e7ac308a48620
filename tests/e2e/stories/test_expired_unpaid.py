"""Nobody pays, or not enough."""

from tests.e2e.case import EXPIRED_NOTE, Case


def test_an_unpaid_order_expires_and_is_cancelled(case: Case) -> None:
    (order,) = case.play("expired-unpaid")
    order.ends(
        invoice=("Expired", "None"),
        order="cancelled",
        events=["created", "expired"],
        codes=[1001, 1004],
        notes=[EXPIRED_NOTE],
    )
    assert order.payments() == []


def test_a_partly_paid_order_expires_and_fails(case: Case) -> None:
    (order,) = case.play("expired-with-a-part")
    order.ends(
        invoice=("Expired", "PaidPartial"),
        order="failed",
        events=["created", "receivedPayment", "expired", "expiredPaidPartial"],
        codes=[1001, 1002, 1004, 2000],
        notes=[EXPIRED_NOTE, "The invoice expired after only a part"],
    )
