"""The bridge brings orders in step: once, in its time, whatever breaks in between. On both databases."""

from typing import Any

import pytest

from app.domain.bridge_times import WatchState
from app.domain.shop_order import OrderGone, ShopOrder
from app.usecases.claim_order import release_dead_orders
from app.usecases.supersede_owed import CLOSED_WITH_ORDER
from tests.integration.bridge_bench import BridgeBench, trouble
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.shop_pass import look_at, look_at_all, look_at_due, poll


def state(bench: BridgeBench, order_id: int) -> str:
    return bench.watch(order_id).state


def test_what_the_plugin_did_not_do_is_done_after_the_grace_and_noted_once(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    bench.pay(invoice)
    assert bench.pass_over(look_at_due).looked == 0
    bench.advance(minutes=2, seconds=5)
    bench.pass_over(look_at_due)
    assert bench.shop.held[7].status == "processing"
    assert bench.shop.held[7].transaction_id == invoice
    assert len(bench.shop.texts(7)) == 1
    assert (state(bench, 7), bench.mismatches()) == (WatchState.DONE, [])
    assert [act for act in bench.acts() if act[0] == "write"] == [("write", "done")]


def test_a_second_pass_writes_nothing_more(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    for _ in range(4):
        bench.advance(hours=2)
        bench.pass_over(lambda desk: list(look_at_all(desk)))
        bench.pass_over(poll)
    assert (len(bench.shop.puts), len(bench.shop.texts(7))) == (1, 1)


def test_an_order_that_agrees_is_read_once_and_done(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    bench.pay(invoice)
    bench.shop.become(7, status="processing", date_paid=bench.clock.now())
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert (state(bench, 7), dict(bench.shop.calls)) == (WatchState.DONE, {"list": 1})


def test_a_dry_run_says_what_it_would_do_and_does_nothing(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.pass_over(lambda desk: list(look_at_all(desk)), dry=True)
    assert [report.did for report in bench.reports] == ["would write"]
    assert (bench.shop.puts, bench.acts(), bench.watch(7).claimed_by) == ([], [], None)


def test_a_5xx_after_the_change_is_no_reason_to_write_again(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.shop.accidents["after put"] = [trouble(TroubleKind.SERVER_ERROR)]
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert (bench.shop.held[7].status, len(bench.shop.puts), len(bench.shop.texts(7))) == ("processing", 1, 1)


def test_a_write_that_nobody_knows_of_is_not_repeated_before_the_order_was_read(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.shop.accidents["put"] = [trouble(TroubleKind.TIMEOUT)]
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert (bench.shop.puts, bench.acts()[0]) == ([], ("write", "intended"))
    bench.shop._obey(7, {"set_paid": True, "transaction_id": bench.desk_invoice(7)})
    bench.advance(minutes=6)
    bench.pass_over(look_at_due)
    assert (bench.shop.puts, len(bench.shop.texts(7)), bench.acts()[0]) == ([], 1, ("write", "done"))


def test_a_worker_that_is_killed_after_the_write_leaves_nothing_to_be_written_twice(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["after put"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        bench.pass_over(look_at_due, "killed")
    assert bench.shop.held[7].status == "processing"
    with bench.app.app_context():
        release_dead_orders(lambda who: who == "killed")
    bench.pass_over(look_at_due)
    assert (len(bench.shop.puts), len(bench.shop.texts(7)), state(bench, 7)) == (1, 1, WatchState.DONE)


def test_a_note_that_arrived_unseen_is_not_written_twice(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["after note"] = [trouble(TroubleKind.CUT_OFF)]
    bench.pass_over(look_at_due)
    assert state(bench, 7) == WatchState.WATCHING
    bench.advance(minutes=6)
    bench.pass_over(look_at_due)
    assert (len(bench.shop.texts(7)), state(bench, 7)) == (1, WatchState.DONE)


def test_only_one_of_two_workers_may_write(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    with bench.app.app_context():
        assert bench.ledger("other").claim(bench.watch(7).id)
    bench.pass_over(lambda desk: list(look_at_all(desk)))
    assert bench.shop.puts == []
    with bench.app.app_context():
        bench.ledger("other").let_go(bench.watch(7).id)
    bench.pass_over(look_at_due)
    assert len(bench.shop.puts) == 1


def test_a_shop_that_takes_writes_and_does_nothing_becomes_a_persons_matter(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.shop.deaf = True
    for _ in range(4):
        bench.advance(minutes=6)
        bench.pass_over(look_at_due)
    assert (len(bench.shop.puts), bench.mismatches()) == (2, [("paid_here_not_there", True)])


def test_a_mismatch_is_raised_once_and_ends_when_both_agree(bench: BridgeBench) -> None:
    bench.pay(bench.place(7, total=bench.price(99)))
    for _ in range(3):
        bench.advance(hours=7)
        bench.pass_over(look_at_due)
    assert (bench.mismatches(), state(bench, 7)) == ([("amount", True)], WatchState.MISMATCH)
    assert (bench.shop.puts, bench.shop.texts(7)) == ([], [])
    bench.shop.become(7, status="processing", date_paid=bench.clock.now(), total=bench.price(12.34))
    bench.pass_over(poll)
    assert (bench.mismatches(), state(bench, 7)) == ([("amount", False)], WatchState.DONE)


def test_an_order_that_was_paid_by_card_closes_its_new_invoice_and_nobody_is_told(bench: BridgeBench) -> None:
    bench.webhook("https://shop.example/hook")
    invoice = bench.place(7)
    bench.shop.become(7, status="processing", payment_method="stripe", date_paid=bench.clock.now())
    bench.advance(minutes=5)
    bench.pass_over(poll)
    assert (bench.stored(invoice), bench.owed(invoice)) == (("Invalid", "Marked"), [])


def test_late_money_for_an_invoice_closed_with_its_order_is_raised_and_the_shop_is_not_told(bench: BridgeBench) -> None:
    bench.webhook("https://shop.example/hook")
    bench.webhook("https://books.example/hook")
    invoice = bench.place(7)
    bench.shop.become(7, status="processing", payment_method="stripe", date_paid=bench.clock.now())
    bench.advance(minutes=5)
    bench.pass_over(poll)
    bench.pay(invoice, "Invalid", "Marked")
    assert sorted(bench.owed(invoice)) == [("pending", ""), ("superseded", CLOSED_WITH_ORDER)]


def test_deliveries_that_are_still_owed_are_superseded_once_the_order_agrees(bench: BridgeBench) -> None:
    bench.webhook("https://shop.example/hook")
    bench.webhook("https://books.example/hook")
    invoice = bench.place(7)
    bench.pay(invoice)
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert ("nudge", "done") in bench.acts()
    assert bench.shop.puts == []
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    assert len(bench.shop.puts) == 1
    assert sorted(state for state, _ in bench.owed(invoice)) == ["pending", "pending", "superseded", "superseded"]


def test_the_poll_wakes_an_order_that_was_done(bench: BridgeBench) -> None:
    invoice = bench.place(7)
    bench.pay(invoice)
    bench.shop.become(7, status="processing", date_paid=bench.clock.now())
    bench.advance(minutes=3)
    bench.pass_over(look_at_due)
    bench.advance(minutes=3)
    bench.shop.become(7, status="refunded", has_refunds=True)
    bench.pass_over(poll)
    assert bench.mismatches() == [("refunded", True)]


def test_a_shop_that_is_down_is_an_error_of_the_pass_and_orders_are_let_go(bench: BridgeBench) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    bench.shop.accidents["get"] = [trouble(TroubleKind.UNREACHABLE)]
    with pytest.raises(ShopTrouble):
        bench.pass_over(look_at_due)
    assert bench.watch(7).claimed_by is None
    bench.pass_over(look_at_due)
    assert bench.shop.held[7].status == "processing"


@pytest.mark.parametrize("by_itself", [False, True])
def test_a_disagreement_is_read_twice_before_anything_is_done(bench: BridgeBench, by_itself: bool) -> None:
    bench.pay(bench.place(7))
    bench.advance(minutes=3)
    reads: list[int] = []
    usual = bench.shop.put_order

    def put_order(order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        reads.append(bench.shop.calls["get"] + bench.shop.calls["list"])
        return usual(order_id, body)

    bench.shop.answer_by("put_order", put_order)
    bench.pass_over((lambda desk: look_at(desk, desk.ledger.named([7]))) if by_itself else look_at_due)
    assert reads == [2]
