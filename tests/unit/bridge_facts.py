"""Invoices and orders for tests of the bridge's decision: the usual ones, and what may be different about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.domain.bridge import InvoiceView, Plugin, Terms
from app.domain.invoice import AdditionalStatus, Status
from app.domain.shop_order import OrderGone, ShopOrder, Wanted

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEEN = START + timedelta(minutes=5)
NOW = START + timedelta(hours=2)
BOOKED = START + timedelta(hours=1)
EARLIER = START - timedelta(hours=3)
KEY = "wc_order_5tKqgjtkOdn4C"
ME, OTHER = "6DDmbMvsZZBzLUnjrobeef", "2e6EnTAwHZu2ydFZFhR2NU"
SATS = 166_667
TERMS = Terms(on_hold_at_sight=True, cancel_expired=True, hold_stock_minutes=60)
WANTED = (Wanted(12, Decimal(1)),)

PAYMENTS: dict[str, dict[str, Any]] = {  # the state of an invoice, by its name in the table
    "New": {"status": Status.NEW},
    "Processing": {"status": Status.PROCESSING, "seen_sats": SATS, "was_full": True},
    "Settled": {"status": Status.SETTLED},
    "Settled+Marked": {"status": Status.SETTLED, "additional_status": AdditionalStatus.MARKED},
    "Expired": {"status": Status.EXPIRED},
    "Short": {"status": Status.EXPIRED, "additional_status": AdditionalStatus.PAID_PARTIAL, "seen_sats": 60_000},
    "Late": {"status": Status.EXPIRED, "additional_status": AdditionalStatus.PAID_LATE, "is_full_settled": True},
    "Invalid": {"status": Status.INVALID, "was_full": True},
    "Invalid, then paid": {"status": Status.INVALID, "is_full_settled": True},
    "Invalid+Marked, never seen": {"status": Status.INVALID, "additional_status": AdditionalStatus.MARKED},
    "Settled, lost": {"status": Status.SETTLED, "is_lost": True, "was_full": True, "seen_sats": 0, "settled_sats": 0},
}
ORDERS: dict[str, dict[str, Any]] = {  # where an order stands, by its name in the table
    "pending": {},
    "checkout-draft": {"status": "checkout-draft"},
    "on-hold": {"status": "on-hold", "needs_payment": False},
    "failed": {"status": "failed"},
    "cancelled": {"status": "cancelled", "needs_payment": False},
    "cancelled by a person": {"status": "cancelled", "needs_payment": False, "decided_by_person": True},
    "processing": {"status": "processing", "needs_payment": False, "date_paid": BOOKED},
    "completed": {"status": "completed", "needs_payment": False, "date_paid": BOOKED},
    "pending, date_paid": {"date_paid": BOOKED},
    "on-hold, date_paid": {"status": "on-hold", "needs_payment": False, "date_paid": BOOKED},
    "refunded": {"status": "refunded", "needs_payment": False},
    "trash": {"status": "trash", "needs_payment": False},
    "shipped": {"status": "shipped", "needs_payment": False},
    "bacs": {"payment_method": "bacs"},
    "other total": {"total": Decimal("37.02")},
    "other currency": {"currency": "USD"},
    "other key": {"order_key": "wc_order_another"},
}


def an_invoice(state: str = "New", **more: Any) -> InvoiceView:
    """An invoice over 12.34 EUR that the V2 plugin asked for."""
    usual = InvoiceView(
        id=ME,
        status=Status.NEW,
        additional_status=AdditionalStatus.NONE,
        price=Decimal("12.34"),
        currency="EUR",
        order_key=KEY,
        plugin=Plugin.V2,
        created_at=START,
        expires_at=START + timedelta(minutes=15),
    )
    facts = dict(PAYMENTS[state])
    if facts.get("is_full_settled") or facts["status"] is Status.SETTLED:
        settled = {"is_full_settled": True, "seen_sats": SATS, "settled_sats": SATS, "was_full": True}
        facts = settled | {"settled_at": START + timedelta(minutes=50)} | facts
    if facts.get("seen_sats") or facts.get("was_full"):
        facts.setdefault("first_seen_at", SEEN)
    return replace(usual, **(facts | more))


def an_order(state: str = "pending", **more: Any) -> ShopOrder | OrderGone:
    """An order of one mug, that no person has decided about, and for which there is stock."""
    return OrderGone(369) if state == "gone" else a_real_order(state, **more)


def a_real_order(state: str = "pending", **more: Any) -> ShopOrder:
    usual = ShopOrder(
        id=369,
        number="RE-2026/369",
        status="pending",
        total=Decimal("12.34"),
        currency="EUR",
        order_key=KEY,
        payment_method="btcpaygf_default",
        transaction_id="",
        needs_payment=True,
        needs_processing=True,
        date_paid=None,
        date_modified=START,
        created_via="checkout",
        plugin_invoice_id=ME,
        wanted=WANTED,
        decided_by_person=False,
        stock_suffices=True,
    )
    return replace(usual, **(ORDERS[state] | more))
