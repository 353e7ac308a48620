"""The audit log: what people and keys have changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class AuditEntry(Base):
    """A change, written in the transaction that made it, and never changed. `details` hold no secret.

    `by` is how somebody reached us and `actor_id` their name there: a user's or key's id, a SIN, the operator's user
    name. `user_id` is the person in any case, if there is one.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_store", "store_id", "id"),
        Index("ix_audit_entries_user", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    actor_id: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    store_id: Mapped[str | None] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str]
