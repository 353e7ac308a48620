"""One transaction pays an invoice twice."""

from tests.e2e.case import COMPLETED_NOTE, SEEN_NOTE, Case


def test_two_outputs_of_one_transaction_are_two_payments_of_one_invoice(case: Case) -> None:
    """Row 18."""
    order = case.order("10.00")
    txid = case.payer.pay_many([(order.address, 8_000), (order.address, 12_000)])
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.node.mine()
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=["created", *2 * ["receivedPayment"], "paidInFull", *2 * ["paymentSettled"], "confirmed", "completed"],
        codes=[1001, 1002, 1002, 1003, 1005, 1006],
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
    lines = case.ledger.payments(order.invoice_id)
    assert [(line.outpoint, line.value_sats) for line in lines] == [(f"{txid}-0", 8_000), (f"{txid}-1", 12_000)]
