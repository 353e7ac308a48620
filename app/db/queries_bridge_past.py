"""Invoices that nobody watches the order of, from before their store was connected to its shop."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import Session

from app.db.models import Invoice

Past = Row[datetime, str, dict[str, Any] | None, dict[str, Any] | None]
"""When an invoice was made, its id, and the two columns that may name an order: metadata and details."""


def unwatched_invoices(session: Session, store_id: str, after: tuple[datetime, str], limit: int) -> Sequence[Past]:
    """Those made after (time, id), oldest first: a walk along ix_invoices_store_created that ends at the limit."""
    mine = select(Invoice.created_at, Invoice.id, Invoice.metadata_, Invoice.details)
    mine = mine.where(Invoice.store_id == store_id, Invoice.watched_order_id.is_(None))
    later = tuple_(Invoice.created_at, Invoice.id) > tuple_(*after)
    return session.execute(mine.where(later).order_by(Invoice.created_at, Invoice.id).limit(limit)).all()
