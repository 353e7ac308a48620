"""A block with a payment leaves the chain, and a later one has the payment again."""

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, NewCase
from tests.e2e.place import Place


def test_a_payment_that_is_reorged_out_and_back_settles_once(place: Place, new_case: NewCase) -> None:
    """Row 10."""
    case = new_case(speed_policy="LowMediumSpeed")
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_confirmations(1)
    case.node.disconnect(1)
    case.node.mine_empty(2)
    order.wait_confirmations(0)
    assert order.page()["status"] == "Processing"
    assert place.ledger.payment(order.invoice_id).counted
    case.node.mine(2)
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
