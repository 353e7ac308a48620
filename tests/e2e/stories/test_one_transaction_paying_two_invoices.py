"""One transaction pays two invoices: each is credited with its own output."""

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, Case


def test_one_transaction_pays_two_invoices(case: Case) -> None:
    """Row 18."""
    mug, book = case.play("one-transaction-pays-two-orders")
    for order, sats in ((mug, 20_000), (book, 40_000)):
        order.ends(
            invoice=("Settled", "None"),
            order="processing",
            events=PAID,
            codes=PAID_CODES,
            notes=[SEEN_NOTE, COMPLETED_NOTE],
        )
        assert [payment.value_sats for payment in order.payments()] == [sats]
