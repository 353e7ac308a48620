"""Where deliveries go: IPN targets and webhooks."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.db.base import Base
from app.domain.addresses import host_of
from app.domain.webhooks import Subscription

IS_IPN = "kind = 'ipn'"
TEST_WAITS = "started_at IS NULL"


class Endpoint(Base):
    """Where deliveries of a store go: an IPN target, shared by its invoices, or a webhook's own.

    `url` may hold placeholders and secrets; `host` follows from it and holds neither: it is for logs, and for the limit
    on tries at once.
    """

    __tablename__ = "endpoints"
    __table_args__ = (
        Index(
            "uq_endpoints_ipn",
            "store_id",
            "url",
            unique=True,
            sqlite_where=text(IS_IPN),
            postgresql_where=text(IS_IPN),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    kind: Mapped[str]
    url: Mapped[str]
    host: Mapped[str]
    created_at: Mapped[datetime]

    webhook: Mapped["Webhook | None"] = relationship(back_populates="endpoint")

    @validates("url")
    def _host_follows(self, _name: str, url: str) -> str:
        self.host = host_of(url)
        return url


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

    endpoint: Mapped[Endpoint] = relationship(back_populates="webhook")

    @property
    def subscription(self) -> Subscription:
        return Subscription(self.everything, tuple(self.specific_events))


class WebhookTest(Base):
    """A test event that a person asked for; the worker sends it once. `error` is set when there was no answer."""

    __tablename__ = "webhook_tests"
    __table_args__ = (
        Index("ix_webhook_tests_waiting", "id", sqlite_where=text(TEST_WAITS), postgresql_where=text(TEST_WAITS)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id"), index=True)
    type: Mapped[str]
    requested_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    duration_ms: Mapped[int | None]
    http_status: Mapped[int | None]
    error: Mapped[str | None]
    answer: Mapped[str | None]

    webhook: Mapped[Webhook] = relationship()
