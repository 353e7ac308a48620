"""PHP dies when the work is done: a 500 says nothing about what became of the order."""

import pytest

from regtest.waiting import wait_until
from tests.e2e.bridge.connecting import (
    AGAIN_SECONDS,
    GRACE_SECONDS,
    acts,
    connect,
    ends,
    our_notes,
    rows,
    writes,
)
from tests.e2e.case import Case, Order

PAID = [
    "The shop is told once more",
    "The order is put on hold",
    "The shop is told once more",
    "Sattle sets the order to paid",
    "Shop and chain agree",
]
TOLD_AGAIN = ["The shop is told once more", "Sattle sets the order to paid", "Shop and chain agree"]
NUDGED = " AND a.started_at >= (SELECT began_at FROM bridge_acts WHERE invoice_id = :invoice AND act = 'nudge')"


def found(case: Case, order: Order, notes: int) -> bool:
    """Are so many notes known to be there? An order that the shop fails over is left alone for a while."""
    case.sattle.advance(AGAIN_SECONDS)
    return acts(order).count(("note", "done")) == notes


@pytest.mark.slow  # told in memory against the same shop
def test_what_was_written_and_noted_under_a_500_is_found_and_not_written_again(case: Case) -> None:
    merchant = connect(case)
    case.answer("forbidden")
    order = case.order()
    case.shop.fail_rest("after_change", only=("PUT", "POST"))
    case.payer.pay(order.address, 20_000)
    wait_until(lambda: len(our_notes(order)) == 1, "the first note", 60)
    wait_until(lambda: found(case, order, 1), "the note to be found", 60)
    case.node.mine()
    order.wait_status("Settled")
    wait_until(lambda: len(our_notes(order)) == 2, "the second note", 60)
    wait_until(lambda: found(case, order, 2), "the second one to be found", 60)
    ends(order, merchant, status="processing", notes=["was seen", "is settled"], story=PAID)
    assert writes(order) == ["done", "done"]


@pytest.mark.slow  # the plugin's side of the same
def test_a_plugin_that_answers_500_each_time_holds_nothing_up_and_is_not_told_for_days(case: Case) -> None:
    """What it says counts as not taken, so "settled" waits behind it."""
    merchant = connect(case)
    order = case.order()
    case.payer.pay(order.address, 20_000)
    order.wait_order("on-hold")
    order.wait_delivered()
    case.answer("after_change")
    case.node.mine()
    order.wait_status("Settled")
    wait_until(lambda: _failed(order), "the plugin to fail when it has done its work", 30)
    case.sattle.advance(GRACE_SECONDS)
    wait_until(lambda: _failed(order, NUDGED), "the shop to be told once more and to fail again", 60)
    case.sattle.advance(AGAIN_SECONDS)
    order.wait_order("processing", timeout_seconds=60)
    ends(order, merchant, status="processing", notes=["is settled"], story=TOLD_AGAIN, plugin_repeats=True)
    assert "pending" not in case.ledger.deliveries(order.invoice_id)


def _failed(order: Order, only: str = "") -> bool:
    """Is it written down that the shop answered a webhook with 500?"""
    sql = "SELECT 1 FROM attempts a JOIN deliveries d ON d.id = a.delivery_id"
    return bool(rows(order, f"{sql} WHERE d.invoice_id = :invoice AND a.http_status = 500{only}"))
