"""A watched order and its invoices, as the bridge takes them from the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.domain.bridge import InvoiceView, Terms
from app.domain.bridge_times import CALL_TAKES, ActKind, WatchState
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import OrderGone, ShopOrder

FAILING_SINCE = "failing_since"  # kept beside an order as it was seen last


@dataclass(frozen=True)
class Watch:
    """One order. `look_at` as it was when this was read: who rang meanwhile is not forgotten.

    `failing_since`: no reading of it has ended well since then.
    """

    id: int
    store_id: str
    order_id: int
    state: WatchState
    look_at: datetime
    watch_until: datetime
    last_looked_at: datetime | None
    disagreed_since: datetime | None
    last_seen: ShopOrder | OrderGone | None
    failing_since: datetime | None = None


@dataclass(frozen=True)
class InvoiceWatch:
    """One of its invoices. `moved_at`: the newest event that should move the order; before any, its creation."""

    view: InvoiceView
    moved_at: datetime


@dataclass(frozen=True)
class Known:
    """What was done about an invoice before: kinds that are open, kinds that a person closed, note keys, writes.

    `endable` are the open ones that end by themselves once order and invoice agree; the others tell of something that
    was done.
    `fruitless`: by their keys, how many writes the shop refused or ignored since the last one that did something, and
    `repeats` all that did. `nudged_at`: when its delivery was last brought forward. `unfinished`: an act of which
    nobody knows what came of it. `closed_at`: when a person last closed a mismatch by giving the money back or by
    leaving all as it is.
    """

    opened: frozenset[MismatchKind] = frozenset()
    endable: frozenset[MismatchKind] = frozenset()
    closed: frozenset[MismatchKind] = frozenset()
    noted: frozenset[str] = frozenset()
    unfinished: bool = False
    fruitless: Mapping[str, int] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)
    nudged_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class ShopTerms:
    """How one shop is treated: the terms of the decision, the grace, and from where on it is polled."""

    terms: Terms
    grace: timedelta
    polled_until: datetime | None
    next_try_at: datetime | None
    failing_since: datetime | None


@dataclass(frozen=True)
class Look:
    """What one look at an order came to. `seen` is the order as kept; None when it was not read."""

    watch: Watch
    state: WatchState
    next_at: datetime
    seen: Mapping[str, Any] | None
    disagrees: bool


@dataclass(frozen=True)
class Intention:
    """What is about to be done for an invoice. `key` says what it is for; `mismatch` is opened once it is done, if any.

    `note` is the one that follows a write; of a note itself, `says` is its text. `view` is the invoice as it was when a
    write was decided about.
    """

    watched_order_id: int
    invoice_id: str
    kind: ActKind
    key: str
    says: str
    sent: Mapping[str, Any] | None = None
    expects: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None
    reading: Mapping[str, Any] | None = None
    mismatch: MismatchKind | None = None
    note: str | None = None
    note_key: str = ""
    view: InvoiceView | None = None


@dataclass(frozen=True)
class Unfinished:
    """An act that was intended and whose end nobody wrote down. `tries`: of a note, how often the shop was asked."""

    act_id: int
    invoice_id: str
    kind: ActKind
    key: str
    says: str
    expects: Mapping[str, Any] | None
    began_at: datetime
    tries: int = 0

    def is_under_way(self, now: datetime) -> bool:
        """May what was sent for it last still arrive?"""
        return self.began_at <= now < self.began_at + CALL_TAKES


@dataclass(frozen=True)
class AskedRemedy:
    """What a person, by name, wants done in the shop about a mismatch."""

    mismatch_id: int
    watch: Watch
    invoice_id: str
    by: str
