"""The tables of stores: their settings, what they are paid to, and the quotes that they sell by."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Base
from app.db.models_wallet import Wallet
from app.db.types import ExactJson


class Store(Base):
    """A merchant's shop as configured here: the terms its invoices get.

    `preferences` are settings by the names that the Greenfield API gives them; what is not in it has its default.
    """

    __tablename__ = "stores"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    website: Mapped[str | None]
    default_currency: Mapped[str] = mapped_column(default="EUR")
    speed_policy: Mapped[str] = mapped_column(default="MediumSpeed")
    tolerance_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    expiration_seconds: Mapped[int] = mapped_column(default=900)
    monitoring_seconds: Mapped[int] = mapped_column(default=86_400)
    display_timer_seconds: Mapped[int] = mapped_column(default=300)
    network_fee_mode: Mapped[str] = mapped_column(default="Never")
    redirect_automatically: Mapped[bool] = mapped_column(default=False)
    anyone_can_create_invoice: Mapped[bool] = mapped_column(default=False)
    default_payment_method: Mapped[str | None]
    primary_rates: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)  # RateSettings; None: the server's rules
    fallback_rates: Mapped[dict[str, Any] | None] = mapped_column(ExactJson)  # None: there is no fallback
    tracked_currencies: Mapped[list[str]] = mapped_column(JSON, default=list)  # their rates are noted on each invoice
    preferences: Mapped[dict[str, Any]] = mapped_column(ExactJson, default=dict)
    archived: Mapped[bool] = mapped_column(default=False)
    deleted_at: Mapped[datetime | None]  # nobody has access any more; what money points at stays
    created_at: Mapped[datetime]


class StorePaymentMethod(Base):
    """The wallet a store is paid to by one payment method."""

    __tablename__ = "store_payment_methods"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    payment_method: Mapped[str] = mapped_column(primary_key=True)
    wallet_id: Mapped[int] = mapped_column(ForeignKey("wallets.id"), index=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    given: Mapped[dict[str, Any] | None] = mapped_column(
        ExactJson
    )  # derivationScheme, label, accountKeyPath, as the merchant wrote them

    wallet: Mapped[Wallet] = relationship()


class Quote(Base):
    """The newest rate of a pair from a source."""

    __tablename__ = "quotes"

    source: Mapped[str] = mapped_column(primary_key=True)
    pair: Mapped[str] = mapped_column(primary_key=True)
    rate: Mapped[Decimal]  # the bid
    ask: Mapped[Decimal | None]  # None: the same as the bid
    at: Mapped[datetime]
