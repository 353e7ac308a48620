"""A store that forgives 2 %: an order of 20,000 sats is paid by 19,600 of them."""

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, NewCase

WINDOW = 15 * 60 + 10


def test_what_the_tolerance_just_allows_pays_an_order(new_case: NewCase) -> None:
    case = new_case(tolerance="2")
    order = case.order("10.00")
    order.pay(19_600)
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


def test_a_satoshi_below_the_tolerance_does_not(new_case: NewCase) -> None:
    case = new_case(tolerance="2")
    order = case.order("10.00")
    order.pay(19_599)
    order.wait_status("New", "PaidPartial")
    case.sattle.advance(WINDOW)
    order.ends(
        invoice=("Expired", "PaidPartial"),
        order="failed",
        events=["created", "receivedPayment", "expired", "expiredPaidPartial"],
        codes=[1001, 1002, 1004, 2000],
        notes=["Bitcoin payment expired", "The invoice expired after only a part"],
    )
