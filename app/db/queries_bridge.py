"""Which orders the bridge watches, when each is looked at (by ix_watched_orders_due), and who may write to it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, and_, case, exists, or_, select, update
from sqlalchemy.orm import Session

from app.db.models import Invoice, Payment, Shop, WatchedOrder
from app.db.queries import insert_unless_there
from app.domain.bridge_times import CLAIM_LASTS, OPEN_STATES, SAFETY, WATCHED_FOR, WatchState

OPEN = tuple(state.value for state in OPEN_STATES)
QUIET = (WatchState.DONE.value, WatchState.GIVEN_UP.value)
BY_HAND = "hand-"  # how those who are no workers begin their names


def watched_order(session: Session, store_id: str, order_id: int, now: datetime) -> int:
    """The row of an order, made if there is none. Two who ask at once get the same."""
    wanted = select(WatchedOrder.id).where(WatchedOrder.store_id == store_id, WatchedOrder.order_id == order_id)
    found = session.scalar(wanted)
    if found is None:
        times = {"watched_since": now, "watch_until": now + WATCHED_FOR, "look_at": now + SAFETY}
        state = WatchState.WATCHING.value
        insert_unless_there(session, WatchedOrder, store_id=store_id, order_id=order_id, state=state, **times)
        found = session.scalars(wanted).one()
    return found


def ring(session: Session, watched_order_id: int, at: datetime, now: datetime) -> None:
    """Something happened to an invoice of the order: look at it by then, and watch it for another while."""
    rung = update(WatchedOrder).where(WatchedOrder.id == watched_order_id)
    due = case((or_(WatchedOrder.state.in_(QUIET), WatchedOrder.look_at > at), at), else_=WatchedOrder.look_at)
    awake = case((WatchedOrder.state.in_(QUIET), WatchState.WATCHING.value), else_=WatchedOrder.state)
    values = {"look_at": due, "state": awake, "watch_until": now + WATCHED_FOR, "disagreed_since": None}
    session.execute(rung.values(values).execution_options(synchronize_session=False))


def ring_for_invoice(session: Session, invoice_id: str, now: datetime) -> None:
    """The shop was told something of the invoice: see what became of it, if its order is watched.

    One that is overdue is moved, too: who looks at it this moment learns by that that it is to be looked at again.
    """
    order = select(Invoice.watched_order_id).where(Invoice.id == invoice_id).scalar_subquery()
    rung = update(WatchedOrder).where(WatchedOrder.id == order, WatchedOrder.state.in_(OPEN))
    session.execute(rung.values(look_at=now).execution_options(synchronize_session=False))


def hasten(session: Session, store_id: str, order_ids: Sequence[int], now: datetime) -> int:
    """The shop says that these orders changed: look at those that are watched. Returns how many there were."""
    awake = case((WatchedOrder.state == WatchState.DONE.value, WatchState.WATCHING.value), else_=WatchedOrder.state)
    rung = update(WatchedOrder).where(WatchedOrder.store_id == store_id, WatchedOrder.order_id.in_(order_ids))
    rung = rung.where(WatchedOrder.state != WatchState.GIVEN_UP.value)
    values = {"look_at": now, "state": awake}
    result = session.execute(rung.values(values).execution_options(synchronize_session=False))
    return result.rowcount if isinstance(result, CursorResult) else 0


def due_orders(session: Session, store_id: str, now: datetime, limit: int) -> Sequence[WatchedOrder]:
    """Those whose time has come and that nobody works on, the longest overdue first."""
    mine = select(WatchedOrder).where(WatchedOrder.store_id == store_id, WatchedOrder.state.in_(OPEN))
    wanted = mine.where(WatchedOrder.look_at <= now, _free(now)).order_by(WatchedOrder.look_at, WatchedOrder.id)
    return session.scalars(wanted.limit(limit)).all()


def open_orders(session: Session, store_id: str, after: int, limit: int) -> Sequence[WatchedOrder]:
    """All that are watched, due or not, a page at a time by their row's id."""
    mine = select(WatchedOrder).where(WatchedOrder.store_id == store_id, WatchedOrder.state.in_(OPEN))
    return session.scalars(mine.where(WatchedOrder.id > after).order_by(WatchedOrder.id).limit(limit)).all()


