"""What waits for a person in some stores: alerts, deliveries that failed, money that came late or short, claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from app.db.models import (
    Alert,
    ApiKey,
    Attempt,
    BitpayClient,
    Delivery,
    Invoice,
    Payout,
    PullPayment,
    StoreUser,
    Webhook,
)

UNFINISHED = ("PaidLate", "PaidPartial")


@dataclass(frozen=True)
class LastTold:
    """The newest try to tell a webhook something."""

    at: datetime
    http_status: int | None
    error: str | None


def alerts_in(session: Session, store_ids: Sequence[str], limit: int) -> Sequence[Alert]:
    """Alerts that nobody has acknowledged, oldest first."""
    mine = select(Alert).join(Invoice, Invoice.id == Alert.invoice_id).where(Invoice.store_id.in_(store_ids))
    return session.scalars(mine.where(Alert.acknowledged_at.is_(None)).order_by(Alert.id).limit(limit)).all()


def unfinished_money(session: Session, store_ids: Sequence[str], limit: int) -> list[Invoice]:
    """Expired invoices that were paid late or short, newest first: until they are marked, refunded or archived."""
    refunded = exists().where(PullPayment.invoice_id == Invoice.id)
    found: list[Invoice] = []
    for store_id in store_ids:
        for kind in UNFINISHED:
            mine = select(Invoice).where(Invoice.store_id == store_id, Invoice.additional_status == kind)
            mine = mine.where(Invoice.status == "Expired", Invoice.archived.is_(False), ~refunded)
            newest = mine.order_by(Invoice.created_at.desc(), Invoice.id.desc()).limit(limit)
            found += session.scalars(newest.options(joinedload(Invoice.store)))
    return sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)[:limit]


def failed_since(session: Session, store_ids: Sequence[str], since: datetime, limit: int) -> Sequence[Delivery]:
    """Deliveries owed since then that failed for good, newest first, with invoice, endpoint and event."""
    mine = select(Delivery).join(Invoice, Invoice.id == Delivery.invoice_id).where(Invoice.store_id.in_(store_ids))
    failed = mine.where(Delivery.state == "failed", Delivery.created_at >= since)
    whole = (joinedload(Delivery.invoice), joinedload(Delivery.endpoint), joinedload(Delivery.event))
    return session.scalars(failed.order_by(Delivery.id.desc()).limit(limit).options(*whole)).all()


def payouts_by_state(session: Session, store_ids: Sequence[str], states: Sequence[str]) -> dict[str, int]:
    """How many payouts are in each of these states."""
    counted = select(Payout.state, func.count()).where(Payout.store_id.in_(store_ids), Payout.state.in_(states))
    return {state: int(count) for state, count in session.execute(counted.group_by(Payout.state))}


def last_told(session: Session, webhook_id: str) -> LastTold | None:
    """The newest try for a webhook that came to an end."""
    tries = select(Attempt.started_at, Attempt.http_status, Attempt.error).where(Attempt.webhook_id == webhook_id)
    ended = tries.where(Attempt.http_status.is_not(None) | Attempt.error.is_not(None))
    row = session.execute(ended.order_by(Attempt.started_at.desc()).limit(1)).first()
    return None if row is None else LastTold(*row)


def webhooks_in_use(session: Session, store_id: str) -> Sequence[Webhook]:
    """The webhooks of a store that are told of its events, with their endpoints."""
    mine = select(Webhook).where(Webhook.store_id == store_id, Webhook.enabled, Webhook.deleted_at.is_(None))
    return session.scalars(mine.options(joinedload(Webhook.endpoint)).order_by(Webhook.endpoint_id)).all()


def clients_of(session: Session, store_id: str) -> int:
    """How many BitPay clients are paired with a store."""
    paired = select(func.count()).select_from(BitpayClient).where(BitpayClient.store_id == store_id)
    return session.scalar(paired) or 0


def keys_for(session: Session, store_id: str) -> Sequence[ApiKey]:
    """The working keys of the store's people; which of them reach the store is told by their permissions."""
    mine = select(ApiKey).join(StoreUser, StoreUser.user_id == ApiKey.user_id).where(StoreUser.store_id == store_id)
    return session.scalars(mine.where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.created_at)).all()


def newest_invoice_at(session: Session, store_id: str) -> datetime | None:
    """When the newest invoice of a store was made."""
    return session.scalar(select(func.max(Invoice.created_at)).where(Invoice.store_id == store_id))
