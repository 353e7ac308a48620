"""Webhooks: endpoints that are told of a store's events, signed with a secret."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Base
from app.domain.webhooks import Subscription

if TYPE_CHECKING:
    from app.db.models import Endpoint


class Webhook(Base):
    """An endpoint of its own for a store's events. One that was deleted stays for the story, without its secret.

    `secret` is kept as it is, since each body is signed with it: nothing but the answer that tells it for the first
    time may show it. `replaced_by` names the webhook that took over what this one owes.
    """

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), index=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoints.id"), unique=True)
    secret: Mapped[str]
    enabled: Mapped[bool]
    automatic_redelivery: Mapped[bool]
    everything: Mapped[bool]
    specific_events: Mapped[list[str]] = mapped_column(JSON)
    by_hand: Mapped[bool]
    replaced_by: Mapped[str | None] = mapped_column(ForeignKey("webhooks.id"))
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    endpoint: Mapped["Endpoint"] = relationship(back_populates="webhook")

    @property
    def subscription(self) -> Subscription:
        return Subscription(self.everything, tuple(self.specific_events))
