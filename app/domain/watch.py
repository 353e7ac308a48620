"""A watched order and its invoices, as the bridge takes them from the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.bridge import InvoiceView, Terms
from app.domain.bridge_times import WatchState
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import OrderGone, ShopOrder


@dataclass(frozen=True)
class Watch:
    """One order. `look_at` as it was when this was read: who rang meanwhile is not forgotten."""

    id: int
    store_id: str
    order_id: int
    state: WatchState
    look_at: datetime
    watch_until: datetime
    last_looked_at: datetime | None
    disagreed_since: datetime | None
    last_seen: ShopOrder | OrderGone | None


@dataclass(frozen=True)
class InvoiceWatch:
    """One of its invoices. `moved_at`: the newest event that should move the order; before any, its creation."""

    view: InvoiceView
    moved_at: datetime


@dataclass(frozen=True)
class Known:
    """What was done about an invoice before: kinds that are open, kinds that a person closed, note keys, writes.

    `fruitless`: by their key, how many writes the shop refused or ignored. `nudged_at`: when its delivery was last
    brought forward.
    """

    opened: frozenset[MismatchKind] = frozenset()
    closed: frozenset[MismatchKind] = frozenset()
    noted: frozenset[str] = frozenset()
    written: bool = False
    fruitless: int = 0
    nudged_at: datetime | None = None


@dataclass(frozen=True)
class ShopTerms:
    """How one shop is treated: the terms of the decision, the grace, and from where on it is polled."""

    terms: Terms
    grace: timedelta
    polled_until: datetime | None
    next_try_at: datetime | None
    failing_since: datetime | None
