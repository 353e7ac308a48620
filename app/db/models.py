"""The tables. Unique constraints carry the promises: one payment an outpoint, one invoice a scriptPubKey."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.db.base import Base as Base
from app.db.base import db as db
from app.db.models_access import ApiKey as ApiKey
from app.db.models_access import StoreUser as StoreUser
from app.db.models_access import User as User
from app.db.models_audit import AuditEntry as AuditEntry
from app.db.models_backup import Backup as Backup
from app.db.models_bitpay import BitpayClient as BitpayClient
from app.db.models_bitpay import LegacyApiKey as LegacyApiKey
from app.db.models_bitpay import PairingCode as PairingCode
from app.db.models_bridge import BridgeAct as BridgeAct
from app.db.models_bridge import Mismatch as Mismatch
from app.db.models_bridge import WatchedOrder as WatchedOrder
from app.db.models_chain import Alert as Alert
from app.db.models_chain import ChainBlock as ChainBlock
from app.db.models_chain import ChainGap as ChainGap
from app.db.models_chain import ChainState as ChainState
from app.db.models_chain import SpentOutpoint as SpentOutpoint
from app.db.models_chain import WatchedTransaction as WatchedTransaction
from app.db.models_endpoints import IS_IPN as IS_IPN
from app.db.models_endpoints import Endpoint as Endpoint
from app.db.models_endpoints import Webhook as Webhook
from app.db.models_endpoints import WebhookTest as WebhookTest
from app.db.models_payout import Payout as Payout
from app.db.models_payout import PayoutOutput as PayoutOutput
from app.db.models_payout import PullPayment as PullPayment
from app.db.models_search import SearchTerm as SearchTerm
from app.db.models_second_factor import RecoveryCode as RecoveryCode
from app.db.models_second_factor import SecondFactor as SecondFactor
from app.db.models_shop import Shop as Shop
from app.db.models_shop import ShopConnect as ShopConnect
from app.db.models_sign_in import SignIn as SignIn
from app.db.models_store import Quote as Quote
from app.db.models_store import Store as Store
from app.db.models_store import StorePaymentMethod as StorePaymentMethod
from app.db.models_wallet import StrayOutput as StrayOutput
from app.db.models_wallet import Wallet as Wallet
from app.db.models_wallet import WalletScan as WalletScan
from app.db.types import ExactJson
from app.domain.money import amount_rank

HAS_BODY = "content IS NOT NULL"
SETTLED = "settled_at IS NOT NULL"
WATCHED = "watched_order_id IS NOT NULL"
LOST = "settled_at IS NOT NULL AND height IS NULL"  # payments that the chain may have taken back


class Invoice(Base):
    """The terms of an invoice, and the state last assessed."""

    __tablename__ = "invoices"
    __table_args__ = (
        Index("ix_invoices_store_created", "store_id", "created_at"),
        Index("ix_invoices_status_expires", "status", "expires_at"),
        Index("ix_invoices_status_monitoring", "status", "monitoring_ends_at"),
        Index("ix_invoices_store_order", "store_id", "order_id"),
        Index("ix_invoices_store_status", "store_id", "status", "created_at"),
        Index("ix_invoices_store_additional", "store_id", "additional_status", "created_at"),
        Index("ix_invoices_store_amount", "store_id", "amount_rank"),
        Index(
            "ix_invoices_watched_order", "watched_order_id", sqlite_where=text(WATCHED), postgresql_where=text(WATCHED)
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    price: Mapped[Decimal | None]
    amount_rank: Mapped[int] = mapped_column(BigInteger, default=-1, server_default="-1")  # what lists sort prices by
    currency: Mapped[str]
    is_top_up: Mapped[bool]
    tolerance_percent: Mapped[Decimal]
    speed_policy: Mapped[str]
    network_fee_mode: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    monitoring_ends_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="New")
    additional_status: Mapped[str] = mapped_column(default="None")
    archived: Mapped[bool] = mapped_column(default=False)
    order_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # itemDesc, itemCode, posData, buyer, taxIncluded, …
    redirect_url: Mapped[str | None]
    redirect_automatically: Mapped[bool] = mapped_column(default=False)
    notification_email: Mapped[str | None]
    ipn_endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoints.id"))
    full_notifications: Mapped[bool] = mapped_column(default=False)
    extended_notifications: Mapped[bool] = mapped_column(default=False)
    tracked_rates: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)  # of a bitcoin at its creation, by currency
    metadata_: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)  # as given to Greenfield; None: see details
    checkout: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)  # what Greenfield was asked for beside the terms
    receipt: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)
    search_text: Mapped[str | None]  # its search terms, each after a line break
    watched_order_id: Mapped[int | None]  # the order that the bridge keeps in step with it

    store: Mapped[Store] = relationship()
    prompts: Mapped[list["Prompt"]] = relationship(back_populates="invoice", order_by="Prompt.id")
    payments: Mapped[list["Payment"]] = relationship(
        back_populates="invoice", order_by="(Payment.paid_at, Payment.txid, Payment.vout)"
    )
    events: Mapped[list["Event"]] = relationship(back_populates="invoice", order_by="Event.id")

    @validates("price")
    def _rank_follows(self, _name: str, price: Decimal | None) -> Decimal | None:
        self.amount_rank = amount_rank(price)
        return price


class Prompt(Base):
    """What one invoice asks for by one payment method, and the destination it is matched by."""

    __tablename__ = "prompts"
    __table_args__ = (
        UniqueConstraint("invoice_id", "payment_method"),
        UniqueConstraint("network", "script_pubkey"),
        UniqueConstraint("wallet_id", "address_index"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"))
    payment_method: Mapped[str]
    destination: Mapped[str]
    rate: Mapped[Decimal]
    rate_source: Mapped[str]
    rate_at: Mapped[datetime]
    fee_sats: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_rate_sat_per_vbyte: Mapped[int] = mapped_column(default=1)
    network: Mapped[str]
    script_pubkey: Mapped[bytes | None]
    wallet_id: Mapped[int | None] = mapped_column(ForeignKey("wallets.id"))
    address_index: Mapped[int | None]

    invoice: Mapped[Invoice] = relationship(back_populates="prompts")


class Payment(Base):
    """One output paying a destination of ours, and where it stands on the chain."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("network", "txid", "vout"),
        Index("ix_payments_status_height", "status", "height"),
        Index("ix_payments_network_height", "network", "height"),
        Index("ix_payments_settled", "settled_at", sqlite_where=text(SETTLED), postgresql_where=text(SETTLED)),
        Index("ix_payments_settled_unconfirmed", "network", sqlite_where=text(LOST), postgresql_where=text(LOST)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str]
    txid: Mapped[str]
    vout: Mapped[int]
    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompts.id"), index=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), index=True)
    value_sats: Mapped[int] = mapped_column(BigInteger)
    fee_sats: Mapped[int] = mapped_column(BigInteger, default=0)
    recorded_at: Mapped[datetime]
    paid_at: Mapped[datetime]
    height: Mapped[int | None]
    block_hash: Mapped[str | None] = mapped_column(index=True)
    conflicted_by: Mapped[str | None]  # a txid; "" when the node did not name the conflict
    at_risk: Mapped[bool] = mapped_column(default=False)
    signals_rbf: Mapped[bool] = mapped_column(default=False)
    is_coinbase: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str | None]
    announced: Mapped[bool] = mapped_column(default=False)
    verified_in: Mapped[str | None]  # where the node confirmed this output: a block hash, or "mempool"
    settled_at: Mapped[datetime | None]  # kept when the chain takes it back after its invoice settled

    invoice: Mapped[Invoice] = relationship(back_populates="payments")
    prompt: Mapped[Prompt] = relationship()


