"""The tables of refunds: pull payments, the payouts claimed of them, and the outputs seen at their addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Base
from app.db.models_store import Store
from app.db.types import ExactJson

WATCHED = "watched"  # payouts whose scriptPubKey the explorer looks for
PSBT_DUE = "psbt_due_at IS NOT NULL"  # payouts that the worker is to ask the merchant's wallet about


class PullPayment(Base):
    """An amount that may be claimed by whoever has the link. `invoice_id`: what it refunds, if anything."""

    __tablename__ = "pull_payments"
    __table_args__ = (Index("ix_pull_payments_store_created", "store_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    invoice_id: Mapped[str | None] = mapped_column(ForeignKey("invoices.id"), index=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    amount: Mapped[Decimal]
    currency: Mapped[str]
    bolt11_expiration_days: Mapped[int] = mapped_column(default=30)
    auto_approve_claims: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    archived: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    store: Mapped[Store] = relationship()
    payouts: Mapped[list["Payout"]] = relationship(
        back_populates="pull_payment", order_by="(Payout.created_at, Payout.id)"
    )


class Payout(Base):
    """What is owed to one address. Address and `value_sats` are fixed when it is approved.

    `approved_height`: the block that we stood on then, None when nobody followed the chain. `marked`: the state that a
    person has set. `watched`: the explorer looks for its scriptPubKey; not for good, addresses are used again.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        Index("ix_payouts_store_created", "store_id", "created_at"),
        Index(
            "ix_payouts_watched_script",
            "network",
            "script_pubkey",
            sqlite_where=text(WATCHED),
            postgresql_where=text(WATCHED),
        ),
        Index("ix_payouts_psbt_due", "psbt_due_at", sqlite_where=text(PSBT_DUE), postgresql_where=text(PSBT_DUE)),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    pull_payment_id: Mapped[str | None] = mapped_column(ForeignKey("pull_payments.id"), index=True)
    network: Mapped[str]
    destination: Mapped[str]
    script_pubkey: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="AwaitingApproval")
    revision: Mapped[int] = mapped_column(default=0)
    original_amount: Mapped[Decimal]
    original_currency: Mapped[str]
    value_sats: Mapped[int | None] = mapped_column(BigInteger)
    rate: Mapped[Decimal | None]  # original currency per coin, at the approval
    rate_source: Mapped[str | None]
    marked: Mapped[str | None]
    payment_proof: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)  # as a person gave it
    details: Mapped[dict[str, Any]] = mapped_column(ExactJson, default=dict)  # `metadata` of the request
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    approved_height: Mapped[int | None]
    ended_at: Mapped[datetime | None]  # when it was completed or cancelled last
    watched: Mapped[bool] = mapped_column(default=True)
    psbt_state: Mapped[str | None]  # waiting made no_wallet not_enough refused
    psbt_message: Mapped[str] = mapped_column(default="")
    psbt: Mapped[str | None]
    psbt_at: Mapped[datetime | None]
    psbt_due_at: Mapped[datetime | None]

    store: Mapped[Store] = relationship()
    pull_payment: Mapped[PullPayment | None] = relationship(back_populates="payouts")
    output: Mapped["PayoutOutput | None"] = relationship(back_populates="payout")


class PayoutOutput(Base):
    """An output at the scriptPubKey of a payout, and where it stands on the chain; `payout_id` is what it pays, if
    anything. The unique constraint keeps the promise: one output a payout, one payout an output.

    `first_seen_at` and `first_height` say when it was seen first: in the mempool, or in a block at that height.
    """

    __tablename__ = "payout_outputs"
    __table_args__ = (
        Index("ix_payout_outputs_script", "network", "script_pubkey"),
        Index("ix_payout_outputs_block", "block_hash"),
    )

    network: Mapped[str] = mapped_column(primary_key=True)
    txid: Mapped[str] = mapped_column(primary_key=True)
    vout: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    script_pubkey: Mapped[bytes]
    value_sats: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime]
    first_height: Mapped[int | None]
    height: Mapped[int | None]
    block_hash: Mapped[str | None]
    conflicted_by: Mapped[str | None]  # a txid; "" when the node did not name the conflict
    at_risk: Mapped[bool] = mapped_column(default=False)
    payout_id: Mapped[str | None] = mapped_column(ForeignKey("payouts.id"), unique=True)

    payout: Mapped[Payout | None] = relationship(back_populates="output")
