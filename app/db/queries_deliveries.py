"""Which deliveries may go now: in order per (endpoint, invoice), each to one worker only."""

from datetime import datetime

from sqlalchemy import CursorResult, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from app.db.models import Attempt, Delivery

PENDING = "pending"


def due_delivery_ids(session: Session, now: datetime, limit: int) -> list[int]:
    """Unclaimed deliveries whose time has come and before which nothing of the same endpoint and invoice waits."""
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.endpoint_id == Delivery.endpoint_id,
        earlier.invoice_id == Delivery.invoice_id,
        earlier.state == PENDING,
        earlier.id < Delivery.id,
    )
    due = select(Delivery.id).where(
        Delivery.state == PENDING, Delivery.next_at <= now, Delivery.claimed_by.is_(None), ~blocked
    )
    return list(session.scalars(due.order_by(Delivery.next_at, Delivery.id).limit(limit)))


def claim(session: Session, delivery_id: int, worker: str) -> bool:
    """Take the delivery, unless somebody else did or it is over. The row count decides."""
    taken = (
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.claimed_by.is_(None), Delivery.state == PENDING)
        .values(claimed_by=worker)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(taken)
    return isinstance(result, CursorResult) and result.rowcount == 1


def release_claims(session: Session, workers: list[str] | None = None) -> None:
    """Forget the claims of these workers, or of all: they died before they could say how it went."""
    freed = update(Delivery).where(Delivery.claimed_by.is_not(None), Delivery.state == PENDING)
    if workers is not None:
        freed = freed.where(Delivery.claimed_by.in_(workers))
    session.execute(freed.values(claimed_by=None).execution_options(synchronize_session=False))


def claiming_workers(session: Session) -> list[str]:
    """The workers that hold claims."""
    held = select(Delivery.claimed_by).where(Delivery.claimed_by.is_not(None), Delivery.state == PENDING)
    return [worker for worker in session.scalars(held.distinct()) if worker]


def attempts_of(session: Session, delivery_id: int) -> tuple[int, datetime | None]:
    """How many attempts were made, and when the first began."""
    made = select(func.count(), func.min(Attempt.started_at)).where(Attempt.delivery_id == delivery_id)
    count, first = session.execute(made).one()
    return int(count), first


def next_due_at(session: Session) -> datetime | None:
    """When the next waiting delivery is due; None when nothing waits."""
    waiting = select(Delivery.next_at).where(Delivery.state == PENDING, Delivery.claimed_by.is_(None))
    return session.scalar(waiting.order_by(Delivery.next_at).limit(1))
