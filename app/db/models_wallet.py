"""The tables of wallets: where the money goes, and what scans of the node's coins found there."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Base


class Wallet(Base):
    """A derivation scheme. Stores that use the same key share the row, and with it the counter."""

    __tablename__ = "wallets"
    __table_args__ = (UniqueConstraint("network", "descriptor"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str]
    descriptor: Mapped[str]
    next_index: Mapped[int] = mapped_column(default=0)
    mark_id: Mapped[str | None]  # of the file that remembers the index; None until the first address is given out
    created_at: Mapped[datetime]


class WalletScan(Base):
    """A look through all unspent coins of the node for those of one wallet: asked for, under way, or done."""

    __tablename__ = "wallet_scans"
    __table_args__ = (Index("ix_wallet_scans_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wallet_id: Mapped[int] = mapped_column(ForeignKey("wallets.id"), index=True)
    reason: Mapped[str]  # new restore restore_later command history_lost
    state: Mapped[str] = mapped_column(default="waiting")  # waiting running done failed
    progress_percent: Mapped[int] = mapped_column(default=0)
    range_end: Mapped[int | None]  # the last index looked at
    found_outputs: Mapped[int] = mapped_column(default=0)
    found_payments: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(default="")  # why it waits or failed
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    wallet: Mapped[Wallet] = relationship()


class StrayOutput(Base):
    """A coin at an address of a wallet for which we know no invoice that it could pay."""

    __tablename__ = "stray_outputs"

    network: Mapped[str] = mapped_column(primary_key=True)
    txid: Mapped[str] = mapped_column(primary_key=True)
    vout: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wallet_id: Mapped[int] = mapped_column(ForeignKey("wallets.id"), index=True)
    address_index: Mapped[int]
    value_sats: Mapped[int] = mapped_column(BigInteger)
    height: Mapped[int]
    block_hash: Mapped[str]
    is_coinbase: Mapped[bool]
    found_at: Mapped[datetime]
