"""A mismatch ends: a person saw to it, or order and invoice came to agree without one."""

from datetime import datetime

from app.db.audit import note
from app.db.models import Mismatch, WatchedOrder
from app.db.queries_bridge import ring
from app.db.queries_mismatches import has_open, open_of_invoice
from app.db.session import Session, change
from app.domain.audit import Kind
from app.domain.bridge_times import WatchState
from app.domain.mismatch import MismatchKind, Remedy
from app.errors import BadInput, NotAllowed, NotFound
from app.usecases.supersede_owed import SETTLED_BY_PERSON, supersede_owed

LONGEST_NOTE = 500  # characters
AGREED = "agreed"  # the remedy of those that nobody had to see to


def resolve_mismatch(mismatch_id: int, by: str, remedy: Remedy, said: str, now: datetime) -> None:
    """A person closes it; what the shop is still owed of the invoice is not told any more. NotFound, NotAllowed,
    BadInput (note)."""
    with change() as session:
        row = open_row(session, mismatch_id)
        close(session, row, by, remedy.value, checked(said), now)
        supersede_owed(session, row.invoice_id, SETTLED_BY_PERSON)


def ask_remedy(mismatch_id: int, by: str, remedy: Remedy, said: str, now: datetime) -> None:
    """A person wants something done in the shop: the worker does it and closes the mismatch. NotFound, NotAllowed,
    BadInput (note)."""
    with change() as session:
        row = open_row(session, mismatch_id)
        if remedy not in MismatchKind(row.kind).told.remedies:
            raise NotAllowed(f"{remedy.value} is no remedy for this mismatch")
        row.asked_remedy, row.asked_by, row.asked_at, row.note = remedy.value, by, now, checked(said)
        note(session, Kind.MISMATCH_ASKED, row.invoice_id, row.store_id, about=row.kind, remedy=remedy.value)
        ring(session, row.watched_order_id, now, now)


def remedy_done(mismatch_id: int, now: datetime) -> None:
    """What a person asked for was done in the shop: the mismatch is closed in their name."""
    with change() as session:
        row = _held(session, session.get_one(Mismatch, mismatch_id))
        if row.resolved_at is None and row.asked_by is not None:
            close(session, row, row.asked_by, row.asked_remedy or Remedy.PAY_ORDER.value, row.note or "", now)
            supersede_owed(session, row.invoice_id, SETTLED_BY_PERSON)


def remedy_failed(mismatch_id: int, why: str) -> None:
    """What a person asked for could not be done; the mismatch stays open and says why."""
    with change() as session:
        row = session.get_one(Mismatch, mismatch_id, with_for_update=True)
        row.asked_remedy = row.asked_by = row.asked_at = None
        row.evidence = {**row.evidence, "remedyFailed": why}


def resolve_agreed(watched_order_id: int, invoice_id: str, kinds: frozenset[MismatchKind], now: datetime) -> int:
    """Close those that are no longer true: order and invoice agree. Returns how many there were."""
    with change() as session:
        order = _order(session, watched_order_id)
        mine = [row for row in open_of_invoice(session, invoice_id) if row.kind in kinds]
        for row in mine:
            row.resolved_at, row.remedy = now, AGREED
        session.flush()
        _calm(session, order)
        return len(mine)


def close(session: Session, row: Mismatch, by: str, remedy: str, said: str, now: datetime) -> None:
    """End it in the caller's change, and look at the order once more."""
    order = _order(session, row.watched_order_id)
    row.resolved_at, row.resolved_by, row.remedy, row.note = now, by, remedy, said or row.note
    note(session, Kind.MISMATCH_RESOLVED, row.invoice_id, row.store_id, about=row.kind, remedy=remedy)
    session.flush()
    _calm(session, order)
    ring(session, row.watched_order_id, now, now)


def _calm(session: Session, order: WatchedOrder) -> None:
    if order.state == WatchState.MISMATCH.value and not has_open(session, order.id):
        order.state = WatchState.WATCHING.value
        session.flush()


def _order(session: Session, watched_order_id: int) -> WatchedOrder:
    """Locked before anything that hangs on it (see app.db.session)."""
    return session.get_one(WatchedOrder, watched_order_id, with_for_update=True, populate_existing=True)


def _held(session: Session, row: Mismatch) -> Mismatch:
    """As it is once nobody else changes it, and its order, any more."""
    _order(session, row.watched_order_id)
    return session.get_one(Mismatch, row.id, with_for_update=True, populate_existing=True)


def open_row(session: Session, mismatch_id: int) -> Mismatch:
    """The mismatch, locked after its order, if nobody has seen to it. NotFound, NotAllowed."""
    row = session.get(Mismatch, mismatch_id)
    if row is None:
        raise NotFound(f"there is no mismatch {mismatch_id}")
    if _held(session, row).resolved_at is not None:
        raise NotAllowed("somebody has seen to it already")
    return row


def checked(said: str) -> str:
    """What a person wrote down, if it can be kept. BadInput (note)."""
    if len(said) > LONGEST_NOTE or "\x00" in said:
        raise BadInput("note", said, f"use at most {LONGEST_NOTE} characters of text")
    return said
