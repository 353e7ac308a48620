"""What the checks of the installation count."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.db.models import Delivery, Endpoint, Store, StorePaymentMethod


def stores_without_wallet(session: Session) -> tuple[list[str], int]:
    """The names of the stores without an enabled payment method, and how many stores there are."""
    method = exists().where(StorePaymentMethod.store_id == Store.id, StorePaymentMethod.enabled)
    kept = Store.deleted_at.is_(None)
    names = session.scalars(select(Store.name).where(~method, kept).order_by(Store.name)).all()
    return list(names), session.scalar(select(func.count()).select_from(Store).where(kept)) or 0


def failed_deliveries(session: Session, since: datetime) -> tuple[int, list[str]]:
    """How many deliveries that were owed since then failed for good, and the URLs that they go to."""
    return _deliveries(session, Delivery.state == "failed", Delivery.created_at >= since)


def waiting_deliveries(session: Session, owed_before: datetime) -> tuple[int, list[str]]:
    """How many deliveries wait since before then, and the URLs that they go to."""
    return _deliveries(session, Delivery.state == "pending", Delivery.created_at < owed_before)


def _deliveries(session: Session, *which: ColumnElement[bool]) -> tuple[int, list[str]]:
    counted = select(Endpoint.url, func.count()).join(Delivery.endpoint).where(*which).group_by(Endpoint.url)
    rows = session.execute(counted).all()
    return sum(count for _, count in rows), [url for url, _ in rows]
