"""A block with a payment leaves the chain, and the coins are spent otherwise in the new one."""

from tests.e2e.case import COMPLETED_NOTE, EXPIRED_NOTE, PAID, PAID_CODES, SEEN_NOTE, NewCase
from tests.e2e.place import Place

WINDOW = 15 * 60 + 10


def test_a_payment_that_is_reorged_out_for_good_no_longer_counts(place: Place, new_case: NewCase) -> None:
    """Row 11: before it settled."""
    case = new_case(speed_policy="LowMediumSpeed")
    order = case.order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_confirmations(1)
    case.payer.reorg_out(txid)
    order.wait_status("New")
    assert not place.ledger.payment(order.invoice_id).counted
    place.sattle.advance(WINDOW)
    order.ends(
        invoice=("Expired", "None"),
        order="cancelled",
        events=["created", "receivedPayment", "paidInFull", "expired"],
        codes=[1001, 1002, 1003, 1004],
        notes=[SEEN_NOTE, EXPIRED_NOTE],
    )


def test_an_order_that_lost_its_money_after_it_settled_stays_settled_and_says_so(
    place: Place, new_case: NewCase
) -> None:
    """Row 11: after it settled. The shop is told nothing, the merchant is alerted."""
    case = new_case()
    order = case.order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.node.mine()
    order.wait_order("processing")
    order.wait_delivered()
    case.payer.reorg_out(txid)
    place.catch_up()
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=[*PAID, "settledPaymentLost"],
        codes=PAID_CODES,
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
    shown = order.shown()
    assert [payment["status"] for payment in shown["payments"]] == ["Unaccounted"]
    assert [(alert["kind"], alert["outpoint"]) for alert in shown["alerts"]] == [
        ("settled_payment_lost", shown["payments"][0]["outpoint"])
    ]
