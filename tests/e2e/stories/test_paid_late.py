"""Money that comes after the end is credited and told, and settles nothing."""

import pytest

from tests.e2e.case import EXPIRED_NOTE, Case


@pytest.mark.postgresql
def test_a_late_payment_is_credited_and_told_but_settles_nothing(case: Case) -> None:
    (order,) = case.play("paid-late")
    order.ends(
        invoice=("Expired", "PaidLate"),
        order="failed",
        order_by_webhooks="processing",
        events=["created", "expired", "receivedPayment", "paidAfterExpiration", "paymentSettled"],
        codes=[1001, 1004, 1002, 1009],
        notes=[EXPIRED_NOTE, "A payment arrived late"],
    )
    assert [(payment.value_sats, payment.status) for payment in order.payments()] == [(20_000, "Settled")]
