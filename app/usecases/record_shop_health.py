"""How a shop fares: it answered, or it did not and is left in peace for a while; and up to when it was polled."""

from datetime import datetime, timedelta

from app.db.models import Shop
from app.db.session import change
from app.domain.bridge_times import back_off


def shop_answered(store_id: str, now: datetime, polled_until: datetime | None = None) -> None:
    """All is well again. `polled_until` is in the shop's time: what changed by then was seen; None leaves it."""
    with change() as session:
        row = session.get(Shop, store_id, with_for_update=True)
        if row is None:  # disconnected meanwhile
            return
        row.failing_since = row.next_try_at = row.trouble_kind = row.trouble_says = None
        row.failures, row.last_ok_at = 0, now
        row.polled_until = polled_until or row.polled_until


def shop_failed(store_id: str, kind: str, says: str, now: datetime, retry_after_seconds: int | None = None) -> None:
    """It gave no usable answer: it is asked again after a while, which grows while this goes on."""
    with change() as session:
        row = session.get(Shop, store_id, with_for_update=True)
        if row is None:
            return
        row.failing_since, row.failures = row.failing_since or now, row.failures + 1
        row.trouble_kind, row.trouble_says = kind, says
        patience = None if retry_after_seconds is None else timedelta(seconds=retry_after_seconds)
        row.next_try_at = back_off(row.failures, now, patience)
