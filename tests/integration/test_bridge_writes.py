"""What becomes of a write to an order that the shop does not take, takes too late, or takes from somebody who dies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bridge_keeper import BridgeKeeper
from app.bridge_ledger import BridgeLedger
from app.domain.mismatch import MismatchKind, Remedy
from app.usecases.claim_order import release_dead_orders
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, trouble
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.shop_pass import look_at, look_at_due


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str) -> Iterator[BridgeBench]:
    bench = BridgeBench(tmp_path, migrated_url)
    bench.connect()
    yield bench
    bench.stop()


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
