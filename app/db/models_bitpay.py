"""The tables of the BitPay dialect: who is paired with which store."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class PairingCode(Base):
    """A BitPay pairing: made here for a store, or asked for by a client (`sin`) and approved here."""

    __tablename__ = "pairing_codes"

    code: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str | None] = mapped_column(ForeignKey("stores.id"))
    sin: Mapped[str | None]
    label: Mapped[str] = mapped_column(default="")
    token: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class BitpayClient(Base):
    """A paired client key. The SIN decides; the token is shown and never checked."""

    __tablename__ = "bitpay_clients"

    sin: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), index=True)
    label: Mapped[str] = mapped_column(default="")
    token: Mapped[str]
    created_at: Mapped[datetime]


class LegacyApiKey(Base):
    """A store's BitPay legacy API key, by the SHA-256 of its text."""

    __tablename__ = "legacy_api_keys"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    key_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
