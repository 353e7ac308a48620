"""The action table as data: every cell, every guard failing alone, what the table lacks, and what is never done."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain.bridge import Act, Decision, Need, Plugin, Terms
from app.domain.invoice import AdditionalStatus
from app.domain.mismatch import MismatchKind as Kind
from app.domain.shop_order import ShopOrder
from tests.unit.bridge_facts import (
    BOOKED,
    EARLIER,
    KEY,
    ME,
    NOW,
    OTHER,
    SEEN,
    START,
    TERMS,
    a_real_order,
    an_invoice,
    an_order,
)
from woo_bridge.decide import decide
from woo_bridge.writes import never_paid

STATES = ["New", "Processing", "Settled", "Expired", "Short", "Late", "Invalid"]
PAY = {"set_paid": True, "transaction_id": ME}
STATUS = {"status": "processing", "transaction_id": ME}
WRITES: dict[str, dict[str, Any]] = {
    "hold": {"status": "on-hold"},
    "pay": PAY,
    "pay+raise": PAY,
    "status": STATUS,
    "cancel": {"status": "cancelled"},
}
CELLS = {
    "pending": "               -     hold  pay       cancel note+raise note+raise note+raise",
    "checkout-draft": "        -     -     pay+raise -      raise      raise      -",
    "on-hold": "               -     -     status    raise  raise      raise      note+raise",
    "failed": "                -     note  pay       -      -          raise      -",
    "cancelled": "             -     note  status    -      note+raise note+raise -",
    "cancelled by a person": " close note  note+raise -     note+raise note+raise -",
    "processing": "            close -     -         alarm  -          -          alarm",
    "completed": "             close -     -         alarm  -          -          alarm",
    "pending, date_paid": "    -     -     raise     -      raise      raise      raise",
    "on-hold, date_paid": "    -     -     raise     -      raise      raise      raise",
    "refunded": "              -     raise raise     -      raise      raise      -",
    "trash": "                 -     raise raise     -      raise      raise      -",
    "gone": "                  -     raise raise     -      raise      raise      raise",
    "other key": "             -     raise raise     -      raise      raise      raise",
    "shipped": "               -     raise raise     -      raise      raise      raise",
    "bacs": "                  -     raise raise     -      raise      raise      -",
    "other total": "           -     note  raise     -      raise      raise      -",
    "other currency": "        -     note  raise     -      raise      raise      -",
}
TABLE = [
    pytest.param(order, state, said, id=f"{order}/{state}")
    for order, line in CELLS.items()
    for state, said in zip(STATES, line.split(), strict=True)
]


def look(state: str, order: str, terms: Terms = TERMS, **more: Any) -> Decision:
    return decide(an_invoice(state), an_order(order, **more), (), terms, NOW)


def said_by(decision: Decision) -> str:
    """The decision in the words of the table."""
    if decision.act is Act.WRITE:
        word = next(word for word, body in WRITES.items() if body == decision.write)
        return f"{word}+raise" if decision.mismatch else word
    if decision.act is Act.RAISE:
        assert decision.mismatch is not None
        loud = decision.mismatch.is_loud and decision.note
        return "alarm" if loud else "note+raise" if decision.note else "raise"
    if decision.act is Act.CLOSE_INVOICE:
        return "close"
    assert decision.act in (Act.AGREES, Act.NOTHING_YET)
    return "note" if decision.note else "-"


@pytest.mark.parametrize(("order", "state", "said"), TABLE)
def test_each_cell_of_the_table(order: str, state: str, said: str) -> None:
    decision = look(state, order)
    assert said_by(decision) == said
    assert (decision.write is None) == (decision.act is not Act.WRITE)


@pytest.mark.parametrize(("order", "state", "said"), TABLE)
def test_settled_by_hand_is_as_settled(order: str, state: str, said: str) -> None:
    if state == "Settled":
        assert said_by(look("Settled+Marked", order)) == said
        unpaid = an_invoice("Settled+Marked", seen_sats=0, settled_sats=0, first_seen_at=None)
        assert said_by(decide(unpaid, an_order(order), (), TERMS, NOW)) == said


@pytest.mark.parametrize(("order", "state", "said"), TABLE)
def test_invalid_and_then_paid_in_full_is_as_paid_late(order: str, state: str, said: str) -> None:
    if state == "Late":
        assert said_by(look("Invalid, then paid", order)) == said


@pytest.mark.parametrize("order", CELLS)
def test_invalid_and_never_seen_does_nothing_on_any_row(order: str) -> None:
    decision = look("Invalid+Marked, never seen", order)
    assert (decision.act, decision.note, decision.is_final) == (Act.AGREES, None, True)


@pytest.mark.parametrize("order", CELLS)
def test_a_lost_payment_is_raised_on_every_row_and_writes_nothing(order: str) -> None:
    decision = look("Settled, lost", order)
    assert (decision.act, decision.mismatch, decision.write) == (Act.RAISE, Kind.LOST_PAYMENT, None)
    assert Kind.LOST_PAYMENT.is_loud
    assert (decision.note is None) == (order in ("gone", "other key"))


@pytest.mark.parametrize(
    ("state", "order", "kind"),
    [
        ("Settled", "gone", Kind.DELETED),
        ("Settled", "other key", Kind.REUSED_ID),
        ("Settled", "trash", Kind.TRASHED),
        ("Settled", "refunded", Kind.REFUNDED),
        ("Settled", "shipped", Kind.UNKNOWN_STATUS),
        ("Settled", "bacs", Kind.GATEWAY),
        ("Settled", "other total", Kind.AMOUNT),
        ("Settled", "other currency", Kind.CURRENCY),
        ("Settled", "pending, date_paid", Kind.PUT_BACK),
        ("Settled", "cancelled by a person", Kind.CANCELLED_BY_PERSON),
        ("Settled", "checkout-draft", Kind.PAID_DRAFT),
        ("Short", "pending", Kind.SHORT),
        ("Short", "trash", Kind.TRASHED),
        ("Late", "cancelled", Kind.LATE),
        ("Expired", "on-hold", Kind.WAITS_IN_VAIN),
        ("Expired", "processing", Kind.PAID_THERE_NOT_HERE),
        ("Invalid", "pending", Kind.NEVER_CONFIRMED),
        ("Invalid", "completed", Kind.PAID_THERE_NOT_HERE),
        ("Invalid", "on-hold, date_paid", Kind.PAID_THERE_NOT_HERE),
    ],
)
def test_a_disagreement_is_called_by_its_name(state: str, order: str, kind: Kind) -> None:
    assert look(state, order).mismatch is kind


# The guards, each failing alone


WRITING = [(state, order) for order, line in CELLS.items() for state, said in zip(STATES, line.split(), strict=True)
           if said in WRITES]  # fmt: skip
GUARDS: dict[str, tuple[dict[str, Any], dict[str, Any], Kind]] = {
    "a": ({"payment_method": "stripe"}, {}, Kind.GATEWAY),
    "b": ({"plugin_invoice_id": OTHER}, {}, Kind.SUPERSEDED),
    "c": ({"order_key": "wc_order_another"}, {}, Kind.REUSED_ID),
    "c, no key": ({"plugin_invoice_id": None}, {"order_key": None, "plugin": Plugin.V1}, Kind.UNPROVEN),
    "d, total": ({"total": Decimal("12.35")}, {}, Kind.AMOUNT),
    "d, currency": ({"currency": "CHF"}, {}, Kind.CURRENCY),
    "d, no price": ({}, {"price": None}, Kind.AMOUNT),
    "e": ({"has_refunds": True}, {}, Kind.REFUNDED),
    "f": ({"date_paid": BOOKED}, {}, Kind.PUT_BACK),
    "g": ({"decided_by_person": True}, {}, Kind.DECIDED_BY_PERSON),
}


@pytest.mark.parametrize(("state", "order"), WRITING)
@pytest.mark.parametrize("guard", GUARDS)
def test_no_write_when_one_guard_fails(guard: str, state: str, order: str) -> None:
    of_order, of_invoice, kind = GUARDS[guard]
    decision = decide(an_invoice(state, **of_invoice), an_order(order, **of_order), (), TERMS, NOW)
    assert decision.act is not Act.WRITE
    assert decision.write is None
    if state == "Settled":
        cancelled = order == "cancelled" and guard == "g"
        assert decision.mismatch is (Kind.CANCELLED_BY_PERSON if cancelled else kind)
    elif state == "Expired":
        assert decision.mismatch is None


@pytest.mark.parametrize(("guard", "letter"), [("b", "b"), ("c, no key", "c"), ("e", "e"), ("f", "f"), ("g", "g")])
def test_a_failed_guard_is_named(guard: str, letter: str) -> None:
    of_order, of_invoice, _ = GUARDS[guard]
    decision = decide(an_invoice("Settled", **of_invoice), an_order("failed", **of_order), (), TERMS, NOW)
    assert decision.failed_guards == (letter,)


@pytest.mark.parametrize(("state", "order"), WRITING)
def test_whether_a_person_decided_is_read_before_any_write(state: str, order: str) -> None:
    decision = look(state, order, decided_by_person=None)
    assert decision.act is Act.READ_MORE
    assert decision.needs == {Need.NOTES}


def test_an_order_cancelled_under_an_open_invoice_is_closed_only_when_a_person_did_it() -> None:
    assert look("New", "cancelled", decided_by_person=None).needs == {Need.NOTES}
    assert look("New", "cancelled").act is Act.AGREES
    assert look("New", "cancelled by a person").act is Act.CLOSE_INVOICE


@pytest.mark.parametrize(
    ("gateway", "writes"),
    [("btcpay", True), ("btcpaygf_btc_chain", True), ("btcpaygf", False), ("btcpay2", False), ("", False)],
)
def test_only_the_plugins_own_gateways_are_written_to(gateway: str, writes: bool) -> None:
    assert (look("Settled", "pending", payment_method=gateway).act is Act.WRITE) is writes


# What is written


@pytest.mark.parametrize("order", ["pending", "failed", "checkout-draft"])
def test_where_the_shop_awaits_a_payment_it_is_told_of_one(order: str) -> None:
    assert look("Settled", order).write == PAY


@pytest.mark.parametrize(("needs_processing", "status"), [(True, "processing"), (False, "completed")])
@pytest.mark.parametrize("order", ["on-hold", "cancelled"])
def test_elsewhere_the_status_is_set_by_what_the_order_needs(order: str, needs_processing: bool, status: str) -> None:
    decision = look("Settled", order, needs_processing=needs_processing)
    assert decision.write == {"status": status, "transaction_id": ME}


def test_an_answer_that_changed_nothing_does_not_pass_for_success() -> None:
    expects = look("Settled", "on-hold").expects
    assert expects is not None
    assert not expects.is_met_by(a_real_order("on-hold", transaction_id=ME))
    assert not expects.is_met_by(a_real_order("processing", date_paid=None, transaction_id=ME))
    assert not expects.is_met_by(a_real_order("processing"))
    assert expects.is_met_by(a_real_order("processing", transaction_id=ME))
    assert expects.is_met_by(a_real_order("shipped", transaction_id=ME, date_paid=BOOKED))


def test_on_hold_at_first_sight_and_cancelling_are_the_merchants_choice() -> None:
    shy = Terms(on_hold_at_sight=False, cancel_expired=False)
    assert look("Processing", "pending", shy).act is Act.AGREES
    assert look("Expired", "pending", shy).act is Act.AGREES


def test_what_was_given_up_is_paid_only_while_the_goods_are_there() -> None:
    assert look("Settled", "cancelled", stock_suffices=None).needs == {Need.STOCK}
    sold_out = look("Settled", "cancelled", stock_suffices=False)
    assert (sold_out.act, sold_out.mismatch, bool(sold_out.note)) == (Act.RAISE, Kind.OUT_OF_STOCK, True)
    assert look("Settled", "cancelled", stock_suffices=None, wanted=()).act is Act.WRITE
    uncounted = replace(TERMS, track_stock=False)
    assert look("Settled", "cancelled", uncounted, stock_suffices=None).act is Act.WRITE


def test_a_shop_that_counts_in_satoshis_agrees_with_its_invoice() -> None:
    invoice = an_invoice("Settled", price=Decimal("0.00000012"), currency="BTC")
    order = an_order("pending", total=Decimal(12), currency="SAT")
    assert decide(invoice, order, (), TERMS, NOW).act is Act.WRITE


@pytest.mark.parametrize("order", [order for order in CELLS if order not in ("gone", "other key")])
@pytest.mark.parametrize("state", [*STATES, "Settled, lost"])
def test_notes_name_the_invoice_and_nothing_of_the_buyer(state: str, order: str) -> None:
    decision = look(state, order)
    if decision.note is not None:
        assert ME in decision.note
        assert KEY not in decision.note
        assert decision.note_key
        assert "None" not in decision.note


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_written_on_somebody_elses_order(state: str) -> None:
    assert look(state, "other key").note is None


@pytest.mark.parametrize(
    ("order", "more", "why"),
    [
        ("pending", {}, None),
        ("cancelled by a person", {}, None),
        ("pending, date_paid", {}, None),
        ("other total", {}, None),
        ("shipped", {}, None),
        ("trash", {}, "in the trash"),
        ("refunded", {}, "refund"),
        ("on-hold", {"has_refunds": True}, "refund"),
        ("bacs", {}, "another way"),
        ("other key", {}, "another order"),
        ("completed", {}, "paid already"),
    ],
)
def test_a_person_may_have_an_order_paid_but_never_what_would_do_harm(
    order: str, more: dict[str, Any], why: str | None
) -> None:
    said = never_paid(a_real_order(order, **more), an_invoice("Settled"))
    assert (said is None) if why is None else (said is not None and why in said)


# Several invoices of one order, and orders paid otherwise


def test_the_open_invoice_of_an_order_paid_otherwise_is_closed() -> None:
    for order in ("processing", "completed"):
        assert look("New", order, payment_method="stripe").act is Act.CLOSE_INVOICE
        assert look("New", order).mismatch is None
    partly = decide(an_invoice("New", seen_sats=5), an_order("completed"), (), TERMS, NOW)
    assert (partly.act, partly.mismatch) == (Act.CLOSE_INVOICE, Kind.DOUBLE_PAYMENT)


def test_an_invoice_is_not_closed_for_an_order_that_may_be_another() -> None:
    assert look("New", "processing", order_key="wc_order_another").act is Act.AGREES
    unproven = an_invoice("New", order_key=None, plugin=Plugin.V1)
    assert decide(unproven, an_order("processing", plugin_invoice_id=None), (), TERMS, NOW).act is Act.AGREES


def test_money_that_was_here_in_full_and_went_is_an_alarm_on_a_paid_order() -> None:
    decision = decide(an_invoice("New", was_full=True), an_order("processing"), (), TERMS, NOW)
    assert (decision.act, decision.mismatch) == (Act.RAISE, Kind.PAID_THERE_NOT_HERE)


@pytest.mark.parametrize("order", ["processing", "completed"])
def test_an_order_paid_by_other_means_before_the_money_came_is_paid_twice(order: str) -> None:
    for state in ("Settled", "Late"):
        assert look(state, order, date_paid=EARLIER, transaction_id="ch_1").mismatch is Kind.DOUBLE_PAYMENT
        assert look(state, order, payment_method="stripe").mismatch is Kind.DOUBLE_PAYMENT
        assert look(state, order).act is Act.AGREES
    assert look("Late", order, date_paid=EARLIER).mismatch is Kind.DOUBLE_PAYMENT


@pytest.mark.parametrize("order", ["processing", "completed"])
def test_a_shop_whose_clock_is_slow_is_not_taken_for_one_that_was_paid_twice(order: str) -> None:
    slow = SEEN - timedelta(minutes=20)
    assert look("Settled", order, date_paid=slow).act is Act.AGREES
    older_plugin = an_invoice("Settled", plugin=Plugin.V1)
    paid = an_order(order, date_paid=slow, payment_method="btcpay", plugin_invoice_id=None)
    assert decide(older_plugin, paid, (), TERMS, NOW).mismatch is Kind.DOUBLE_PAYMENT


@pytest.mark.parametrize("order", ["processing", "completed"])
def test_an_order_that_names_an_invoice_which_never_confirmed_is_not_paid_by_it(order: str) -> None:
    for state in ("Invalid", "Expired"):
        decision = look(state, order, transaction_id=ME)
        assert (decision.act, decision.mismatch) == (Act.RAISE, Kind.PAID_THERE_NOT_HERE)
    unburied = an_invoice("Late", is_full_settled=False, settled_sats=0)
    assert decide(unburied, an_order(order, transaction_id=ME), (), TERMS, NOW).act is Act.NOTHING_YET


def test_late_money_for_a_paid_order_is_judged_when_it_has_settled() -> None:
    unburied = an_invoice("Late", is_full_settled=False, settled_sats=0)
    assert decide(unburied, an_order("processing"), (), TERMS, NOW).act is Act.NOTHING_YET


def test_money_for_a_superseded_invoice_is_raised_and_writes_nothing() -> None:
    newer = an_invoice("New", id=OTHER, created_at=START + timedelta(minutes=20))
    for state in ("Processing", "Settled", "Short", "Late"):
        decision = decide(an_invoice(state), an_order("pending", plugin_invoice_id=OTHER), [newer], TERMS, NOW)
        assert (decision.act, decision.mismatch, decision.failed_guards) == (Act.RAISE, Kind.SUPERSEDED, ("b",))
    idle = decide(an_invoice("Expired"), an_order("on-hold", plugin_invoice_id=OTHER), [newer], TERMS, NOW)
    assert (idle.act, idle.is_final) == (Act.AGREES, True)


def test_two_paid_invoices_of_one_order_pay_it_once_and_raise_the_other() -> None:
    later = START + timedelta(minutes=20)
    first, second = an_invoice("Late"), an_invoice("Settled", id=OTHER, created_at=later, first_seen_at=later)
    order = a_real_order("pending", plugin_invoice_id=OTHER)
    paying = decide(second, order, [first], TERMS, NOW)
    assert paying.write == {"set_paid": True, "transaction_id": OTHER}
    assert decide(first, order, [second], TERMS, NOW).mismatch is Kind.DOUBLE_PAYMENT
    paid = a_real_order("processing", plugin_invoice_id=OTHER, transaction_id=OTHER)
    assert decide(second, paid, [first], TERMS, NOW).act is Act.AGREES
    assert decide(first, paid, [second], TERMS, NOW).mismatch is Kind.DOUBLE_PAYMENT


def test_of_two_settled_invoices_of_the_older_plugin_exactly_one_is_paid_twice() -> None:
    later = START + timedelta(minutes=1)
    first = an_invoice("Settled", plugin=Plugin.V1)
    second = an_invoice("Settled", id=OTHER, plugin=Plugin.V1, created_at=later, settled_at=NOW)
    order = a_real_order("processing", payment_method="btcpay", plugin_invoice_id=None)
    kinds = [decide(*pair, TERMS, NOW).mismatch for pair in ((first, order, [second]), (second, order, [first]))]
    assert kinds == [None, Kind.DOUBLE_PAYMENT]


def test_the_older_plugins_newest_invoice_pays_and_an_older_one_does_not() -> None:
    older = an_invoice("Settled", plugin=Plugin.V1)
    newer = an_invoice("Settled", id=OTHER, plugin=Plugin.V1, created_at=START + timedelta(minutes=20))
    order = a_real_order("pending", payment_method="btcpay", plugin_invoice_id=None)
    assert decide(newer, order, [older], TERMS, NOW).act is Act.WRITE
    assert decide(older, order, [newer], TERMS, NOW).mismatch is Kind.DOUBLE_PAYMENT
    assert decide(older, order, [], TERMS, NOW).act is Act.WRITE


def test_a_person_who_paid_an_order_by_hand_is_not_alarmed() -> None:
    assert look("Expired", "processing", decided_by_person=True).act is Act.AGREES
    assert look("Expired", "processing", transaction_id="ch_1").act is Act.AGREES
    assert look("Expired", "processing", decided_by_person=None).needs == {Need.NOTES}


@pytest.mark.parametrize("order", ["pending", "on-hold", "failed", "checkout-draft"])
@pytest.mark.parametrize("stock", [None, False])
def test_only_an_order_that_was_given_up_waits_for_stock(order: str, stock: bool | None) -> None:
    assert look("Settled", order, stock_suffices=stock).act is Act.WRITE


@pytest.mark.parametrize("order", ["processing", "completed"])
def test_unconfirmed_or_partial_money_for_a_superseded_invoice_of_a_paid_order_is_paid_twice(order: str) -> None:
    paid = a_real_order(order, plugin_invoice_id=OTHER)
    for state in ("Processing", "Short"):
        decision = decide(an_invoice(state), paid, [an_invoice("Settled", id=OTHER)], TERMS, NOW)
        assert (decision.mismatch, decision.failed_guards) == (Kind.DOUBLE_PAYMENT, ("b",))


@pytest.mark.parametrize("state", ["Expired", "Invalid"])
def test_a_superseded_invoice_without_money_does_not_hide_that_nobody_paid(state: str) -> None:
    paid, idle = a_real_order("processing", plugin_invoice_id=OTHER), an_invoice("Expired", id=OTHER)
    assert decide(an_invoice(state), paid, [idle], TERMS, NOW).mismatch is Kind.PAID_THERE_NOT_HERE


def test_an_open_invoice_that_was_superseded_is_judged_as_any_other() -> None:
    newer = an_invoice("New", id=OTHER, created_at=START + timedelta(minutes=20))
    waits = decide(an_invoice("New"), a_real_order("pending", plugin_invoice_id=OTHER), [newer], TERMS, NOW)
    assert (waits.act, waits.is_final) == (Act.AGREES, False)
    paid = a_real_order("processing", plugin_invoice_id=OTHER)
    assert decide(an_invoice("New"), paid, [newer], TERMS, NOW).act is Act.CLOSE_INVOICE


@pytest.mark.parametrize("state", ["Processing", "Settled", "Short", "Late", "Invalid"])
def test_that_another_order_has_the_id_counts_more_than_that_it_has_an_invoice_of_its_own(state: str) -> None:
    reused = a_real_order("pending", order_key="wc_order_another", plugin_invoice_id=OTHER)
    assert decide(an_invoice(state), reused, (), TERMS, NOW).mismatch is Kind.REUSED_ID


def test_an_order_paid_by_a_sibling_is_no_alarm_for_the_one_that_failed() -> None:
    sibling = an_invoice("Settled", id=OTHER, created_at=START + timedelta(minutes=20))
    for state in ("Expired", "Invalid"):
        decision = decide(an_invoice(state), an_order("processing", plugin_invoice_id=OTHER), [sibling], TERMS, NOW)
        assert (decision.act, decision.is_final) == (Act.AGREES, True)


@pytest.mark.parametrize("sibling", ["New", "Processing", "Settled", "Short"])
def test_an_expiry_never_acts_while_a_sibling_is_open_or_has_money(sibling: str) -> None:
    other = an_invoice(sibling, id=OTHER, created_at=START - timedelta(minutes=20))
    for order in ("pending", "on-hold"):
        assert decide(an_invoice("Expired"), an_order(order), [other], TERMS, NOW).act is Act.AGREES


def test_an_order_refunded_here_as_well_agrees() -> None:
    refunded = an_invoice("Settled", has_refund=True)
    assert decide(refunded, an_order("refunded", date_paid=BOOKED), (), TERMS, NOW).act is Act.AGREES
    assert look("Settled", "refunded", date_paid=BOOKED).mismatch is Kind.REFUNDED


@pytest.mark.parametrize("order", ["pending", "checkout-draft", "on-hold", "failed", "cancelled"])
def test_money_that_was_given_back_here_sets_no_order_to_paid(order: str) -> None:
    decision = decide(an_invoice("Settled", has_refund=True), an_order(order), (), TERMS, NOW)
    assert (decision.act, decision.mismatch, decision.write) == (Act.RAISE, Kind.GIVEN_BACK, None)


def test_a_shops_own_status_after_the_payment_agrees() -> None:
    assert look("Settled", "shipped", date_paid=BOOKED).act is Act.AGREES


def test_part_of_the_money_after_the_invoice_was_given_up_is_paid_short() -> None:
    closed = an_invoice("Invalid+Marked, never seen", seen_sats=5, settled_sats=5)
    assert decide(closed, an_order("pending"), (), TERMS, NOW).mismatch is Kind.SHORT


@pytest.mark.parametrize("order", ["pending", "cancelled by a person", "processing", "completed"])
def test_money_that_comes_after_the_invoice_was_given_up_waits_for_the_blockchain(order: str) -> None:
    closed = an_invoice("Invalid+Marked, never seen", seen_sats=5, first_seen_at=NOW)
    decision = decide(closed, an_order(order), (), TERMS, NOW)
    assert (decision.act, decision.note, decision.is_final) == (Act.NOTHING_YET, None, False)
    settled = replace(closed, settled_sats=5, is_full_settled=True)
    paid_in_cash = an_order("processing", decided_by_person=True)
    assert decide(settled, paid_in_cash, (), TERMS, NOW + timedelta(days=1)).mismatch is Kind.DOUBLE_PAYMENT


def test_money_that_was_here_in_full_before_a_person_gave_the_invoice_up_is_still_an_alarm() -> None:
    given_up = an_invoice("Invalid", additional_status=AdditionalStatus.MARKED)
    assert decide(given_up, an_order("processing"), (), TERMS, NOW).mismatch is Kind.PAID_THERE_NOT_HERE


# When to stop, and when the shop will act first


@pytest.mark.parametrize(
    ("state", "order", "final"),
    [
        ("Settled", "processing", True),
        ("Expired", "cancelled", True),
        ("Expired", "trash", True),
        ("Expired", "gone", True),
        ("Expired", "pending", False),
        ("New", "pending", False),
        ("New", "gone", False),
        ("Processing", "on-hold", False),
        ("Processing", "processing", False),
    ],
)
def test_watching_ends_when_both_are_at_their_ends(state: str, order: str, final: bool) -> None:
    shy = Terms(on_hold_at_sight=True)
    decision = look(state, order, shy)
    assert (decision.act, decision.is_final) == (Act.AGREES, final)


def test_it_is_said_when_the_shop_gives_an_order_up_before_its_time_to_pay_ends() -> None:
    long = an_invoice("New", expires_at=START + timedelta(hours=4))
    order: ShopOrder = a_real_order("pending", date_modified=START + timedelta(minutes=90))
    assert "the shop cancels it in 30 min" in decide(long, order, (), TERMS, NOW).why
    assert "cancels" not in decide(an_invoice("New"), order, (), TERMS, NOW).why
    assert "cancels" not in decide(long, order, (), replace(TERMS, hold_stock_minutes=None), NOW).why
