"""Events and what is owed for them, written as values: there are more of them than of anything else."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.db.models import Delivery, Event

ADD_EVENTS, ADD_DELIVERIES = insert(Event), insert(Delivery)
ADD_EVENTS_TOLD = ADD_EVENTS.returning(Event.id, sort_by_parameter_order=True)


def add_events(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write events in this order."""
    session.connection().execute(ADD_EVENTS, rows)


def add_events_told(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """The same; returns their ids, in the same order."""
    return session.connection().execute(ADD_EVENTS_TOLD, rows).scalars().all()


def add_deliveries(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write deliveries in this order."""
    session.connection().execute(ADD_DELIVERIES, rows)
