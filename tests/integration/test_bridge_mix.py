"""Ten minutes after settling, with the webhook blocked, orders agree or a mismatch is open: a random mix of 200."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.bridge_keeper import BridgeKeeper
from app.db.queries import reading
from app.db.queries_mismatches import open_mismatches
from app.domain.shop_order import ShopOrder
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, MemoryShop, trouble
from woo_bridge.errors import TroubleKind

ORDERS = 200
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]  # the same once more, and it takes a while
PAID = ("processing", "completed")
DEEDS: dict[str, Callable[[MemoryShop, int], None]] = {
    "nothing": lambda shop, order: None,
    "the plugin paid it": lambda shop, order: shop.become(order, status="processing", date_paid=shop.now()),
    "on hold": lambda shop, order: shop.become(order, status="on-hold"),
    "failed": lambda shop, order: shop.become(order, status="failed"),
    "downloads only": lambda shop, order: shop.become(order, needs_processing=False),
    "paid by card": lambda shop, order: shop.become(
        order, status="processing", payment_method="stripe", date_paid=shop.now()
    ),
    "switched to the bank": lambda shop, order: shop.become(order, status="on-hold", payment_method="bacs"),
    "another total": lambda shop, order: shop.become(order, total=BridgeBench.price(99)),
    "another currency": lambda shop, order: shop.become(order, currency="USD"),
    "trashed": lambda shop, order: shop.become(order, status="trash"),
    "deleted": lambda shop, order: shop.held.pop(order, None) and None,
    "refunded": lambda shop, order: shop.become(order, status="refunded", has_refunds=True),
    "cancelled by the shop": lambda shop, order: cancel(shop, order, "WooCommerce"),
    "cancelled by a person": lambda shop, order: cancel(shop, order, "Ann"),
    "another order under its id": lambda shop, order: shop.become(order, order_key="wc_order_other"),
    "a status of a plugin": lambda shop, order: shop.become(order, status="shipped"),
}
ACCIDENTS = [
    ("put", TroubleKind.TIMEOUT),
    ("after put", TroubleKind.SERVER_ERROR),
    ("after put", TroubleKind.TIMEOUT),
    ("get", TroubleKind.MAINTENANCE),
    ("after note", TroubleKind.CUT_OFF),
    ("list", TroubleKind.HTML),
]
NEVER_WRITTEN = {name for name in DEEDS if name not in ("nothing", "on hold", "failed", "downloads only")}
NEVER_WRITTEN -= {"cancelled by the shop"}


def cancel(shop: MemoryShop, order: int, author: str) -> None:
    shop.person_notes(order, "Order status changed from Pending payment to Cancelled.", author)
    shop.become(order, status="cancelled")


@pytest.fixture
def bench(tmp_path: Path, migrated_url: str) -> Iterator[BridgeBench]:
    bench = BridgeBench(tmp_path, migrated_url)
    bench.connect()
    yield bench
    bench.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("migrated_url", BOTH, indirect=True)
def test_ten_minutes_later_they_agree_or_a_person_was_told(bench: BridgeBench) -> None:
    chance = random.Random(20_26)
    deeds = {order_id: chance.choice(list(DEEDS)) for order_id in range(1, ORDERS + 1)}
    invoices = {order_id: bench.place(order_id) for order_id in deeds}
    for order_id, name in deeds.items():
        bench.pay(invoices[order_id])
        DEEDS[name](bench.shop, order_id)
    for call, kind in ACCIDENTS:
        bench.shop.accidents.setdefault(call, []).append(trouble(kind))
    began, keep = bench.clock.now(), BridgeKeeper(bench.app, bench.clock, "worker", lambda _, who: bench.desk(who))
    while bench.clock.now() < began + timedelta(minutes=10):
        bench.advance(seconds=30)
        keep.tick(guard)
    assert not any(bench.shop.accidents.values())
    with bench.app.app_context():
        told = {row.invoice_id for row in open_mismatches(reading(), ["store"], ORDERS * 2)}
    for order_id, name in deeds.items():
        order = bench.shop.held.get(order_id)
        agrees = isinstance(order, ShopOrder) and order.status in PAID and order.payment_method != "stripe"
        assert agrees or invoices[order_id] in told, (order_id, name)
    written = Counter(order_id for order_id, _ in bench.shop.puts)
    assert not [deeds[order_id] for order_id in written if deeds[order_id] in NEVER_WRITTEN]
    assert max(written.values()) == 1
    for order_id, name in deeds.items():
        texts = bench.shop.texts(order_id)
        assert len(texts) == len(set(texts)), name
