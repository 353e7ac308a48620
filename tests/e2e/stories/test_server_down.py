"""All of Sattle is down while a payment comes and confirms."""

from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, NewCase
from tests.e2e.place import Place


def test_a_payment_that_came_and_confirmed_while_the_server_was_down_is_found(place: Place, new_case: NewCase) -> None:
    """Row 2."""
    case = new_case()
    order = case.order("10.00")
    address = order.address
    place.sattle.worker.stop()
    place.sattle.web.stop()
    txid = case.payer.pay(address, 20_000)
    case.node.mine(2)
    place.sattle.start_web()
    place.sattle.worker.start()
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[COMPLETED_NOTE],
    )
    line = place.ledger.payment(order.invoice_id)
    assert line.outpoint.startswith(txid)
    assert (line.value_sats, line.confirmations, line.counted) == (20_000, 2, True)
