"""Who may come in: people, what they are to stores, and API keys."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class User(Base):
    """A person with a password. `email` is kept in lower case."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    is_administrator: Mapped[bool] = mapped_column(default=False)
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class StoreUser(Base):
    """What a person is to a store."""

    __tablename__ = "store_users"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str]


class ApiKey(Base):
    """A key of a person, by the SHA-256 (hex) of its whole text. `permissions` are texts: a policy, or policy:store."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    key_sha256: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    label: Mapped[str] = mapped_column(default="")
    permissions: Mapped[list[str]] = mapped_column(JSON)
    application_identifier: Mapped[str | None]
    redirect_origin: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]  # coarse: written once in some minutes at most
    revoked_at: Mapped[datetime | None]
