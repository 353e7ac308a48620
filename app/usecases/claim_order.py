"""Be the only one who may write to an order of the shop, until it is let go or until the holder died."""

from collections.abc import Callable
from datetime import datetime

from app.db import queries_bridge as queries
from app.db.models import WatchedOrder
from app.db.queries import reading
from app.db.session import Session, assessing_change, change
from app.errors import NotAllowed


class ClaimLost(NotAllowed):
    """Somebody else took the order over: nothing may be written to it by us any more."""


def claim_order(watched_order_id: int, who: str, now: datetime) -> bool:
    """True when nobody else may write to the order from now on."""
    with change() as session:
        return queries.claim_order(session, watched_order_id, who, now)


def held(session: Session, watched_order_id: int, who: str) -> WatchedOrder:
    """The order's row, locked in the caller's change, while `who` holds the claim. ClaimLost."""
    row = session.get_one(WatchedOrder, watched_order_id, with_for_update=True, populate_existing=True)
    if row.claimed_by != who:
        raise ClaimLost(f"order {row.order_id} was taken over by another worker")
    return row


def release_dead_orders(is_dead: Callable[[str], bool]) -> None:
    """Let go of what dead workers claimed."""
    session = reading()
    holding = queries.claiming(session)
    session.rollback()
    dead = [who for who in holding if is_dead(who)]
    if dead:
        with assessing_change() as session:  # many orders are locked
            queries.release_orders(session, dead)
