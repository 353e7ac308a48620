"""Several at work on one shop, and a shop that stays silent. On both databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.bridge_keeper import BridgeKeeper
from app.db.models import Invoice, Shop, WatchedOrder
from app.db.queries import reading
from app.db.queries_mismatches import open_mismatches
from app.db.session import change
from app.domain.invoice import Status
from app.domain.mismatch import MismatchKind, Remedy
from app.errors import BadInput, NotAllowed
from app.usecases.claim_order import ClaimLost
from app.usecases.mark_invoice import mark_invoice
from app.usecases.resolve_mismatch import ask_remedy, resolve_mismatch
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, trouble
from woo_bridge.errors import TroubleKind
from woo_bridge.shop_pass import look_at_all, look_at_due

ORDERS = range(1, 16)


def keeper(bench: BridgeBench) -> BridgeKeeper:
    return BridgeKeeper(bench.app, bench.clock, "worker", lambda _store, who: bench.desk(who))


def test_four_at_once_write_each_order_once(bench: BridgeBench) -> None:
    for order_id in ORDERS:
        bench.pay(bench.place(order_id))
    bench.advance(minutes=3)
    ready = threading.Barrier(4)

    def work(who: str) -> None:
        ready.wait()
        bench.pass_over(lambda desk: list(look_at_all(desk)), who)

    threads = [threading.Thread(target=work, args=(f"worker-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(order_id for order_id, _ in bench.shop.puts) == list(ORDERS)
    assert [len(bench.shop.texts(order_id)) for order_id in ORDERS] == [1] * len(ORDERS)


def test_who_was_stopped_in_the_middle_may_not_write_when_somebody_else_took_over(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    taken_over: list[bool] = []
    look = bench.shop.notes

    def notes_after_a_long_sleep(order_id: int) -> list[object]:
        if not taken_over:
            bench.advance(minutes=30)
            taken_over.append(bench.ledger("other").claim(bench.watch(7).id))
        return list(look(order_id))

    bench.shop.answer_by("notes", notes_after_a_long_sleep)
    with pytest.raises(ClaimLost):
        bench.pass_over(look_at_due, "sleeper")
    assert (taken_over, bench.shop.puts) == ([True], [])


def test_a_shop_that_fails_is_left_alone_for_longer_and_longer_and_then_caught_up_with(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["poll"] = [trouble(TroubleKind.UNREACHABLE)] * 2
    keep, asked = keeper(bench), []
    for seconds in (0, 20, 15, 30, 35):
        bench.advance(seconds=seconds)
        keep.tick(guard)
        asked.append(bench.shop.calls["poll"])
    assert asked == [1, 1, 2, 2, 3]
    assert bench.shop.held[7].status == "processing"
    with bench.app.app_context():
        row = reading().get_one(Shop, "store")
        assert (row.failing_since, row.failures, row.next_try_at) == (None, 0, None)


def test_a_shop_that_is_silent_for_a_day_is_a_persons_matter_until_it_speaks_again(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.place(8)
    bench.shop.accidents["poll"] = [trouble(TroubleKind.TIMEOUT)] * 6
    keep = keeper(bench)
    for _ in range(3):
        bench.advance(hours=13)
        keep.tick(guard)
    assert bench.mismatches() == [("no_answer", True)]
    bench.advance(minutes=10)
    for _ in range(2):
        keep.tick(guard)
        bench.advance(hours=7)
    assert (bench.shop.held[7].status, bench.mismatches()) == ("processing", [("no_answer", False)])


def open_mismatch_id(bench: BridgeBench) -> int:
    (row,) = open_mismatches(reading(), ["store"])
    return row.id


def test_what_a_person_leaves_is_not_raised_again_and_the_watch_ends(bench: BridgeBench) -> None:
    bench.pay(bench.place(7, total=bench.price(99)))
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    with bench.app.app_context():
        number = open_mismatch_id(bench)
        with pytest.raises(BadInput, match="note"):
            resolve_mismatch(number, "ann@shop.example", Remedy.LEAVE, "x" * 501, bench.clock.now())
        resolve_mismatch(number, "ann@shop.example", Remedy.LEAVE, "agreed by phone", bench.clock.now())
        with pytest.raises(NotAllowed):
            resolve_mismatch(number, "bob@shop.example", Remedy.LEAVE, "", bench.clock.now())
    for _ in range(3):
        bench.advance(hours=7)
        bench.pass_over(look_at_due)
    assert (bench.mismatches(), bench.watch(7).state, bench.shop.puts) == ([("amount", False)], "done", [])


def test_an_order_is_paid_because_a_person_says_so(bench: BridgeBench) -> None:
    bench.pay(bench.place(7, total=bench.price(99)))
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    with bench.app.app_context():
        ask_remedy(open_mismatch_id(bench), "ann@shop.example", Remedy.PAY_ORDER, "fine", bench.clock.now())
    keeper(bench).tick(guard)
    assert (bench.shop.held[7].status, bench.mismatches()) == ("processing", [(MismatchKind.AMOUNT, False)])
    assert [text for text in bench.shop.texts(7) if "ann@shop.example" in text] != []


def test_orders_of_before_the_connection_are_watched_once_it_is_made(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    with bench.app.app_context(), change() as session:
        session.get_one(Invoice, invoice).watched_order_id = None
        session.flush()
        session.delete(session.scalars(select(WatchedOrder)).one())
    with bench.app.app_context():
        mark_invoice(invoice, Status.SETTLED, bench.clock.now())
    bench.advance(minutes=3)
    keeper(bench).tick(guard)
    assert bench.shop.held[7].status == "processing"
    assert bench.watch(7).watch_until > bench.clock.now() + timedelta(days=29)
