"""What the bridge keeps: the shop's orders that it watches, what it did to them, and what only a person may decide."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Base
from app.db.types import ExactJson

OPEN = "resolved_at IS NULL"
ASKED = "resolved_at IS NULL AND asked_at IS NOT NULL"
UNFINISHED = "outcome = 'intended'"


class WatchedOrder(Base):
    """An order of a shop that invoices were made for. One row an order: who claims it may write to it.

    `last_seen` is the order as the shop last told it, without a word about the buyer. `disagreed_since` is when order
    and invoices were first found to disagree, until they agree or something happens to an invoice.
    """

    __tablename__ = "watched_orders"
    __table_args__ = (
        UniqueConstraint("store_id", "order_id"),
        Index("ix_watched_orders_due", "store_id", "state", "look_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    order_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default="watching")  # watching mismatch done given_up
    watched_since: Mapped[datetime]
    watch_until: Mapped[datetime]
    look_at: Mapped[datetime]
    last_looked_at: Mapped[datetime | None]
    last_seen: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    disagreed_since: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(index=True)
    claimed_at: Mapped[datetime | None]


class BridgeAct(Base):
    """Something that the bridge did to an order or to what the shop is told, written down before it was done.

    `key` says what it is for, so that it is done once; `sent` is what was asked of the shop, `before` and `after` are
    the order around it. `outcome` stays `intended` when a worker died over it: the next look at the order ends it.
    """

    __tablename__ = "bridge_acts"
    __table_args__ = (
        Index("ix_bridge_acts_order", "watched_order_id", "id"),
        Index(
            "ix_bridge_acts_unfinished",
            "watched_order_id",
            sqlite_where=text(UNFINISHED),
            postgresql_where=text(UNFINISHED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    watched_order_id: Mapped[int] = mapped_column(ForeignKey("watched_orders.id"))
    invoice_id: Mapped[str | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    act: Mapped[str]  # write note nudge close supersede
    key: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str]  # intended done nothing refused unsent
    says: Mapped[str] = mapped_column(Text)  # in plain words; of a note, the note
    sent: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    expects: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    before: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    after: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    note_id: Mapped[int | None] = mapped_column(BigInteger)
    # failed guards and why, as decided; of a note, its tries
    reading: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)

    watched_order: Mapped[WatchedOrder] = relationship()


class Mismatch(Base):
    """An order and an invoice that disagree in a way that only a person may settle.

    `asked_*`: a person chose a remedy that the worker is to carry out.
    """

    __tablename__ = "mismatches"
    __table_args__ = (
        Index(
            "uq_mismatches_open",
            "invoice_id",
            "kind",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_mismatches_store", "store_id", "resolved_at", "id"),
        Index("ix_mismatches_asked", "id", sqlite_where=text(ASKED), postgresql_where=text(ASKED)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    watched_order_id: Mapped[int] = mapped_column(ForeignKey("watched_orders.id"), index=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), index=True)
    kind: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(ExactJson)
    opened_at: Mapped[datetime]
    asked_remedy: Mapped[str | None]
    asked_by: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]  # a person; None when order and invoice came to agree without one
    remedy: Mapped[str | None]
    note: Mapped[str | None]  # what the person wrote down

    watched_order: Mapped[WatchedOrder] = relationship()
