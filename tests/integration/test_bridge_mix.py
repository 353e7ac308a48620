"""Ten minutes after settling, with the webhook blocked, orders agree or a mismatch is open: a random mix of 200."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest

from app.bridge_keeper import BridgeKeeper
from app.db.queries import reading
from app.db.queries_mismatches import open_mismatches
from app.domain.shop_order import ShopOrder
from app.notify import Answer
from app.usecases.deliver import due, finish_attempt, start_attempt
from app.worker import guard
from tests.integration.bridge_bench import BridgeBench, MemoryShop, trouble
from tests.integration.delivery_bench import event_type
from woo_bridge.errors import TroubleKind

ORDERS = 200
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]  # the same once more, and it takes a while
PAID = ("processing", "completed")
HOOK = "https://shop.example/hook"
REFUSED = Answer(403, None, "a firewall", 5)
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
    "deleted": lambda shop, order: shop.held.__delitem__(order),
    "refunded": lambda shop, order: shop.become(order, status="refunded", has_refunds=True),
    "cancelled by the shop": lambda shop, order: cancel(shop, order, "WooCommerce"),
    "cancelled by a person": lambda shop, order: cancel(shop, order, "Ann"),
    "another order under its id": lambda shop, order: shop.become(order, order_key="wc_order_other"),
    "a status of a plugin": lambda shop, order: shop.become(order, status="shipped"),
}
MONEY: dict[str, Callable[[BridgeBench, str], None]] = {
    "Settled": lambda bench, invoice: bench.pay(invoice),
    "Processing": lambda bench, invoice: bench.pay(invoice, "Processing"),
    "Late": lambda bench, invoice: bench.pay(invoice, "Expired", "PaidLate"),
    "None": lambda bench, invoice: None,
}
COMES_TO: dict[str, tuple[str, str, str]] = {
    # what becomes of an order: paid, held, untouched, or untouched and told to a person as this kind
    #                               Settled, Processing, Late
    "nothing": ("paid", "held", "late"),
    "the plugin paid it": ("untouched", "untouched", "untouched"),
    "on hold": ("paid", "untouched", "late"),
    "failed": ("paid", "untouched", "late"),
    "downloads only": ("paid", "held", "late"),
    "paid by card": ("double_payment", "double_payment", "double_payment"),
    "switched to the bank": ("gateway", "gateway", "gateway"),
    "another total": ("amount", "untouched", "amount"),
    "another currency": ("currency", "untouched", "currency"),
    "trashed": ("trashed", "trashed", "trashed"),
    "deleted": ("deleted", "deleted", "deleted"),
    "refunded": ("refunded", "refunded", "refunded"),
    "cancelled by the shop": ("paid", "untouched", "late"),
    "cancelled by a person": ("cancelled_by_person", "untouched", "late"),
    "another order under its id": ("reused_id", "reused_id", "reused_id"),
    "a status of a plugin": ("unknown_status", "unknown_status", "unknown_status"),
}
ACCIDENTS = [
    ("put", TroubleKind.TIMEOUT),
    ("after put", TroubleKind.SERVER_ERROR),
    ("after put", TroubleKind.TIMEOUT),
    ("get", TroubleKind.MAINTENANCE),
    ("after note", TroubleKind.CUT_OFF),
    ("list", TroubleKind.HTML),
]


def cancel(shop: MemoryShop, order: int, author: str) -> None:
    shop.person_notes(order, "Order status changed from Pending payment to Cancelled.", author)
    shop.become(order, status="cancelled")


@dataclass(frozen=True)
class Case:
    """An order of the mix: what happened to it and to its invoice, and how it stood before the bridge came."""

    order_id: int
    invoice: str
    deed: str
    money: str
    before: ShopOrder | None
    notes_before: int
    is_told: bool  # there was a webhook

    @property
    def comes_to(self) -> str:
        if self.money == "None":
            return "untouched"
        return dict(zip(MONEY, COMES_TO[self.deed], strict=False))[self.money]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("migrated_url", BOTH, indirect=True)
def test_ten_minutes_later_they_agree_or_a_person_was_told(bench: BridgeBench) -> None:
    cases = mixed(bench)
    for call, kind in ACCIDENTS:
        bench.shop.accidents.setdefault(call, []).append(trouble(kind))
    began, keep = bench.clock.now(), BridgeKeeper(bench.app, bench.clock, "worker", lambda _, who: bench.desk(who))
    refused = 0
    while bench.clock.now() < began + timedelta(minutes=10):
        refused += refuse_news(bench)
        bench.advance(seconds=30)
        keep.tick(guard)
    assert not any(bench.shop.accidents.values())
    assert refused > ORDERS
    with bench.app.app_context():
        rows = open_mismatches(reading(), ["store"], ORDERS * 2)
    raised = Counter((row.invoice_id, row.kind) for row in rows)
    came_to = {case.order_id: seen(bench, case, raised) for case in cases}
    assert came_to == {case.order_id: (case.deed, case.money, case.comes_to) for case in cases}
    written = Counter(order_id for order_id, _ in bench.shop.puts)
    assert written == {case.order_id: 1 for case in cases if case.comes_to in ("paid", "held")}
    for case in cases:
        texts = bench.shop.texts(case.order_id)
        assert len(texts) == len(set(texts)), case
        assert case.money != "None" or len(texts) == case.notes_before, case
        if case.comes_to == "paid":
            assert {state for state, _ in bench.owed(case.invoice)} == ({"superseded"} if case.is_told else set()), case


def mixed(bench: BridgeBench) -> list[Case]:
    """Every deed with every kind of money, settled money twice as often; half of it came before there was a webhook."""
    chance = random.Random(20_26)
    mix = list(product(DEEDS, ["Settled", *MONEY])) * 2
    mix += chance.sample(mix, ORDERS - len(mix))
    chance.shuffle(mix)
    placed = [bench.place(order_id) for order_id in range(1, ORDERS + 1)]
    cases = []
    for order_id, ((deed, money), invoice) in enumerate(zip(mix, placed, strict=True), 1):
        if order_id == ORDERS // 2:
            bench.webhook(HOOK)
        MONEY[money](bench, invoice)
        DEEDS[deed](bench.shop, order_id)
        order, notes = bench.shop.held.get(order_id), len(bench.shop.texts(order_id))
        cases.append(Case(order_id, invoice, deed, money, order, notes, order_id >= ORDERS // 2))
    return cases


def refuse_news(bench: BridgeBench) -> int:
    """The shop's firewall answers 403 to whatever it is told now: the pool's work, one after the other. How often?"""
    tries = 0
    with bench.app.app_context():
        while waiting := due(bench.clock.now(), ORDERS):
            for each in waiting:
                job = start_attempt(each.id, "worker", event_type, bench.clock.now())
                if job is not None:
                    finish_attempt(job, REFUSED, bench.clock.now(), 0.5)
                    tries += 1
    return tries


def seen(bench: BridgeBench, case: Case, raised: Counter[tuple[str, str]]) -> tuple[str, str, str]:
    """What became of the order of a case, told like COMES_TO."""
    kinds = [kind for invoice, kind in raised.elements() if invoice == case.invoice]
    order = bench.shop.held.get(case.order_id)
    if order == case.before:
        return case.deed, case.money, " and ".join(kinds) or "untouched"
    if kinds or order is None:
        return case.deed, case.money, f"written and raised: {kinds}"
    is_paid = order.status in PAID and order.transaction_id == case.invoice and order.date_paid is not None
    return case.deed, case.money, "paid" if is_paid else "held" if order.status == "on-hold" else order.status
