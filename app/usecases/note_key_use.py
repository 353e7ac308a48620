"""Keep when an API key was last used, without a write for each request."""

from datetime import datetime, timedelta

from app.db.queries_access import KeyUse, note_use
from app.db.session import change

COARSE = timedelta(minutes=5)


def note_key_use(use: KeyUse, now: datetime) -> None:
    """Write it down if the last note is older than some minutes."""
    if use.last_used_at is not None and use.last_used_at > now - COARSE:
        return
    with change() as session:
        note_use(session, use.key_id, now, now - COARSE)
