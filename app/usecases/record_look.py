"""Write down what a look at orders found, and when each is looked at next. Who rang meanwhile is not forgotten."""

from collections.abc import Sequence
from datetime import datetime

from app.db.models import WatchedOrder
from app.db.queries_bridge import free_rows
from app.db.session import change
from app.domain.bridge_times import OPEN_STATES, WatchState
from app.domain.watch import Look
from app.usecases.claim_order import held


def record_looks(looks: Sequence[Look], now: datetime) -> None:
    """Looks at orders that nobody claims; one that somebody works on meanwhile is theirs to record."""
    found = {look.watch.id: look for look in looks}
    with change() as session:
        for row in free_rows(session, sorted(found), now):
            _write(row, found[row.id], now)


def end_look(look: Look, who: str, now: datetime) -> None:
    """The look of the one who holds the order, who lets go of it. ClaimLost."""
    with change() as session:
        row = held(session, look.watch.id, who)
        _write(row, look, now)
        row.claimed_by = row.claimed_at = None


def let_go(watched_order_id: int, who: str) -> None:
    """Let go of an order without a word about it: it could not be looked at."""
    with change() as session:
        row = session.get_one(WatchedOrder, watched_order_id, with_for_update=True, populate_existing=True)
        if row.claimed_by == who:
            row.claimed_by = row.claimed_at = None


def _write(row: WatchedOrder, look: Look, now: datetime) -> None:
    row.last_looked_at = now
    if look.seen is not None:
        row.last_seen = dict(look.seen)
    if (row.look_at, row.watch_until) != (look.watch.look_at, look.watch.watch_until):
        return  # somebody rang since it was read: look again, as they asked; whoever rings moves one of the two
    row.look_at = look.next_at
    row.state = look.state.value
    row.disagreed_since = (row.disagreed_since or now) if look.disagrees else None
    if look.state in OPEN_STATES and now > row.watch_until:
        row.state = WatchState.GIVEN_UP.value if look.state is WatchState.WATCHING else row.state
