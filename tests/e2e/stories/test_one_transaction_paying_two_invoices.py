"""One transaction pays two invoices: each is credited with its own output."""

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, Case


def test_one_transaction_pays_two_invoices(case: Case) -> None:
    """Row 18."""
    mug, book = case.order("10.00"), case.order("20.00")
    case.payer.pay_many([(mug.address, 20_000), (book.address, 40_000)])
    for order in (mug, book):
        order.wait_status("Processing")
        order.wait_order("on-hold")
    case.node.mine()
    for order, sats in ((mug, 20_000), (book, 40_000)):
        order.ends(
            invoice=("Settled", "None"),
            order="processing",
            events=PAID,
            codes=PAID_CODES,
            notes=[SEEN_NOTE, COMPLETED_NOTE],
        )
        assert [payment.value_sats for payment in order.payments()] == [sats]
