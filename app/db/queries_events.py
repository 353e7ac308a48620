"""Events and what is owed for them, written as values: there are more of them than of anything else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, literal, select, union_all
from sqlalchemy.orm import Session

from app.db.models import ChainBlock, Delivery, Event, Invoice
from app.domain.events import EventType

ADD_EVENTS, ADD_DELIVERIES = insert(Event), insert(Delivery)
ADD_EVENTS_TOLD = ADD_EVENTS.returning(Event.id, sort_by_parameter_order=True)


@dataclass(frozen=True)
class News:
    """An event, and the status of its invoice now. Without an invoice: the height of the chain in place of the id."""

    event_id: int
    invoice_id: str
    status: str


def news_after(session: Session, after: int | None, network: str) -> list[News]:
    """The events after an id, or the newest one alone, and the height of the chain, in one statement."""
    told = select(Event.id, Event.invoice_id, Invoice.status).join(Invoice, Invoice.id == Event.invoice_id)
    height = select(func.max(ChainBlock.height)).where(ChainBlock.network == network)
    tip = select(func.coalesce(height.scalar_subquery(), 0), literal(""), literal(""))
    newest = select(func.max(Event.id)).scalar_subquery()
    wanted = told.where(Event.id == newest if after is None else Event.id > after)
    rows = session.connection().execute(union_all(wanted, tip)).all()
    return [News(event_id, invoice_id, status) for event_id, invoice_id, status in rows]


def has_event(session: Session, invoice_id: str, kind: EventType) -> bool:
    """Did that ever happen to the invoice? Looked up by its id, which is indexed."""
    mine = select(Event.id).where(Event.invoice_id == invoice_id, Event.type == kind.ipn_name)
    return session.scalar(mine.limit(1)) is not None


def add_events(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write events in this order."""
    session.connection().execute(ADD_EVENTS, rows)


def add_events_told(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    """The same; returns their ids, in the same order."""
    return session.connection().execute(ADD_EVENTS_TOLD, rows).scalars().all()


def add_deliveries(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write deliveries in this order."""
    session.connection().execute(ADD_DELIVERIES, rows)
