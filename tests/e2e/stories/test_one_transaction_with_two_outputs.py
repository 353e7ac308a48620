"""One transaction pays an invoice twice."""

from tests.e2e.case import COMPLETED_NOTE, SEEN_NOTE, Case


def test_two_outputs_of_one_transaction_are_two_payments_of_one_invoice(case: Case) -> None:
    """Row 18."""
    (order,) = case.play("two-outputs")
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=["created", *2 * ["receivedPayment"], "paidInFull", *2 * ["paymentSettled"], "confirmed", "completed"],
        codes=[1001, 1002, 1002, 1003, 1005, 1006],
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
    lines = case.ledger.payments(order.invoice_id)
    assert [(line.outpoint.partition("-")[2], line.value_sats) for line in lines] == [("0", 8_000), ("1", 12_000)]
