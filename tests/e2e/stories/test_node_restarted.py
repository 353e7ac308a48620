"""The node is restarted between a payment and its block."""

from regtest.harness import Plugin
from tests.e2e.case import COMPLETED_NOTE, PAID, PAID_CODES, SEEN_NOTE, Case
from tests.e2e.place import Place


def test_the_node_is_restarted_between_payment_and_block(restarting_place: Place, plugin: Plugin) -> None:
    case = Case(restarting_place.sattle, plugin)
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    order.wait_order("on-hold")
    case.node.restart()
    case.node.mine()
    order.ends(
        invoice=("Settled", "None"),
        order="processing",
        events=PAID,
        codes=PAID_CODES,
        notes=[SEEN_NOTE, COMPLETED_NOTE],
    )
    assert [payment.status for payment in order.payments()] == ["Settled"]
