"""What the checks of the installation count."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.db.models import Delivery, Endpoint, Store, StorePaymentMethod, Webhook


@dataclass(frozen=True)
class Troubled:
    """An endpoint that did not get deliveries: its host, the webhook if it is one, and how many they are."""

    host: str
    webhook_id: str | None
    count: int


def stores_without_wallet(session: Session) -> tuple[list[str], int]:
    """The names of the stores without an enabled payment method, and how many stores there are."""
    method = exists().where(StorePaymentMethod.store_id == Store.id, StorePaymentMethod.enabled)
    kept = Store.deleted_at.is_(None)
    names = session.scalars(select(Store.name).where(~method, kept).order_by(Store.name)).all()
    return list(names), session.scalar(select(func.count()).select_from(Store).where(kept)) or 0


def failed_deliveries(session: Session, since: datetime, store_id: str | None = None) -> list[Troubled]:
    """Where deliveries that were owed since then failed for good; of one store if it is named."""
    return _troubled(session, Delivery.state == "failed", Delivery.created_at >= since, *_in(store_id))


def waiting_deliveries(session: Session, owed_before: datetime, store_id: str | None = None) -> list[Troubled]:
    """Where deliveries wait since before then; of one store if it is named."""
    return _troubled(session, Delivery.state == "pending", Delivery.created_at < owed_before, *_in(store_id))


def _in(store_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if store_id is None else (Endpoint.store_id == store_id,)


def _troubled(session: Session, *which: ColumnElement[bool]) -> list[Troubled]:
    counted = select(Endpoint.host, Webhook.id, func.count()).join(Delivery.endpoint).outerjoin(Endpoint.webhook)
    rows = session.execute(counted.where(*which).group_by(Endpoint.host, Webhook.id).order_by(Endpoint.host)).all()
    return [Troubled(*row) for row in rows]
