"""The tables of the explorer: what it watches, and the blocks that the facts stand on."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class WatchedTransaction(Base):
    """A transaction that carries payments of ours, or that such payments stand on: its bytes for broadcasting it again,
    and the height of its block, None while it is in none.

    Who waits too long is asked about no more; it is still recognised when it appears in a block or in the mempool.
    """

    __tablename__ = "watched_transactions"

    network: Mapped[str] = mapped_column(primary_key=True)
    txid: Mapped[str] = mapped_column(primary_key=True)
    raw: Mapped[bytes]
    height: Mapped[int | None] = mapped_column(index=True)
    waiting_since: Mapped[datetime]


class SpentOutpoint(Base):
    """An outpoint that a watched transaction spends: another spender of it is a conflict.

    `outpoint` is the 36 bytes as transactions spell them (hash, then index, little endian), so that a block's inputs
    are looked up as they are read. Forgotten when the transaction is buried deep: a block asks about thousands.
    """

    __tablename__ = "spent_outpoints"

    network: Mapped[str] = mapped_column(primary_key=True)
    outpoint: Mapped[bytes] = mapped_column(primary_key=True)
    txid: Mapped[str] = mapped_column(primary_key=True, index=True)


class ChainBlock(Base):
    """A block that our facts stand on."""

    __tablename__ = "chain_blocks"

    network: Mapped[str] = mapped_column(primary_key=True)
    height: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str]
    prev_hash: Mapped[str]
    time: Mapped[datetime]
    median_time: Mapped[datetime]


class ChainGap(Base):
    """Blocks that the node had deleted before we saw them. Closed once the unspent outputs were scanned instead."""

    __tablename__ = "chain_gaps"

    network: Mapped[str] = mapped_column(primary_key=True)
    from_height: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    to_height: Mapped[int]
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Alert(Base):
    """Something about an invoice that a person must see: it lasts until a person has acknowledged it.

    `ended_at`: when the matter mended itself, which does not make it unseen.
    """

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("invoice_id", "kind", "outpoint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"))
    kind: Mapped[str]
    outpoint: Mapped[str]
    message: Mapped[str]
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None] = mapped_column(index=True)


class ChainState(Base):
    """What the worker last knew of the node, for pages and for the rule that nothing expires unobserved."""

    __tablename__ = "chain_states"

    network: Mapped[str] = mapped_column(primary_key=True)
    genesis_hash: Mapped[str | None]
    observed_at: Mapped[datetime | None]
    node_state: Mapped[str] = mapped_column(default="unknown")
    node_message: Mapped[str] = mapped_column(default="")
    node_height: Mapped[int | None]
    rescan_next: Mapped[int | None]  # the next height to be read again, while a rescan is under way
    rescan_until: Mapped[int | None]
    fee_rate_sat_per_vbyte: Mapped[int | None]
