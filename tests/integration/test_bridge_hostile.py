"""What a hostile reader of the bridge tried: odd answers, events that come while it writes, takeovers, other shops."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bridge_keeper import BridgeKeeper
from app.db.queries import reading
from app.db.queries_mismatches import open_mismatches
from app.domain.mismatch import Remedy
from app.domain.shop_order import OrderGone, ShopOrder
from app.usecases.resolve_mismatch import ask_remedy
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, trouble
from woo_bridge.errors import TroubleKind
from woo_bridge.shop_pass import look_at


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str) -> Iterator[BridgeBench]:
    bench = BridgeBench(tmp_path, migrated_url)
    bench.connect()
    yield bench
    bench.stop()


def keeper(bench: BridgeBench) -> BridgeKeeper:
    return BridgeKeeper(bench.app, bench.clock, "worker", lambda _store, who: bench.desk(who))


def tell_oddly(bench: BridgeBench, odd_id: int) -> None:
    """From now on nobody understands what the shop says of this order."""
    usual = bench.shop.order

    def order(order_id: int) -> ShopOrder | OrderGone:
        if order_id == odd_id:
            raise trouble(TroubleKind.BAD_JSON)
        return usual(order_id)

    bench.shop.order = order  # type: ignore[method-assign]


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
