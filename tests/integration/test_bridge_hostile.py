"""What a hostile reader of the bridge tried: odd answers, events that come while it writes, takeovers, other shops."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.bridge_keeper import BridgeKeeper
from app.db.models import Shop
from app.db.queries import reading
from app.db.queries_mismatches import open_mismatches
from app.domain.events import EventType
from app.domain.mismatch import Remedy
from app.domain.shop_order import OrderGone, ShopOrder
from app.sealing import CannotUnseal
from app.usecases.claim_order import release_dead_orders
from app.usecases.connect_shop import Connection, connect_tried, disconnect_shop
from app.usecases.resolve_mismatch import ask_remedy
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, trouble
from woo_bridge.errors import TroubleKind
from woo_bridge.ports import Desk
from woo_bridge.shop_pass import look_at, look_at_all, look_at_due, poll


def keeper(bench: BridgeBench) -> BridgeKeeper:
    return BridgeKeeper(bench.app, bench.clock, "worker", lambda _store, who: bench.desk(who))


def tell_oddly(bench: BridgeBench, odd_id: int) -> None:
    """From now on nobody understands what the shop says of this order."""
    usual = bench.shop.order

    def order(order_id: int) -> ShopOrder | OrderGone:
        if order_id == odd_id:
            raise trouble(TroubleKind.BAD_JSON)
        return usual(order_id)

    bench.shop.answer_by("order", order)


def test_a_list_that_nobody_understands_does_not_keep_the_other_orders_waiting(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["poll"] = [trouble(TroubleKind.BAD_JSON)]
    keeper(bench).tick(guard)
    assert bench.shop.held[7].status == "processing"


def test_a_persons_wish_about_an_order_that_nobody_understands_is_answered(bench: BridgeBench) -> None:
    bench.pay(bench.place(7, total=bench.price(99)))
    bench.pay(bench.place(8))
    bench.advance(minutes=3)
    bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])))
    with bench.app.app_context():
        (row,) = open_mismatches(reading(), ["store"])
        ask_remedy(row.id, "ann@shop.example", Remedy.PAY_ORDER, "", bench.clock.now())
    tell_oddly(bench, 7)
    keeper(bench).tick(guard)
    with bench.app.app_context():
        (row,) = open_mismatches(reading(), ["store"])
        assert (row.asked_at, row.evidence["remedyFailed"]) == (None, "the shop: bad_json")
    assert bench.shop.held[8].status == "processing"


def test_what_happened_while_the_bridge_wrote_is_still_told_to_the_shop(bench: BridgeBench) -> None:
    bench.webhook("https://shop.example/hook")
    invoice = bench.place(7)
    bench.pay(invoice, "Processing")
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    bench.advance(minutes=3)
    usual = bench.shop.put_order

    def put_order(order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        bench.advance(seconds=5)
        bench.happen(EventType.CONFIRMED, invoice=invoice)
        return usual(order_id, body)

    bench.shop.answer_by("put_order", put_order)
    bench.pass_over(look_at_due)
    assert bench.shop.held[7].status == "on-hold"
    assert [state for state, _ in bench.owed(invoice)] == ["superseded", "pending"]


def test_what_a_dead_worker_agreed_about_ends_nothing_that_happened_since(bench: BridgeBench) -> None:
    bench.webhook("https://shop.example/hook")
    invoice = bench.place(7)
    bench.pay(invoice, "Processing")
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    bench.advance(minutes=3)
    bench.shop.accidents["after put"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        bench.pass_over(look_at_due, "killed")
    bench.advance(minutes=1)
    bench.happen(EventType.CONFIRMED, invoice=invoice)
    with bench.app.app_context():
        release_dead_orders(lambda who: who == "killed")
    bench.pass_over(lambda desk: look_at(desk, desk.ledger.named([7])))
    assert [state for state, _ in bench.owed(invoice)] == ["superseded", "pending"]


def test_nothing_that_is_still_owed_of_an_invoice_arrives_after_it_was_closed(bench: BridgeBench) -> None:
    bench.webhook("https://shop.example/hook")
    invoice = bench.place(7)
    bench.happen(EventType.CREATED, invoice=invoice)
    bench.shop.become(7, status="processing", payment_method="stripe", date_paid=bench.clock.now())
    bench.advance(minutes=5)
    bench.pass_over(poll)
    assert bench.stored(invoice) == ("Invalid", "Marked")
    assert [state for state, _ in bench.owed(invoice)] == ["superseded"]


def test_a_takeover_waits_for_the_write_that_may_be_on_its_way(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["put"] = [KeyboardInterrupt()]  # it is sent, and arrives later
    with pytest.raises(KeyboardInterrupt):
        bench.pass_over(look_at_due, "cut off")
    with bench.app.app_context():
        release_dead_orders(lambda who: who == "cut off")
    bench.pass_over(look_at_due)
    assert bench.shop.puts == []
    bench.shop._obey(7, {"set_paid": True, "transaction_id": bench.desk_invoice(7)})
    bench.advance(minutes=1)
    bench.pass_over(look_at_due)
    assert (bench.shop.puts, len(bench.shop.texts(7)), bench.watch(7).state) == ([], 1, "done")


@pytest.mark.parametrize("kind", [TroubleKind.TIMEOUT, TroubleKind.WRITE_REFUSED])
def test_a_shop_that_takes_no_write_is_a_persons_matter_within_ten_minutes(
    bench: BridgeBench, kind: TroubleKind
) -> None:
    bench.webhook("https://shop.example/hook")
    bench.pay(bench.place(7))
    bench.shop.accidents["put"] = [trouble(kind)] * 9
    usual = bench.shop.put_order

    def put_order(order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        bench.advance(seconds=30)
        return usual(order_id, body)

    bench.shop.answer_by("put_order", put_order)
    began = bench.clock.now()
    while not bench.mismatches():
        bench.advance(seconds=5)
        bench.pass_over(look_at_due)
        assert bench.clock.now() - began < timedelta(minutes=9, seconds=30)
    assert (bench.mismatches(), bench.shop.calls["put"]) == ([("paid_here_not_there", True)], 2)


def test_money_for_an_order_that_nobody_understands_is_a_persons_matter(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    tell_oddly(bench, 7)
    for _ in range(2):
        bench.advance(minutes=3)
        bench.pass_over(look_at_due)
    assert bench.mismatches() == [("no_answer", True)]


def test_a_key_that_does_not_open_is_trouble_that_a_person_hears_of(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))

    def desks(_store: str, _who: str) -> Desk:
        raise CannotUnseal("it was encrypted with another key: connect the shop again")

    keep = BridgeKeeper(bench.app, bench.clock, "worker", desks)
    for _ in range(3):
        bench.advance(hours=13)
        for _ in range(3):
            keep.tick(guard)
    with bench.app.app_context():
        row = reading().get_one(Shop, "store")
        assert (row.trouble_kind, row.failures) == ("sealed", 3)
    assert bench.mismatches() == [("no_answer", True)]


def connect_to(bench: BridgeBench, home: str) -> None:
    """Another key was tried at this address, and worked."""
    facts: dict[str, Any] = {}
    made = Connection(home, f"{home}/wp-json/", f"{home}/wp-json/", "basic", False, "shop", "1234567", facts, [])
    with bench.app.app_context():
        connect_tried("store", "sealed", made, bench.clock.now())


@pytest.mark.parametrize("disconnected", [False, True])
@pytest.mark.parametrize("there", [True, False])
def test_orders_of_the_shop_before_are_nobodys_matter(bench: BridgeBench, there: bool, disconnected: bool) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=1)
    with bench.app.app_context():
        if disconnected:
            disconnect_shop("store")
    connect_to(bench, "https://other.example")
    bench.shop.held.clear()
    bench.advance(minutes=3)
    if there:
        bench.shop.add(7, order_key="wc_order_of_another", plugin_invoice_id=None)
        bench.shop.held[7] = replace(bench.shop.held[7], plugin_invoice_id=bench.invoice(7, key="wc_order_of_another"))
    bench.pass_over(lambda desk: list(look_at_all(desk)))
    assert (bench.mismatches(), bench.shop.puts) == ([], [])
    assert bench.watch(7).state == ("watching" if there else "done")


def test_a_shop_that_moved_to_another_address_has_its_orders_still(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    connect_to(bench, "https://moved.example")
    bench.pass_over(look_at_due)
    assert bench.shop.held[7].status == "processing"