class Event(Base):
    """Something that happened to an invoice. Never changed."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), index=True)
    type: Mapped[str]
    at: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)

    invoice: Mapped[Invoice] = relationship(back_populates="events")


class Delivery(Base):
    """An event owed to an endpoint in a shape, until it is delivered, given up, failed or superseded.

    `content` is what a webhook's body says of the event, as JSON text; it is dropped after some time.
    `first_attempt_id` is the original delivery id, `next_attempt_id` was promised to whoever asked for a redelivery.
    `redelivery_at` is when a delivery that was over was asked for once more: it then goes out of turn, and its tries
    count from there.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id", "shape"),
        Index("ix_deliveries_state_next", "state", "next_at"),
        Index("ix_deliveries_order", "endpoint_id", "invoice_id", "state", "id"),
        Index("ix_deliveries_bodies", "created_at", sqlite_where=text(HAS_BODY), postgresql_where=text(HAS_BODY)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoints.id"))
    invoice_id: Mapped[str] = mapped_column(ForeignKey("invoices.id"), index=True)
    shape: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending")  # pending delivered given_up failed superseded
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    claimed_by: Mapped[str | None]
    content: Mapped[str | None] = mapped_column(Text)
    first_attempt_id: Mapped[str | None]
    next_attempt_id: Mapped[str | None]
    redelivery_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    endpoint: Mapped[Endpoint] = relationship()
    invoice: Mapped[Invoice] = relationship()
    attempts: Mapped[list["Attempt"]] = relationship(back_populates="delivery", order_by="Attempt.started_at")


class Attempt(Base):
    """One HTTP try of a delivery. The first one's id is the original delivery id."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_webhook_started", "webhook_id", "started_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    webhook_id: Mapped[str | None] = mapped_column(ForeignKey("webhooks.id"))  # the one that it was made for
    started_at: Mapped[datetime]
    duration_ms: Mapped[int | None]
    http_status: Mapped[int | None]
    error: Mapped[str | None]
    answer: Mapped[str | None]  # first 500 characters; public addresses only

    delivery: Mapped[Delivery] = relationship(back_populates="attempts")
