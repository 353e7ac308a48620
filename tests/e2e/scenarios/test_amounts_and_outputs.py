"""One transaction, several payments; payments nobody expected; payments of next to nothing."""

import sqlite3
from contextlib import closing

import pytest

from regtest.waiting import wait_until
from tests.e2e.case import Case, Order
from tests.e2e.place import Place

WINDOW = 15 * 60 + 10
COINBASE_MATURITY = 100


def script_of(order: Order) -> str:
    """The scriptPubKey of the order's address."""
    return str(order.case.node.rpc("validateaddress", order.address)["scriptPubKey"])


def received(place: Place, order: Order) -> list[bool]:
    """Of each ReceivedPayment, whether it came after the invoice's end."""
    told = place.ledger.events(order.invoice_id)
    return [event.payload["afterExpiration"] for event in told if event.type == "receivedPayment"]


def test_money_for_an_order_that_is_settled_already_is_recorded_and_told(place: Place, case: Case) -> None:
    """Row 19."""
    order = case.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    case.node.mine()
    order.wait_order("processing")
    order.pay(20_000)
    wait_until(lambda: len(place.ledger.payments(order.invoice_id)) == 2, "the second payment is recorded")
    case.node.mine()
    wait_until(lambda: order.events().count("paymentSettled") == 2, "the second payment settles")
    assert (order.page()["status"], order.page()["additionalStatus"]) == ("Settled", "None")
    assert received(place, order) == [False, False]
    wait_until(lambda: order.ipn_codes().count(1002) == 2, "the shop hears of the second payment")


def test_money_for_an_expired_order_is_recorded_and_told_as_late(place: Place, case: Case) -> None:
    """Row 19."""
    order = case.order("10.00")
    place.sattle.advance(WINDOW)
    order.wait_status("Expired")
    order.pay(20_000)
    order.wait_status("Expired", "PaidLate")
    order.wait_order("failed")
    case.node.mine()
    wait_until(lambda: "paymentSettled" in order.events(), "the late payment settles")
    assert order.page()["status"] == "Expired"
    assert received(place, order) == [True]


def test_money_for_an_order_that_was_marked_invalid_is_recorded_and_told_as_late(place: Place, case: Case) -> None:
    """Row 19: trace L."""
    order = case.order("10.00")
    place.sattle.installation.flask("invoice", "mark", order.invoice_id, "invalid")
    order.pay(20_000)
    wait_until(lambda: place.ledger.payments(order.invoice_id), "the payment is recorded")
    assert received(place, order) == [True]
    assert (order.page()["status"], order.page()["additionalStatus"]) == ("Invalid", "Marked")


def test_money_for_an_archived_order_is_recorded(place: Place, case: Case) -> None:
    """Row 19: archived is a flag that hides an invoice in lists, from nobody's money."""
    order = case.order("10.00")
    address = order.address
    with closing(sqlite3.connect(place.sattle.installation.directory / "sattle.db", timeout=10)) as database, database:
        database.execute("UPDATE invoices SET archived = 1 WHERE id = ?", (order.invoice_id,))
    case.payer.pay(address, 20_000)
    case.node.mine()
    wait_until(lambda: place.ledger.statuses()[order.invoice_id] == ("Settled", "None"), "the invoice is settled")
    assert place.ledger.payment(order.invoice_id).value_sats == 20_000


def test_a_coinbase_payment_settles_when_it_can_be_spent_and_not_before(place: Place, case: Case) -> None:
    """Row 27."""
    order = case.order("10.00")
    case.node.mine(to=order.address)
    wait_until(lambda: place.ledger.payments(order.invoice_id), "the coinbase payment is recorded")
    case.node.mine(COINBASE_MATURITY - 2)
    place.catch_up()
    assert place.ledger.payment(order.invoice_id).confirmations == COINBASE_MATURITY - 1
    assert (order.page()["status"], order.page()["additionalStatus"]) == ("Processing", "PaidOver")
    assert "paymentSettled" not in order.events()
    case.node.mine()
    order.wait_status("Settled", "PaidOver")
    order.wait_order("processing")


def test_a_coinbase_payment_falls_with_its_block(place: Place, case: Case) -> None:
    """Row 27: it can never come back."""
    order = case.order("10.00")
    case.node.mine(to=order.address)
    order.wait_status("Processing", "PaidOver")
    case.node.disconnect(1)
    case.node.mine_empty(2)
    order.wait_status("New")
    assert not place.ledger.payment(order.invoice_id).counted


@pytest.mark.parametrize("dust", [0, 1, 100])
def test_an_output_of_next_to_nothing_is_recorded_and_counts_at_its_value(place: Place, case: Case, dust: int) -> None:
    """Row 29."""
    order = case.order("10.00")
    raw = case.payer.prepare_as_is([(script_of(order), dust), (script_of(order), 20_000 - dust)])
    case.node.mine_with(raw)
    order.wait_order("processing")
    lines = place.ledger.payments(order.invoice_id)
    assert [(line.value_sats, line.confirmations, line.counted) for line in lines] == [
        (dust, 1, True),
        (20_000 - dust, 1, True),
    ]
    assert order.page()["additionalStatus"] == "None"
    assert order.events().count("receivedPayment") == 2


def test_an_output_of_nothing_alone_pays_nothing(place: Place, case: Case) -> None:
    """Row 29."""
    order = case.order("10.00")
    case.node.mine_with(case.payer.prepare_as_is([(script_of(order), 0)]))
    wait_until(lambda: place.ledger.payments(order.invoice_id), "the empty payment is recorded")
    assert (order.page()["status"], order.page()["additionalStatus"]) == ("New", "None")
    place.sattle.advance(WINDOW)
    order.wait_order("cancelled")


def test_a_merchant_who_spends_the_coin_at_once_has_been_paid_all_the_same(place: Place, case: Case) -> None:
    """Row 31: before and after the block."""
    at_once, later = case.order("10.00"), case.order("10.00")
    txids = [at_once.pay(20_000), later.pay(20_000)]
    at_once.wait_status("Processing")
    later.wait_status("Processing")
    case.store.merchant.spend(txids[0], case.node.new_address())
    place.catch_up()
    assert place.ledger.payment(at_once.invoice_id).counted
    assert at_once.page()["status"] == "Processing"
    case.node.mine()
    at_once.wait_order("processing")
    later.wait_order("processing")
    case.store.merchant.spend(txids[1], case.node.new_address())
    case.node.mine()
    place.catch_up()
    assert [place.ledger.payment(order.invoice_id).counted for order in (at_once, later)] == [True, True]
    assert [order.page()["status"] for order in (at_once, later)] == ["Settled", "Settled"]


def test_a_reorg_of_a_spent_payment_lets_it_settle_again(place: Place) -> None:
    """Row 31: the merchant's spending transaction stands on it in the mempool meanwhile."""
    case = place.shop(speed_policy="LowMediumSpeed")
    order = case.order("10.00")
    txid = order.pay(20_000)
    order.wait_status("Processing")
    case.store.merchant.spend(txid, case.node.new_address())
    case.node.mine()
    case.node.reorg(1, keep_transactions=False)
    place.catch_up()
    assert (place.ledger.payment(order.invoice_id).confirmations, order.page()["status"]) == (0, "Processing")
    case.node.mine(2)
    order.wait_order("processing")
