"""Invoices that nobody watches the order of, from before their store was connected to its shop."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Invoice


def unwatched_invoices(session: Session, store_id: str, since: datetime, after: str, limit: int) -> Sequence[str]:
    """The ids of invoices made since then, a page at a time by id. A walk along ix_invoices_store_created."""
    mine = select(Invoice.id).where(Invoice.store_id == store_id, Invoice.created_at >= since)
    wanted = mine.where(Invoice.watched_order_id.is_(None), Invoice.id > after)
    return session.scalars(wanted.order_by(Invoice.id).limit(limit)).all()
