"""Forget what webhooks were told long ago: bodies hold buyers' names and addresses."""

from datetime import datetime

from app.db.queries import reading
from app.db.queries_webhooks import drop_bodies, old_bodies
from app.db.session import change
from app.domain.webhooks import BODIES_KEPT

AT_ONCE = 500  # others wait to write meanwhile


def prune_deliveries(now: datetime) -> int:
    """Drop a batch of old bodies. Returns how many there were: 0 when none is left."""
    session = reading()
    found = old_bodies(session, now - BODIES_KEPT, AT_ONCE)
    session.rollback()
    if found:
        with change() as session:
            drop_bodies(session, found)
    return len(found)
