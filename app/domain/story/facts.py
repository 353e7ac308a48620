"""What a story is told from: everything known about one invoice, in values. No key, no e-mail, no secret among it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.chain import Tip
from app.domain.invoice import Invoice
from app.domain.payment import Payment


@dataclass(frozen=True)
class Asked:
    """What the invoice asks for by one payment method.

    `key_path` is where its address lies below the wallet's public account key, such as 0/7; None when it has none.
    """

    payment_method: str
    destination: str
    rate_source: str
    rate_at: datetime
    network: str
    key_path: str | None = None
    address_index: int | None = None
    script: str | None = None  # the beginning of the descriptor: wpkh, tr, …


@dataclass(frozen=True)
class Seen:
    """A payment, and what was written down beside its facts. `left_block`: a block held it, and that block is gone."""

    payment: Payment
    recorded_at: datetime
    block_hash: str | None = None
    block_time: datetime | None = None
    settled_at: datetime | None = None
    left_block: bool = False


@dataclass(frozen=True)
class Happened:
    """An event, by the name under which it is stored. `by` and `reason` are those of a person, where one acted."""

    type: str
    at: datetime
    outpoint: str | None = None
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Tried:
    """One try of a delivery."""

    started_at: datetime
    duration_ms: int | None = None
    http_status: int | None = None
    error: str | None = None
    answer: str | None = None


@dataclass(frozen=True)
class Owed:
    """A delivery: which event is told to which host in which shape, and how that went."""

    event: str
    shape: str
    host: str
    state: str
    created_at: datetime
    next_at: datetime
    reason: str | None = None
    tries: tuple[Tried, ...] = ()


@dataclass(frozen=True)
class Raised:
    """An alert that a person must see."""

    kind: str
    message: str
    raised_at: datetime
    ended_at: datetime | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True)
class PaidOut:
    """What was claimed of a refund. `txid` is that of the output that paid it."""

    state: str
    created_at: datetime
    ended_at: datetime | None = None
    value_sats: int | None = None
    txid: str | None = None


@dataclass(frozen=True)
class Refund:
    """An amount offered back. Not by which link: whoever has that can claim it."""

    created_at: datetime
    amount: Decimal
    currency: str
    claims: tuple[PaidOut, ...] = ()


@dataclass(frozen=True)
class Bridged:
    """Something that was done to the shop's order over its REST API. `key` says what for, such as a status."""

    act: str
    key: str
    at: datetime
    outcome: str


@dataclass(frozen=True)
class Disagreed:
    """A mismatch of order and invoice. `resolved_by` is a person; None where both came to agree without one."""

    kind: str
    opened_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    remedy: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class StoryFacts:
    """One invoice with all that happened to it, as it was known at `now`. `digits` are those of its currency."""

    id: str
    store: str
    order_id: str | None
    currency: str
    digits: int
    created_at: datetime
    now: datetime
    invoice: Invoice
    asked: tuple[Asked, ...] = ()
    payments: tuple[Seen, ...] = ()
    events: tuple[Happened, ...] = ()
    deliveries: tuple[Owed, ...] = ()
    alerts: tuple[Raised, ...] = ()
    refunds: tuple[Refund, ...] = ()
    tip: Tip | None = None
    bridged: tuple[Bridged, ...] = ()
    mismatches: tuple[Disagreed, ...] = ()
    agreed_at: datetime | None = None  # when the order was read back, and it agreed for good
