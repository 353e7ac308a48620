"""One order that the shop fails over, or one clock that is off, keeps no other order waiting. On both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.bridge_keeper import BridgeKeeper
from app.bridge_ledger import BridgeLedger
from app.db.models import Shop
from app.db.queries import reading
from app.db.queries_bridge import hasten, ring_for_invoice
from app.db.queries_mismatches import open_mismatches
from app.db.session import change
from app.domain.bridge_times import WatchState
from app.domain.mismatch import Remedy
from app.domain.watch import Look
from app.usecases.resolve_mismatch import ask_remedy, resolve_mismatch
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, Page, trouble
from woo_bridge.errors import TroubleKind
from woo_bridge.shop_pass import look_at_due, poll

FAILS = [TroubleKind.SERVER_ERROR, TroubleKind.HTML, TroubleKind.TIMEOUT]


def keep(bench: BridgeBench, minutes: int) -> None:
    """The worker works for so long."""
    keeper = BridgeKeeper(bench.app, bench.clock, "worker", lambda _store, who: bench.desk(who))
    for _ in range(minutes * 2):
        bench.advance(seconds=30)
        keeper.tick(guard)


def fail_over(bench: BridgeBench, order_id: int, call: str, kind: TroubleKind) -> None:
    """From now on this call fails where it is about that order."""
    usual: Callable[..., Any] = getattr(bench.shop, call)

    def failing(about: Any, *rest: Any) -> Any:
        about = list(about) if call == "orders" else about
        if about == order_id or (call == "orders" and order_id in about):
            raise trouble(kind)
        return usual(about, *rest)

    bench.shop.answer_by(call, failing)


def fail_to_list(bench: BridgeBench, order_ids: set[int], kind: TroubleKind) -> None:
    """From now on each list of changes fails that has one of these orders in it."""
    usual = bench.shop.orders_modified_after

    def orders_modified_after(moment: datetime, beyond: int = 0, most: int = 100) -> Page:
        page = usual(moment, beyond, most)
        if order_ids & {order.id for order in page.orders}:
            raise trouble(kind)
        return page

    bench.shop.answer_by("orders_modified_after", orders_modified_after)


def stored(bench: BridgeBench) -> Shop:
    with bench.app.app_context():
        return reading().get_one(Shop, "store")


@pytest.mark.parametrize("kind", FAILS)
def test_an_order_that_the_shop_cannot_tell_is_a_persons_matter_and_the_others_are_paid(
    bench: BridgeBench, kind: TroubleKind
) -> None:
    bench.pay(bench.place(7))
    bench.advance(seconds=1)
    bench.pay(bench.place(8))
    fail_over(bench, 7, "order", kind)
    keep(bench, minutes=10)
    assert bench.shop.held[8].status == "processing"
    assert bench.mismatches() == [("no_answer", True)]
    assert (stored(bench).failing_since, stored(bench).failures) == (None, 0)


def test_a_list_that_fails_over_one_of_its_orders_is_taken_apart(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.pay(bench.place(8))
    fail_over(bench, 7, "orders", TroubleKind.SERVER_ERROR)
    keep(bench, minutes=5)
    assert [bench.shop.held[order].status for order in (7, 8)] == ["processing", "processing"]


@pytest.mark.parametrize("kind", FAILS)
def test_changes_that_cannot_be_listed_for_one_order_are_listed_without_it(
    bench: BridgeBench, kind: TroubleKind
) -> None:
    invoice = bench.place(8)
    bench.pay(bench.place(7))
    fail_over(bench, 7, "order", kind)
    fail_over(bench, 7, "orders", kind)
    fail_to_list(bench, {7}, kind)
    keep(bench, minutes=3)
    paid_by_card(bench, 8)
    keep(bench, minutes=8)
    assert (bench.stored(invoice)[0], bench.mismatches()) == ("Invalid", [("no_answer", True)])
    assert (stored(bench).failing_since, stored(bench).failures) == (None, 0)


def test_a_shop_that_can_list_no_changes_at_all_has_its_orders_seen_to_by_the_clock(bench: BridgeBench) -> None:
    for order_id in range(10, 30):
        bench.pay(bench.place(order_id))
    fail_to_list(bench, set(bench.shop.held), TroubleKind.TIMEOUT)
    keep(bench, minutes=4)
    assert {order.status for order in bench.shop.held.values()} == {"processing"}
    assert stored(bench).failures == 0


def test_a_shop_that_was_told_again_and_again_while_it_was_silent_is_silent_all_the_same(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    bench.pay(invoice)
    bench.shop.accidents["poll"] = [trouble(TroubleKind.UNREACHABLE)] * 200
    for _ in range(25):
        keep(bench, minutes=1)
        bench.advance(minutes=59)
        with bench.app.app_context(), change() as session:
            ring_for_invoice(session, invoice, bench.clock.now())
    keep(bench, minutes=1)
    assert bench.mismatches() == [("no_answer", True)]


def test_a_note_that_fails_on_one_order_keeps_no_other_waiting(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.pay(bench.place(8))
    fail_over(bench, 7, "add_note", TroubleKind.SERVER_ERROR)
    keep(bench, minutes=10)
    assert [bench.shop.held[order].status for order in (7, 8)] == ["processing", "processing"]
    assert (len(bench.shop.texts(8)), len(bench.shop.puts)) == (1, 2)


def test_a_note_that_keeps_failing_stops_nothing_that_is_decided_later_and_is_given_up(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    bench.pay(invoice, to="Processing")
    fail_over(bench, 7, "add_note", TroubleKind.SERVER_ERROR)
    keep(bench, minutes=4)
    assert (bench.shop.held[7].status, bench.acts()) == ("on-hold", [("write", "done"), ("note", "intended")])
    bench.settle(invoice)
    keep(bench, minutes=4)
    assert (bench.shop.held[7].status, bench.mismatches()) == ("processing", [])
    keep(bench, minutes=12)
    assert bench.acts() == [("write", "done"), ("note", "refused")] * 2
    assert (bench.watch(7).state, bench.mismatches(), len(bench.shop.puts)) == ("done", [], 2)


@pytest.mark.parametrize("fails", ["after note", "notes"])
def test_a_note_is_there_once_after_trouble_with_it(bench: BridgeBench, fails: str) -> None:
    bench.pay(bench.place(7))
    bench.shop.accidents["after note"] = [trouble(TroubleKind.TIMEOUT)]
    keep(bench, minutes=3)
    bench.shop.accidents[fails] = [trouble(TroubleKind.SERVER_ERROR)]
    keep(bench, minutes=7)
    assert (len(bench.shop.texts(7)), bench.watch(7).state) == (1, "done")
    assert bench.acts() == [("write", "done"), ("note", "done")]


def test_one_failed_reading_while_the_plugin_has_its_chance_costs_little_and_is_told_to_nobody(
    bench: BridgeBench,
) -> None:
    with bench.app.app_context(), change() as session:
        session.get_one(Shop, "store").grace_seconds = 300
    bench.pay(bench.place(7))
    keep(bench, minutes=4)
    bench.shop.accidents["get"] = [trouble(TroubleKind.SERVER_ERROR)]
    keep(bench, minutes=3)
    assert not bench.shop.accidents["get"]
    assert (bench.shop.held[7].status, bench.mismatches()) == ("processing", [])


def test_an_order_that_a_person_knows_to_fail_is_asked_for_seldom(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    fail_over(bench, 7, "order", TroubleKind.SERVER_ERROR)
    keep(bench, minutes=10)
    with bench.app.app_context():
        (found,) = open_mismatches(reading(), ["store"])
        resolve_mismatch(found.id, "Ann", Remedy.LEAVE, "it is known", bench.clock.now())
    keep(bench, minutes=7)
    assert bench.watch(7).look_at > bench.clock.now() + timedelta(hours=5)


def test_what_a_person_wants_for_such_an_order_is_answered_and_the_others_are_paid(bench: BridgeBench) -> None:
    bench.pay(bench.place(7, total=bench.price(99)))
    keep(bench, minutes=4)
    with bench.app.app_context():
        (found,) = open_mismatches(reading(), ["store"])
        ask_remedy(found.id, "Ann", Remedy.PAY_ORDER, "it is theirs", bench.clock.now())
    bench.pay(bench.place(8))
    fail_over(bench, 7, "order", TroubleKind.SERVER_ERROR)
    keep(bench, minutes=4)
    assert bench.shop.held[8].status == "processing"
    with bench.app.app_context():
        assert open_mismatches(reading(), ["store"])[0].asked_at is None


def test_an_event_that_comes_while_a_look_is_written_down_is_looked_at_after_it(
    bench: BridgeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = bench.place(7)
    bench.advance(hours=1, seconds=5)
    usual, paid = BridgeLedger.record, []

    def record(ledger: BridgeLedger, looks: list[Look]) -> None:
        if not paid:
            paid.append(bench.pay(invoice))
        usual(ledger, looks)

    monkeypatch.setattr(BridgeLedger, "record", record)
    bench.pass_over(look_at_due)
    assert bench.watch(7).look_at <= bench.clock.now()
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert (bench.shop.held[7].status, bench.watch(7).state) == ("processing", WatchState.DONE)


@pytest.mark.parametrize("heard", ["the shop was told", "a hint"])
def test_what_is_heard_while_a_look_is_written_down_is_looked_at_after_it(
    bench: BridgeBench, monkeypatch: pytest.MonkeyPatch, heard: str
) -> None:
    invoice = bench.place(7)
    bench.advance(hours=1, seconds=5)
    usual = BridgeLedger.record

    def record(ledger: BridgeLedger, looks: list[Look]) -> None:
        with change() as session:
            if heard == "a hint":
                hasten(session, "store", [7], bench.clock.now())
            else:
                ring_for_invoice(session, invoice, bench.clock.now())
        usual(ledger, looks)

    monkeypatch.setattr(BridgeLedger, "record", record)
    bench.pass_over(look_at_due)
    assert bench.watch(7).look_at <= bench.clock.now()


def paid_by_card(bench: BridgeBench, order_id: int, **changed: Any) -> None:
    bench.shop.become(order_id, status="processing", payment_method="stripe", date_paid=bench.clock.now(), **changed)


def test_an_order_with_a_date_to_come_hides_no_change_from_the_poll(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    bench.shop.add(99, date_modified=bench.clock.now().replace(microsecond=0) + timedelta(days=400))
    bench.advance(minutes=3)
    bench.pass_over(poll)
    bench.advance(minutes=1)
    paid_by_card(bench, 7)
    bench.advance(minutes=3)
    bench.pass_over(poll)
    assert bench.stored(invoice)[0] == "Invalid"


@pytest.mark.parametrize("off", [timedelta(hours=-3), timedelta(hours=3)])
def test_a_shop_whose_clock_is_off_is_polled_by_its_own(bench: BridgeBench, off: timedelta) -> None:
    bench.shop.now = lambda: bench.clock.now() + off
    invoice = bench.place(7)
    for _ in range(3):
        bench.advance(minutes=1)
        bench.pass_over(poll)
    paid_by_card(bench, 7)
    bench.advance(minutes=1)
    bench.pass_over(poll)
    assert bench.stored(invoice)[0] == "Invalid"


def test_a_clock_that_was_ahead_for_a_while_blinds_nobody_once_it_is_right_again(bench: BridgeBench) -> None:
    bench.shop.now = lambda: bench.clock.now() + timedelta(days=365)
    invoice = bench.place(7)
    bench.pass_over(poll)
    bench.shop.now = bench.clock.now
    bench.advance(minutes=1)
    bench.pass_over(poll)
    paid_by_card(bench, 7)
    bench.advance(minutes=1)
    bench.pass_over(poll)
    assert bench.stored(invoice)[0] == "Invalid"


def test_a_shop_that_refuses_the_list_of_changes_is_asked_for_it_once_a_minute(bench: BridgeBench) -> None:
    bench.place(7)
    bench.shop.accidents["poll"] = [trouble(TroubleKind.UNREACHABLE), *[trouble(TroubleKind.BAD_REQUEST)] * 50]
    keep(bench, minutes=10)
    assert bench.shop.calls["poll"] <= 12
    assert (stored(bench).failing_since, stored(bench).failures) == (None, 0)
