"""The invoices of some stores, a page at a time: each page is a walk along an index that begins where the last one
ended, so that the last of 100,000 rows costs what the first does, and new invoices move nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from app.db.code_points import in_code_points
from app.db.matching import batches
from app.db.models import Invoice, Payment, SearchTerm
from app.db.queries_invoices import AFTER_ALL, FEW, WHOLE, is_txid
from app.domain.search import as_term

MOST_WALKS = 60  # of one page; beyond, the database sorts
WITH_STORE = (*WHOLE, joinedload(Invoice.store))

Place = tuple[datetime | int, str]
"""Where a row stands: what it is sorted by, and its id."""
Found = Row[str, Any]


class Order(StrEnum):
    """How a list is sorted."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "amount"

    @property
    def is_by_amount(self) -> bool:
        return self is Order.LARGEST

    @property
    def descends(self) -> bool:
        return self is not Order.OLDEST


@dataclass(frozen=True)
class ListQuery:
    """Which invoices of which stores. Empty and None mean any. `after` and `before` are places outside of the page."""

    store_ids: tuple[str, ...]
    network: str
    text: str = ""
    statuses: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
    archived: bool | None = False  # None: both
    order: Order = Order.NEWEST
    after: Place | None = None
    before: Place | None = None
    take: int = 50


@dataclass(frozen=True)
class Page:
    """`ids` in order; the places where the neighbouring pages begin, None where there is none."""

    ids: tuple[str, ...]
    before: Place | None
    after: Place | None


def page_of(session: Session, wanted: ListQuery) -> Page:
    """A page of the list: two short statements at most, whatever is asked for."""
    if not wanted.store_ids:
        return Page((), None, None)
    backwards = wanted.before is not None
    found = _found(session, replace(wanted, take=wanted.take + 1))
    more, rows = len(found) > wanted.take, found[: wanted.take]
    if backwards:
        rows = rows[::-1]
    first, last = (_place(rows[0]), _place(rows[-1])) if rows else (None, None)
    has_before = more if backwards else wanted.after is not None
    has_after = more or backwards
    return Page(tuple(row.id for row in rows), first if has_before else None, last if has_after else None)


def listed(session: Session, ids: Sequence[str]) -> list[Invoice]:
    """These invoices in this order, with store, prompts and payments."""
    found = {row.id: row for row in session.scalars(select(Invoice).where(Invoice.id.in_(ids)).options(*WITH_STORE))}
    return [found[each] for each in ids if each in found]


def _found(session: Session, wanted: ListQuery) -> Sequence[Found]:
    term = as_term(wanted.text)
    few = _few(session, wanted, term) if term else None
    if few is None:
        return session.execute(_walks(wanted, term)).all()
    rows: list[Found] = []
    for batch in batches(few):  # by their keys alone: nothing else that is asked may tempt anybody to walk a store
        by_key = _rows(wanted).where(Invoice.id.in_(batch), Invoice.store_id.in_(wanted.store_ids))
        rows += session.execute(by_key.where(*_conditions(wanted, ""), *_states(wanted))).all()
    return sorted(rows, key=lambda row: (row.place, row.id), reverse=_descends(wanted))[: wanted.take]


def _walks(wanted: ListQuery, term: str) -> Select[str, Any]:
    """A walk along an index for each store and state that is asked for, each cut where the page ends; merged."""
    found, states = _rows(wanted).where(*_conditions(wanted, term)), _walked_states(wanted)
    walks = [
        found.where(Invoice.store_id == store_id, *state).order_by(*_ends(wanted, Invoice.id, _sorted_by(wanted)))
        for store_id, state in product(wanted.store_ids, states)
    ]
    if len(walks) == 1:
        return walks[0].limit(wanted.take)
    if len(walks) > MOST_WALKS:
        whole = found.where(Invoice.store_id.in_(wanted.store_ids), *_states(wanted))
        return whole.order_by(*_ends(wanted, Invoice.id, _sorted_by(wanted))).limit(wanted.take)
    merged = union_all(*(select(each.limit(wanted.take).subquery()) for each in walks)).subquery()
    rows = select(merged.c.id, merged.c.place)
    return rows.order_by(*_ends(wanted, merged.c.id, merged.c.place)).limit(wanted.take)


def _walked_states(wanted: ListQuery) -> list[list[ColumnElement[bool]]]:
    """The states, one for each walk where an index has them; the index of amounts has none."""
    if wanted.order.is_by_amount:
        return [_states(wanted)]
    if wanted.additional:
        others = _states(replace(wanted, additional=()))
        return [[Invoice.additional_status == each, *others] for each in wanted.additional]
    return [[Invoice.status == each] for each in wanted.statuses] or [[]]


def _rows(wanted: ListQuery) -> Select[str, Any]:
    return select(Invoice.id, _sorted_by(wanted).label("place"))


def _ends(wanted: ListQuery, row_id: Any, column: Any) -> list[ColumnElement[Any]]:
    same_moment = in_code_points(row_id)
    return [column.desc(), same_moment.desc()] if _descends(wanted) else [column.asc(), same_moment.asc()]


def _conditions(wanted: ListQuery, term: str) -> list[ColumnElement[bool]]:
    """What an invoice must be like, its store and its states apart."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.archived is not None:
        conditions.append(Invoice.archived.is_(wanted.archived))
    if wanted.created_from is not None:
        conditions.append(Invoice.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        conditions.append(Invoice.created_at < wanted.created_before)
    place = wanted.before or wanted.after
    if place is not None:
        conditions.append(_beyond(wanted, place))
    if term:
        said = Invoice.search_text.contains(f"\n{term}", autoescape=True)
        conditions.append(or_(said, Invoice.id.in_(_paid_by(wanted, term))) if is_txid(term) else said)
    return conditions


def _states(wanted: ListQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(Invoice.status.in_(wanted.statuses))
    if wanted.additional:
        conditions.append(Invoice.additional_status.in_(wanted.additional))
    return conditions


def _beyond(wanted: ListQuery, place: Place) -> ColumnElement[bool]:
    """Rows behind a place, in the direction of the walk; the first half is what an index is entered by."""
    column, (value, row_id), own_id = _sorted_by(wanted), place, in_code_points(Invoice.id)
    if _descends(wanted):
        return and_(column <= value, or_(column < value, own_id < row_id))
    return and_(column >= value, or_(column > value, own_id > row_id))


def _descends(wanted: ListQuery) -> bool:
    """The direction of the walk: towards the page before, it is the other one."""
    return wanted.order.descends != (wanted.before is not None)


def _sorted_by(wanted: ListQuery) -> InstrumentedAttribute[Any]:
    return Invoice.amount_rank if wanted.order.is_by_amount else Invoice.created_at


def _place(row: Found) -> Place:
    return row.place, row.id


def _few(session: Session, wanted: ListQuery, term: str) -> list[str] | None:
    """The ids that a term leaves, when they are few; None when they are many."""
    by_term = (SearchTerm.store_id.in_(wanted.store_ids), SearchTerm.term >= term, SearchTerm.term < term + AFTER_ALL)
    found = list(session.scalars(select(SearchTerm.invoice_id).where(*by_term).limit(FEW + 1)))
    if is_txid(term):
        found += session.scalars(_paid_by(wanted, term).limit(FEW + 1))
    return list(dict.fromkeys(found)) if len(found) <= FEW else None


def _paid_by(wanted: ListQuery, term: str) -> Select[str]:
    """The ids of invoices that transactions with such an id pay, whatever their store."""
    paid = (Payment.network == wanted.network, Payment.txid >= term, Payment.txid < term + "g")
    return select(Payment.invoice_id).where(*paid)
