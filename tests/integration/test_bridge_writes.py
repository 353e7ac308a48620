"""What becomes of a write to an order that the shop does not take, takes too late, or takes from somebody who dies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bridge_keeper import BridgeKeeper
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
