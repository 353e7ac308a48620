"""Which deliveries may go now: in order per (endpoint, invoice), each to one worker only."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, String, case, cast, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.db.models import Attempt, Delivery, Endpoint

PENDING = "pending"


LANE = case((Endpoint.kind == "webhook", literal("#").concat(cast(Endpoint.id, String))), else_=Endpoint.host)


def due_deliveries(
    session: Session, now: datetime, limit: int, full: Collection[str], only_hosts: Collection[str] | None
) -> list[tuple[int, str, str]]:
    """(id, host, lane) of unclaimed deliveries whose time has come, none to hosts or lanes that are `full`, and to
    `only_hosts` if that is given.

    A webhook has a lane of its own, so that none is held up by another; IPN targets, of which clients may name any
    number, share their host's.

    Before each of them nothing of the same endpoint and invoice waits, oldest first. A redelivery that a person asked
    for goes out of turn: it waits for nothing, and nothing waits for it.
    """
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.endpoint_id == Delivery.endpoint_id,
        earlier.invoice_id == Delivery.invoice_id,
        earlier.state == PENDING,
        earlier.id < Delivery.id,
        earlier.redelivery_at.is_(None),
    )
    wanted = select(Delivery.id, Endpoint.host, LANE.label("lane")).join(Delivery.endpoint).where(*_free(now))
    wanted = wanted.where(or_(Delivery.redelivery_at.is_not(None), ~blocked))
    wanted = wanted.where(Endpoint.host.not_in(full), LANE.not_in(full))
    if only_hosts is not None:
        wanted = wanted.where(Endpoint.host.in_(only_hosts))
    rows = session.execute(wanted.order_by(Delivery.next_at, Delivery.id).limit(limit))
    return [(row.id, row.host, row.lane) for row in rows]


def claim(session: Session, delivery_id: int, worker: str, now: datetime) -> bool:
    """Take the delivery, unless somebody else did, it is over or waits again. The row count decides."""
    mine = (Delivery.id == delivery_id, *_free(now))
    if session.scalar(select(Delivery.id).where(*mine).with_for_update(skip_locked=True)) is None:
        return False
    taken = update(Delivery).where(*mine).values(claimed_by=worker).execution_options(synchronize_session=False)
    result = session.execute(taken)
    return isinstance(result, CursorResult) and result.rowcount == 1


def _free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Delivery.state == PENDING, Delivery.next_at <= now, Delivery.claimed_by.is_(None)


def release_claims(session: Session, workers: list[str]) -> None:
    """Forget the claims of these workers: they died before they could say how it went."""
    freed = update(Delivery).where(Delivery.claimed_by.in_(workers), Delivery.state == PENDING)
    session.execute(freed.values(claimed_by=None).execution_options(synchronize_session=False))


def claiming_workers(session: Session) -> list[str]:
    """The workers that hold claims."""
    held = select(Delivery.claimed_by).where(Delivery.claimed_by.is_not(None), Delivery.state == PENDING)
    return [worker for worker in session.scalars(held.distinct()) if worker]


def attempts_of(session: Session, delivery_id: int, since: datetime | None) -> tuple[int, datetime | None]:
    """How many attempts were made (since then), and when the first of them began."""
    made = select(func.count(), func.min(Attempt.started_at)).where(Attempt.delivery_id == delivery_id)
    if since is not None:
        made = made.where(Attempt.started_at >= since)
    count, first = session.execute(made).one()
    return int(count), first
