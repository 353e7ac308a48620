"""What becomes of a write to an order that the shop does not take, takes too late, or takes from somebody who dies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.bridge_keeper import BridgeKeeper
from app.bridge_ledger import BridgeLedger
from app.db.queries import reading
from app.db.queries_mismatches import open_mismatches
from app.domain.mismatch import MismatchKind, Remedy
from app.domain.shop_order import OrderGone, ShopOrder, Wanted
from app.domain.shop_stock import Stock
from app.usecases.claim_order import ClaimLost, release_dead_orders
from app.usecases.resolve_mismatch import resolve_mismatch
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, trouble
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.shop_pass import look_at, look_at_due, poll


def keeper(bench: BridgeBench) -> BridgeKeeper:
    return BridgeKeeper(bench.app, bench.clock, "worker", lambda _store, who: bench.desk(who))


@pytest.mark.parametrize("kind", [TroubleKind.UNREACHABLE, TroubleKind.TOO_OFTEN])
def test_the_note_of_a_write_that_never_left_is_not_written_on_the_order(bench: BridgeBench, kind: TroubleKind) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["put"] = [trouble(kind)]
    with pytest.raises(ShopTrouble):
        bench.pass_over(look_at_due)
    assert bench.acts() == [("write", "unsent"), ("note", "nothing")]
    bench.shop.become(7, status="cancelled")
    bench.shop.person_notes(7, "Order status changed from Pending payment to Cancelled.")
    bench.advance(minutes=2)
    bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])))
    assert [text for text in bench.shop.texts(7) if "set it to paid" in text] == []
    assert (bench.shop.puts, bench.mismatches()) == ([], [("cancelled_by_person", True)])


@pytest.mark.parametrize("calls", [("put", "post"), ("put", "post", "note")])
def test_a_firewall_that_lets_no_write_through_is_a_persons_matter_for_each_order_in_time(
    bench: BridgeBench, calls: tuple[str, ...]
) -> None:
    for order_id in (7, 8):
        bench.pay(bench.place(order_id))
    bench.shop.accidents = {call: [trouble(TroubleKind.BLOCKED)] * 99 for call in calls}
    keep = keeper(bench)
    for _ in range(18):
        bench.advance(seconds=30)
        keep.tick(guard)
    assert bench.mismatches() == [("paid_here_not_there", True)] * 2
    assert (bench.shop.puts, bench.shop.calls["put"]) == ([], 4)
    assert not bench.shop.texts(7) + bench.shop.texts(8)


def test_a_host_that_lets_no_put_through_is_asked_once_by_post(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["put"] = [trouble(TroubleKind.BLOCKED)]
    bench.pass_over(look_at_due)
    assert (bench.shop.held[7].status, len(bench.shop.puts), len(bench.shop.texts(7))) == ("processing", 1, 1)


def test_a_firewall_that_blocks_the_answer_only_does_not_make_it_two_writes(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["after put"] = [trouble(TroubleKind.BLOCKED)]
    bench.pass_over(look_at_due)
    assert (bench.shop.held[7].status, bench.shop.calls["post"], len(bench.shop.puts)) == ("processing", 0, 1)
    assert len(bench.shop.texts(7)) == 1


def test_who_dies_between_the_write_and_its_record_leaves_nothing_that_the_shop_is_still_owed(
    bench: BridgeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.webhook("https://shop.example/hook")
    invoice = bench.place(7)
    bench.pay(invoice)
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    bench.advance(minutes=3)
    for step in ("supersede", "conclude"):
        monkeypatch.setattr(BridgeLedger, step, dies)
        with pytest.raises(KeyboardInterrupt):
            bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])), "killed")
        monkeypatch.undo()
        with bench.app.app_context():
            release_dead_orders(lambda who: who == "killed")
        bench.advance(minutes=1)
    bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])))
    assert (len(bench.shop.puts), len(bench.shop.texts(7)), bench.watch(7).state) == (1, 1, "done")
    assert {state for state, _ in bench.owed(invoice)} == {"superseded"}


def dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_refused_hold_is_not_told_as_money_that_settled(bench: BridgeBench) -> None:
    bench.pay(bench.place(7), "Processing")
    refuse_for_long(bench)
    assert bench.mismatches() == [("wrote_in_vain", True)]
    assert Remedy.PAY_ORDER not in MismatchKind.WROTE_IN_VAIN.told.remedies


def test_a_refused_payment_of_a_draft_is_not_told_as_done(bench: BridgeBench) -> None:
    bench.pay(bench.place(7, status="checkout-draft"))
    refuse_for_long(bench)
    assert bench.mismatches() == [("paid_here_not_there", True)]


@pytest.mark.parametrize("killed", [False, True])
def test_a_draft_that_was_paid_is_told_once_it_is(bench: BridgeBench, killed: bool) -> None:
    bench.pay(bench.place(7, status="checkout-draft"))
    bench.advance(minutes=3)
    if killed:
        bench.shop.accidents["after put"] = [KeyboardInterrupt()]
        with pytest.raises(KeyboardInterrupt):
            bench.pass_over(look_at_due, "killed")
        assert bench.mismatches() == []
        with bench.app.app_context():
            release_dead_orders(lambda who: who == "killed")
    bench.pass_over(look_at_due)
    assert bench.mismatches() == [("paid_draft", True)]
    bench.advance(hours=7)
    bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])))
    assert bench.mismatches() == [("paid_draft", True)]


def refuse_for_long(bench: BridgeBench) -> None:
    bench.shop.accidents["put"] = [trouble(TroubleKind.WRITE_REFUSED)] * 9
    for _ in range(6):
        bench.advance(minutes=2, seconds=5)
        bench.pass_over(look_at_due)


@pytest.mark.parametrize("what", ["the order", "the invoice"])
def test_what_was_paid_while_the_notes_were_read_is_not_put_on_hold(bench: BridgeBench, what: str) -> None:
    invoice = bench.place(7)
    bench.pay(invoice, "Processing")
    bench.advance(minutes=3)

    def pays() -> None:
        if what == "the order":
            bench.shop.become(7, status="processing", date_paid=bench.clock.now())
        else:
            bench.settle(invoice)

    once_after(bench, "notes", pays)
    bench.pass_over(look_at_due)
    assert "on-hold" not in [body.get("status") for _, body in bench.shop.puts]
    assert bench.shop.held[7].status == ("processing" if what == "the order" else "pending")
    bench.advance(minutes=5)
    bench.pass_over(look_at_due)
    assert (bench.shop.held[7].status, bench.mismatches()) == ("processing", [])


def once_after(bench: BridgeBench, call: str, happens: Callable[[], object]) -> None:
    """Something happens while the shop answers such a call for the first time."""
    usual, waiting = getattr(bench.shop, call), [happens]

    def answers(*asked: Any) -> Any:
        told = usual(*asked)
        if waiting:
            waiting.pop()()
        return told

    setattr(bench.shop, call, answers)


def test_a_note_is_not_posted_by_who_was_taken_over_meanwhile(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)

    def sleeps() -> None:
        bench.advance(minutes=30)
        assert bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])), "other").attended == 1

    once_after(bench, "put_order", sleeps)
    with pytest.raises(ClaimLost):
        bench.pass_over(look_at_due, "sleeper")
    assert (len(bench.shop.puts), len(bench.shop.texts(7))) == (1, 1)


def test_who_takes_over_waits_for_the_note_that_may_be_on_its_way(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    once_after(bench, "put_order", lambda: bench.advance(seconds=50))  # the write and its reading took their time
    bench.shop.accidents["note"] = [KeyboardInterrupt()]  # it is sent, and arrives later
    with pytest.raises(KeyboardInterrupt):
        bench.pass_over(look_at_due, "cut off")
    with bench.app.app_context():
        release_dead_orders(lambda who: who == "cut off")
        said = next(act.says for act in bench.ledger().unfinished(bench.watch(7).id))
    bench.advance(seconds=10)
    bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])))
    bench.shop.person_notes(7, said, "WooCommerce")
    bench.advance(minutes=1)
    bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])))
    assert (len(bench.shop.texts(7)), bench.watch(7).state) == (1, "done")


def test_what_a_person_gave_back_is_not_paid_when_the_goods_are_back(bench: BridgeBench) -> None:
    bench.pay(bench.place(7, wanted=(Wanted(5, Decimal(1)),)))
    bench.shop.become(7, status="cancelled")
    shelve(bench, 0)
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    close(bench, Remedy.REFUND)
    bench.advance(hours=5)
    shelve(bench, 9)
    bench.shop.become(7)  # somebody edits the address
    bench.pass_over(poll)
    assert (bench.shop.puts, bench.mismatches()) == ([], [("out_of_stock", False)])
    assert bench.watch(7).state == "done"


def test_a_hold_that_a_person_left_alone_does_not_stop_the_payment_that_settles_later(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    bench.pay(invoice, "Processing")
    refuse_for_long(bench)
    close(bench, Remedy.LEAVE)
    bench.advance(minutes=1)
    bench.pass_over(look_at_due)
    assert bench.watch(7).state == "watching"
    bench.shop.accidents.clear()
    bench.settle(invoice)
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert (bench.shop.held[7].status, bench.watch(7).state) == ("processing", "done")


def test_a_fruitless_write_is_read_again_now_and_then_and_not_any_more_once_a_person_left_it(
    bench: BridgeBench,
) -> None:
    bench.pay(bench.place(7))
    refuse_for_long(bench)
    asked = bench.shop.calls["get"]
    for _ in range(20):
        bench.advance(seconds=90)
        bench.pass_over(look_at_due)
    assert (bench.shop.calls["get"], bench.watch(7).state) == (asked, "mismatch")
    close(bench, Remedy.LEAVE)
    bench.advance(minutes=2)
    bench.pass_over(look_at_due)
    assert (bench.watch(7).state, bench.mismatches()) == ("done", [("paid_here_not_there", False)])


def change_at_each_reading(bench: BridgeBench, changed: Callable[[ShopOrder], dict[str, Any]]) -> None:
    """A plugin of the shop changes an order, or saves it as it is, whenever somebody reads it."""
    usual = bench.shop.order

    def order(order_id: int) -> ShopOrder | OrderGone:
        found = usual(order_id)
        if isinstance(found, ShopOrder):
            bench.shop.held[order_id] = replace(found, **changed(found))
        return found

    bench.shop.answer_by("order", order)


def test_an_order_that_something_in_the_shop_takes_back_each_time_is_a_persons_matter(bench: BridgeBench) -> None:
    bench.pay(bench.place(7), "Processing")
    usual = bench.shop.put_order

    def put_order(order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        answered = usual(order_id, body)
        bench.shop.become(order_id, status="pending")
        return answered

    bench.shop.answer_by("put_order", put_order)
    for _ in range(20):
        bench.advance(minutes=2)
        bench.pass_over(look_at_due)
    assert (len(bench.shop.puts), len(bench.shop.texts(7))) == (3, 1)
    assert bench.mismatches() == [("wrote_in_vain", True)]


def test_an_order_that_is_saved_whenever_it_is_read_gets_its_status(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.shop.become(7, status="on-hold")
    change_at_each_reading(bench, lambda order: {"date_modified": order.date_modified + timedelta(seconds=1)})
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert (bench.shop.held[7].status, len(bench.shop.puts), bench.watch(7).state) == ("processing", 1, "done")


def test_an_order_that_is_another_one_at_each_reading_is_a_persons_matter_in_time(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.shop.become(7, status="on-hold")
    change_at_each_reading(bench, lambda order: {"created_via": f"{order.created_via}+"})
    work = keeper(bench)
    for _ in range(18):
        bench.advance(seconds=30)
        work.tick(guard)
    assert (bench.mismatches(), bench.shop.puts) == ([("paid_here_not_there", True)], [])


def shelve(bench: BridgeBench, quantity: int) -> None:
    bench.shop.answer_by("stocks", lambda ids: [Stock(each, Decimal(quantity), False) for each in ids])


def close(bench: BridgeBench, remedy: Remedy) -> None:
    with bench.app.app_context():
        (row,) = open_mismatches(reading(), ["store"])
        resolve_mismatch(row.id, "ann@shop.example", remedy, "", bench.clock.now())
