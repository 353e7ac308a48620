"""The tables of the explorer: what it watches, and the blocks that the facts stand on."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class WatchedTransaction(Base):
    """A transaction that carries payments of ours: its bytes for rebroadcast, while it may still be needed."""

    __tablename__ = "watched_transactions"

    network: Mapped[str] = mapped_column(primary_key=True)
    txid: Mapped[str] = mapped_column(primary_key=True)
    raw: Mapped[bytes]
    unconfirmed: Mapped[bool] = mapped_column(default=True, index=True)


class SpentOutpoint(Base):
    """An outpoint that a watched transaction spends: another spender of it is a conflict."""

    __tablename__ = "spent_outpoints"

    network: Mapped[str] = mapped_column(primary_key=True)
    prev_txid: Mapped[str] = mapped_column(primary_key=True)
    prev_vout: Mapped[int] = mapped_column(primary_key=True)
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


class ChainState(Base):
    """What the worker last knew of the node, for pages and for the rule that nothing expires unobserved."""

    __tablename__ = "chain_states"

    network: Mapped[str] = mapped_column(primary_key=True)
    genesis_hash: Mapped[str | None]
    observed_at: Mapped[datetime | None]
    node_state: Mapped[str] = mapped_column(default="unknown")
    node_message: Mapped[str] = mapped_column(default="")
    fee_rate_sat_per_vbyte: Mapped[int | None]
