"""Blocks that leave the chain, in front of us and behind our back."""

from threading import Event

import pytest

from regtest.waiting import wait_until
from tests.e2e.place import Place

WINDOW = 15 * 60 + 10


def chain_as_written_down(place: Place, blocks: int) -> list[str]:
    """The newest blocks of the books, highest first."""
    return [block_hash for _, block_hash in place.ledger.blocks(blocks)]


def chain_of_the_node(place: Place, blocks: int) -> list[str]:
    height = place.node.height()
    return [place.node.rpc("getblockhash", height - back) for back in range(blocks)]


def test_a_payment_in_both_branches_is_confirmed_unconfirmed_and_confirmed_again(place: Place) -> None:
    """Row 9."""
    case = place.shop(speed_policy="LowMediumSpeed")
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_confirmations(1)
    case.node.disconnect(1)
    order.wait_confirmations(0)
    case.node.mine()
    order.wait_confirmations(1)
    assert order.page()["status"] == "Processing"
    case.node.mine()
    order.wait_order("processing")
    order.wait_delivered()
    assert order.events().count("receivedPayment") == order.events().count("paymentSettled") == 1
    assert order.ipn_codes() == [1001, 1002, 1003, 1005, 1006]


def test_six_blocks_are_replaced_while_the_worker_is_down(place: Place) -> None:
    """Row 12."""
    case = place.shop(speed_policy="LowSpeed")
    kept, lost = case.order("10.00"), case.order("10.00")
    kept_txid, lost_txid = kept.pay(20_000), lost.pay(20_000)
    kept.wait_status("Processing")
    lost.wait_status("Processing")
    case.node.mine_empty()
    case.node.mine(5)
    kept.wait_confirmations(5)
    place.sattle.worker.stop()
    case.node.disconnect(6)
    case.payer.double_spend(lost_txid)
    case.node.mine(7)
    place.sattle.worker.start()
    kept.wait_order("processing")
    lost.wait_status("New")
    place.catch_up()
    kept_line, lost_line = place.ledger.payment(kept.invoice_id), place.ledger.payment(lost.invoice_id)
    assert (kept_line.outpoint.split("-")[0], kept_line.confirmations, kept_line.counted) == (kept_txid, 7, True)
    assert (lost_line.confirmations, lost_line.counted) == (0, False)
    assert chain_as_written_down(place, 10) == chain_of_the_node(place, 10)
    assert kept.events().count("receivedPayment") == kept.events().count("confirmed") == 1


@pytest.mark.parametrize("moment", [2, 3, 4, 5, 6, 7, 8, 10, 12])
def test_the_chain_turns_at_any_moment_of_a_catch_up_and_no_block_is_skipped(place: Place, moment: int) -> None:
    """Row 13: new blocks come before the first question, and the last two are replaced before the nth."""
    case = place.shop(speed_policy="LowSpeed")
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    turned = Event()

    def turn() -> None:
        case.node.reorg(2)
        turned.set()

    place.cable.rpc.before("*", turn, nth=moment)
    case.node.mine(3)
    while not turned.is_set():
        place.sattle.advance(61)
        wait_until(lambda: turned.is_set() or place.ledger.tip()[1] == case.node.tip(), "the chain to turn")
    place.catch_up()
    assert chain_as_written_down(place, 6) == chain_of_the_node(place, 6)
    line = place.ledger.payment(order.invoice_id)
    assert (line.confirmations, line.counted) == (4, True)
