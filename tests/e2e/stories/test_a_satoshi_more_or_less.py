"""Under, exact and over, by one satoshi and by many."""

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, Case

WINDOW = 15 * 60 + 10


def test_a_satoshi_too_little_does_not_pay_an_order(case: Case) -> None:
    order = case.order("10.00")
    order.pay(19_999)
    order.wait_status("New", "PaidPartial")
    assert order.page()["due"] == "0.00000001"
    case.node.mine()
    case.sattle.advance(WINDOW)
    order.ends(
        invoice=("Expired", "PaidPartial"),
        order="failed",
        events=["created", "receivedPayment", "paymentSettled", "expired", "expiredPaidPartial"],
        codes=[1001, 1002, 1004, 2000],
        notes=["Bitcoin payment expired", "The invoice expired after only a part"],
    )


def test_the_exact_amount_pays_an_order(case: Case) -> None:
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.node.mine()
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )


def test_a_satoshi_too_much_is_an_overpayment(case: Case) -> None:
    _overpay(case, 20_001)


def test_an_overpaid_order_is_paid_and_stays_marked_as_overpaid(case: Case) -> None:
    _overpay(case, 30_000)


def _overpay(case: Case, sats: int) -> None:
    order = case.order("10.00")
    order.pay(sats)
    order.wait_status("Processing", "PaidOver")
    order.wait_order("on-hold")
    case.node.mine()
    order.ends(
        invoice=("Settled", "PaidOver"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
    assert [payment.value_sats for payment in order.payments()] == [sats]
