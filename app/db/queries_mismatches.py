"""What only a person may settle: open mismatches by store, by invoice, and remedies that a person chose."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.db.models import Mismatch


def is_told(session: Session, invoice_id: str, kind: str) -> bool:
    """Is such a mismatch open, or did a person close one?"""
    mine = select(Mismatch.id).where(Mismatch.invoice_id == invoice_id, Mismatch.kind == kind)
    told = or_(Mismatch.resolved_at.is_(None), Mismatch.resolved_by.is_not(None))
    return session.scalar(mine.where(told).limit(1)) is not None


def open_mismatches(session: Session, store_ids: Sequence[str], limit: int = 200) -> Sequence[Mismatch]:
    """The open ones of these stores, oldest first, with their orders."""
    mine = select(Mismatch).where(Mismatch.store_id.in_(store_ids), Mismatch.resolved_at.is_(None))
    return session.scalars(mine.order_by(Mismatch.id).limit(limit).options(joinedload(Mismatch.watched_order))).all()


def count_open(session: Session, store_ids: Sequence[str]) -> int:
    """How many are open."""
    mine = select(func.count()).select_from(Mismatch).where(Mismatch.store_id.in_(store_ids))
    return session.scalar(mine.where(Mismatch.resolved_at.is_(None))) or 0


def resolved_mismatches(session: Session, store_ids: Sequence[str], limit: int = 50) -> Sequence[Mismatch]:
    """Those that were settled last, newest first."""
    mine = select(Mismatch).where(Mismatch.store_id.in_(store_ids), Mismatch.resolved_at.is_not(None))
    newest = mine.order_by(Mismatch.resolved_at.desc(), Mismatch.id.desc()).limit(limit)
    return session.scalars(newest.options(joinedload(Mismatch.watched_order))).all()


def whole_mismatch(session: Session, mismatch_id: int) -> Mismatch | None:
    """One, with its order."""
    return session.get(Mismatch, mismatch_id, options=[joinedload(Mismatch.watched_order)])


def open_of_invoice(session: Session, invoice_id: str) -> Sequence[Mismatch]:
    """The open ones about an invoice."""
    mine = select(Mismatch).where(Mismatch.invoice_id == invoice_id, Mismatch.resolved_at.is_(None))
    return session.scalars(mine.order_by(Mismatch.id)).all()


def mismatches_of_invoice(session: Session, invoice_id: str) -> Sequence[Mismatch]:
    """All about an invoice, for its story, oldest first."""
    return session.scalars(select(Mismatch).where(Mismatch.invoice_id == invoice_id).order_by(Mismatch.id)).all()


def has_open(session: Session, watched_order_id: int) -> bool:
    """Is anything open about an order?"""
    mine = select(Mismatch.id).where(Mismatch.watched_order_id == watched_order_id, Mismatch.resolved_at.is_(None))
    return session.scalar(mine.limit(1)) is not None


def asked_remedies(session: Session, store_id: str) -> Sequence[Mismatch]:
    """Those of a store that a person chose a remedy for and that nobody has carried out, oldest first."""
    asked = select(Mismatch).where(Mismatch.resolved_at.is_(None), Mismatch.asked_at.is_not(None))
    mine = asked.where(Mismatch.store_id == store_id).order_by(Mismatch.id)
    return session.scalars(mine.options(joinedload(Mismatch.watched_order))).all()
