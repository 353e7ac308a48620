"""What the bridge's decision is made from and what it says: an invoice as the bridge sees it, terms, the decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.domain.invoice import AdditionalStatus, Status
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import ShopOrder

UNPAID = frozenset({"pending", "failed", "checkout-draft", "on-hold", "cancelled", "refunded", "trash"})


class Plugin(StrEnum):
    """Which plugin asked for the invoice; V1 leaves no id on the order that REST would show."""

    V1 = "v1"
    V2 = "v2"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class InvoiceView:
    """The state of one invoice, and the money it has now.

    `seen_sats` counts every payment that is accounted, `settled_sats` those buried deep enough. `was_full`: it was paid
    in full at some time, even if that money is gone. `is_full_settled`: settled money alone reaches the minimum.
    `is_lost`: the chain took back a payment that had settled. `has_refund`: a refund was made here.
    """

    id: str
    status: Status
    additional_status: AdditionalStatus
    price: Decimal | None
    currency: str
    order_key: str | None
    plugin: Plugin
    created_at: datetime
    expires_at: datetime
    seen_sats: int = 0
    settled_sats: int = 0
    was_full: bool = False
    is_full_settled: bool = False
    is_lost: bool = False
    has_refund: bool = False
    first_seen_at: datetime | None = None  # when money was first seen
    settled_at: datetime | None = None
    marked_by: str | None = None

    @property
    def has_money(self) -> bool:
        return self.seen_sats > 0 or self.settled_sats > 0

    @property
    def is_paid(self) -> bool:
        return self.status is Status.SETTLED or self.is_full_settled

    @property
    def is_over(self) -> bool:
        """Nothing moves it any more but late money and a person."""
        return self.status in (Status.SETTLED, Status.EXPIRED, Status.INVALID)


@dataclass(frozen=True)
class Terms:
    """What the merchant has set, and what the shop's settings say.

    Invoices from before `orders_since` may be for orders of the shop that the store was connected to then.
    """

    on_hold_at_sight: bool
    cancel_expired: bool = False
    hold_stock_minutes: int | None = None
    track_stock: bool = True
    orders_since: datetime | None = None


class Act(StrEnum):
    """What is to be done about one invoice and its order."""

    AGREES = "agrees"
    NOTHING_YET = "nothing_yet"  # they differ, and nobody need act: something is still on its way
    READ_MORE = "read_more"  # `needs` says what; decide again with it
    WRITE = "write"
    RAISE = "raise"
    CLOSE_INVOICE = "close_invoice"  # only if it is still New and has no more money than was seen here


class Need(StrEnum):
    """What must be read before the decision can be made."""

    NOTES = "notes"  # then order.knowing(person=is_persons_decision(order, notes))
    STOCK = "stock"  # then order.knowing(stock=suffices(order, shelves)) of the products in order.wanted


@dataclass(frozen=True)
class Expected:
    """What the answer to a write must show, or the write did not do what it should have."""

    status: str | None = None
    paid: bool = False
    transaction_id: str | None = None

    def is_met_by(self, order: ShopOrder) -> bool:
        """A shop may have its own status after a payment; it must be none that waits for one."""
        return (
            (self.status is None or order.status == self.status)
            and (not self.paid or (order.date_paid is not None and order.status not in UNPAID))
            and (self.transaction_id is None or order.transaction_id == self.transaction_id)
        )


@dataclass(frozen=True)
class Decision:
    """What to do, and why.

    WRITE sends `write` to the order and compares the answer with `expects`. `note` is private and is written once for
    each `note_key` of an invoice, with every act. A `mismatch` may come with WRITE and CLOSE_INVOICE too: it is opened
    in the change that records the intention, since the next look will find that all agrees. A kind that a person has
    resolved for this invoice is not opened again. `failed_guards` are letters of the table (a to g).
    """

    act: Act
    why: str
    write: Mapping[str, Any] | None = None
    expects: Expected | None = None
    note: str | None = None
    note_key: str = ""
    mismatch: MismatchKind | None = None
    failed_guards: tuple[str, ...] = ()
    needs: frozenset[Need] = field(default_factory=frozenset)
    is_final: bool = False  # invoice and order are at their ends and agree: nothing is left to watch


def order_key_of(redirect_url: str | None) -> str | None:
    """The order's key in the address the buyer returns to; None where it has none, or more than one."""
    try:
        keys = parse_qs(urlsplit(redirect_url or "").query).get("key", [])
    except ValueError:  # brackets that hold no address
        return None
    return keys[0] if len(keys) == 1 else None
