"""The tables of shops: the WooCommerce installations that stores are connected to, and connections being made."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Base
from app.db.models_store import Store

WORKED_ON = "state IN ('looking', 'trying')"


class Shop(Base):
    """The shop of a store, and how it fares. What is sealed is opened by app.sealing alone and shown to nobody.

    `auth` is how requests prove themselves (basic, oauth_https, oauth_http), `named_root_url` the REST root as the shop
    names it, which is what OAuth signs. `facts` are app.domain.shop_facts, `findings` lines of the doctor.
    `failing_since` is set while the shop does not answer; nothing is asked of it before `next_try_at`.
    `orders_since`: the store was connected to another shop before, and older invoices are for orders of that one.
    `on_hold_at_sight` None: as the shop's hold stock wants it. `polled_until` is in the shop's time.
    """

    __tablename__ = "shops"

    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    home_url: Mapped[str]
    root_url: Mapped[str]
    named_root_url: Mapped[str]
    auth: Mapped[str]
    plain_permalinks: Mapped[bool]
    sealed_key: Mapped[str]  # consumer key and secret together
    key_ending: Mapped[str]  # the last characters of the consumer key, by which a shop lists it
    name: Mapped[str]
    connected_at: Mapped[datetime]
    connected_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    on_hold_at_sight: Mapped[bool | None]
    cancel_expired: Mapped[bool] = mapped_column(default=False)
    grace_seconds: Mapped[int] = mapped_column(default=120)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    facts_at: Mapped[datetime | None]
    hook_id: Mapped[int | None] = mapped_column(BigInteger)  # of its webhook to us
    sealed_hook_secret: Mapped[str | None]
    hook_checked_at: Mapped[datetime | None]
    hook_heard_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    last_ok_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    trouble_kind: Mapped[str | None]
    trouble_says: Mapped[str | None]
    polled_until: Mapped[datetime | None]
    orders_since: Mapped[datetime | None]
    check_wanted_at: Mapped[datetime | None]
    check_started_at: Mapped[datetime | None]
    findings: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    findings_at: Mapped[datetime | None]

    store: Mapped[Store] = relationship()


class ShopConnect(Base):
    """One attempt to connect a store to a shop; `state` is a ConnectState, `found` what the shop said of itself.

    `token_sha256` is the hash of the one-time value that the shop sends back together with the key it made.
    """

    __tablename__ = "shop_connects"
    __table_args__ = (
        Index("ix_shop_connects_worked_on", "asked_at", sqlite_where=text(WORKED_ON), postgresql_where=text(WORKED_ON)),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    home_url: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    token_sha256: Mapped[str | None] = mapped_column(unique=True)
    sealed_key: Mapped[str | None]
    trouble_kind: Mapped[str | None]
    trouble_says: Mapped[str | None]
    trouble_remedy: Mapped[str | None]