def orders_named(session: Session, store_id: str, order_ids: Sequence[int]) -> Sequence[WatchedOrder]:
    """Those of these orders that are watched, in whatever state."""
    mine = (WatchedOrder.store_id == store_id, WatchedOrder.order_id.in_(order_ids))
    return session.scalars(select(WatchedOrder).where(*mine).order_by(WatchedOrder.id)).all()


def claim_order(session: Session, watched_order_id: int, who: str, now: datetime) -> bool:
    """Be the one who may write to the order, unless somebody else is. The row count decides."""
    mine = (WatchedOrder.id == watched_order_id, or_(_free(now), WatchedOrder.claimed_by == who))
    if session.scalar(select(WatchedOrder.id).where(*mine).with_for_update(skip_locked=True)) is None:
        return False
    taken = update(WatchedOrder).where(*mine).values(claimed_by=who, claimed_at=now)
    result = session.execute(taken.execution_options(synchronize_session=False))
    return isinstance(result, CursorResult) and result.rowcount == 1


def claiming(session: Session) -> list[str]:
    """The workers that hold orders; a person's command lets go by itself or is stopped by time."""
    held = select(WatchedOrder.claimed_by).where(WatchedOrder.claimed_by.is_not(None)).distinct()
    return [who for who in session.scalars(held) if who and not who.startswith(BY_HAND)]


def release_orders(session: Session, workers: Sequence[str]) -> None:
    """Forget the claims of these: they died before they were done. What they left undone is due now."""
    freed = update(WatchedOrder).where(WatchedOrder.claimed_by.in_(workers))
    session.execute(freed.values(claimed_by=None).execution_options(synchronize_session=False))


def connected_stores(session: Session) -> list[str]:
    """The stores that are connected to a shop."""
    return list(session.scalars(select(Shop.store_id).order_by(Shop.store_id)))


def _free(now: datetime) -> ColumnElement[bool]:
    """Nobody's, or of somebody who was stopped in the middle and must ask again before anything is written."""
    return or_(
        WatchedOrder.claimed_by.is_(None),
        and_(WatchedOrder.claimed_at.is_not(None), WatchedOrder.claimed_at <= now - CLAIM_LASTS),
    )


def is_connected(session: Session, store_id: str) -> bool:
    """Is the store connected to a shop?"""
    return session.scalar(select(Shop.store_id).where(Shop.store_id == store_id)) is not None


def free_rows(session: Session, watched_order_ids: Sequence[int], now: datetime) -> Sequence[WatchedOrder]:
    """These rows, locked, but none that is claimed or that somebody is changing: nobody waits for anybody here."""
    wanted = select(WatchedOrder).where(WatchedOrder.id.in_(watched_order_ids), _free(now)).order_by(WatchedOrder.id)
    return session.scalars(wanted.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()


def unread_with_money(
    session: Session, store_id: str, silent_since: datetime, now: datetime, limit: int
) -> list[tuple[int, str]]:
    """(order's row, invoice id) of orders to be read by now, of invoices that have been paid, once their shop has been
    silent since then."""
    overdue = select(WatchedOrder.id, Invoice.id).join(Invoice, Invoice.watched_order_id == WatchedOrder.id)
    mine = (WatchedOrder.store_id == store_id, WatchedOrder.state == WatchState.WATCHING.value)
    paid = exists().where(Payment.invoice_id == Invoice.id)
    silent = exists().where(Shop.store_id == store_id, Shop.failing_since <= silent_since)
    found = session.execute(overdue.where(*mine, WatchedOrder.look_at <= now, paid, silent).limit(limit))
    return [(order, invoice_id) for order, invoice_id in found]
