"""A store's invoices as Greenfield lists them: newest first, by an index whatever is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, or_, select, union_all
from sqlalchemy.orm import Session, aliased, selectinload

from app.db.models import Invoice, Payment, Prompt, SearchTerm, Wallet
from app.domain.search import as_term

AFTER_ALL = "\U0010ffff"  # the last of all characters: behind every text that goes on
FEW = 500  # found by a term: more than these are rather looked through newest first
SHORTEST_TXID = 8  # hex digits that are taken for the beginning of one
HEX_DIGITS = frozenset("0123456789abcdef")
HELD = {"key_share": True}  # what only points at the row is not kept waiting
WHOLE = (selectinload(Invoice.prompts), selectinload(Invoice.payments).selectinload(Payment.prompt))


@dataclass(frozen=True)
class InvoiceQuery:
    """Which invoices of a store are wanted. None and empty mean any; both ends of the time are inclusive."""

    store_id: str
    network: str
    order_ids: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    text: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    include_archived: bool = False
    skip: int = 0
    take: int = 100


def store_of_invoice(session: Session, invoice_id: str) -> str | None:
    """The store that an invoice belongs to."""
    return session.scalar(select(Invoice.store_id).where(Invoice.id == invoice_id))


def invoices_wanted(session: Session, wanted: InvoiceQuery) -> Sequence[Invoice]:
    """The invoices, newest first, with prompts and payments."""
    term = as_term(wanted.text or "")
    few = _few(session, wanted, term)
    page = _page(wanted, term) if few is None else _page_among(wanted, term, few)
    ids = list(session.scalars(page))
    rows = session.scalars(select(Invoice).where(Invoice.id.in_(ids)).options(*WHOLE)).all()
    held = {row.id: row for row in rows}
    return [held[id_] for id_ in ids if id_ in held]


def locked_invoice(session: Session, invoice_id: str) -> Invoice | None:
    """An invoice that is to be changed, held until the change ends: nobody else assesses or marks it meanwhile."""
    return session.get(Invoice, invoice_id, with_for_update=HELD, populate_existing=True)


def forget_terms(session: Session, store_id: str, invoice_id: str, terms: Sequence[str]) -> None:
    """Let an invoice not be found by these terms any more."""
    gone = delete(SearchTerm).where(
        SearchTerm.store_id == store_id, SearchTerm.term.in_(terms), SearchTerm.invoice_id == invoice_id
    )
    session.execute(gone.execution_options(synchronize_session=False))


def descriptors_of(session: Session, invoice_id: str) -> dict[int, str]:
    """The derivation schemes of the wallets that an invoice is paid to, by wallet id."""
    used = select(Wallet.id, Wallet.descriptor).join(Prompt, Prompt.wallet_id == Wallet.id)
    rows = session.execute(used.where(Prompt.invoice_id == invoice_id))
    return {row.id: row.descriptor for row in rows}


def _page(wanted: InvoiceQuery, term: str) -> Select[str]:
    """The ids of the page. Of several statuses each has its own walk along the index, cut where the page ends."""
    newest = (Invoice.created_at.desc(), Invoice.id.desc())
    found = select(Invoice.id, Invoice.created_at).where(*_conditions(Invoice, wanted, term)).order_by(*newest)
    if len(wanted.statuses) <= 1:
        one = found.where(Invoice.status == wanted.statuses[0]) if wanted.statuses else found
        return one.with_only_columns(Invoice.id).offset(wanted.skip).limit(wanted.take)
    walks = [
        select(found.where(Invoice.status == status).limit(wanted.skip + wanted.take).subquery())
        for status in wanted.statuses
    ]
    merged = union_all(*walks).subquery()
    ordered = select(merged.c.id).order_by(merged.c.created_at.desc(), merged.c.id.desc())
    return ordered.offset(wanted.skip).limit(wanted.take)


def _page_among(wanted: InvoiceQuery, term: str, few: Sequence[str]) -> Select[str]:
    """The ids of the page among a few known ones.

    They are read first, by their keys: the limit, which cuts nothing off, keeps a database without statistics from
    walking the whole store instead.
    """
    first = select(Invoice).where(Invoice.id.in_(few)).limit(len(few))
    one = aliased(Invoice, first.subquery())
    found = select(one.id).where(*_conditions(one, wanted, term))
    if wanted.statuses:
        found = found.where(one.status.in_(wanted.statuses))
    return found.order_by(one.created_at.desc(), one.id.desc()).offset(wanted.skip).limit(wanted.take)


def _conditions(one: type[Invoice], wanted: InvoiceQuery, term: str) -> list[ColumnElement[bool]]:
    """What an invoice must be like, its status apart."""
    conditions = [one.store_id == wanted.store_id]
    if not wanted.include_archived:
        conditions.append(one.archived.is_(False))
    if wanted.order_ids:
        conditions.append(one.order_id.in_(wanted.order_ids))
    if wanted.created_from is not None:
        conditions.append(one.created_at >= wanted.created_from)
    if wanted.created_until is not None:
        conditions.append(one.created_at <= wanted.created_until)
    if term:
        said = one.search_text.contains(f"\n{term}", autoescape=True)
        conditions.append(or_(said, one.id.in_(_paid_by(wanted, term))) if is_txid(term) else said)
    return conditions


def _few(session: Session, wanted: InvoiceQuery, term: str) -> list[str] | None:
    """The ids that order ids or a term leave, when they are few; None when they are many, or none are asked for."""
    if wanted.order_ids:
        by_order = (Invoice.store_id == wanted.store_id, Invoice.order_id.in_(wanted.order_ids))
        found = list(session.scalars(select(Invoice.id).where(*by_order).limit(FEW + 1)))
        return found if len(found) <= FEW else None
    if not term:
        return None
    by_term = (SearchTerm.store_id == wanted.store_id, SearchTerm.term >= term, SearchTerm.term < term + AFTER_ALL)
    found = list(session.scalars(select(SearchTerm.invoice_id).where(*by_term).limit(FEW + 1)))
    if is_txid(term):
        found += session.scalars(_paid_by(wanted, term).limit(FEW + 1))
    return list(dict.fromkeys(found)) if len(found) <= FEW else None


def is_txid(term: str) -> bool:
    """May it be the beginning of a transaction's id?"""
    return len(term) >= SHORTEST_TXID and not set(term) - HEX_DIGITS


def _paid_by(wanted: InvoiceQuery, term: str) -> Select[str]:
    """The ids of invoices that transactions with such an id pay, whatever their store."""
    paid = (Payment.network == wanted.network, Payment.txid >= term, Payment.txid < term + "g")
    return select(Payment.invoice_id).where(*paid)
