"""Give up telling a shop that an order is being paid when it fails for an hour and "settled" waits behind it."""

from datetime import datetime

from app.db.models import Delivery
from app.db.queries import reading
from app.db.queries_webhooks import is_overtaken, overtaken
from app.db.session import change
from app.domain.retry import DeliveryState
from app.domain.webhooks import OVERTAKEN, STALE_AFTER


def supersede_overtaken(now: datetime) -> int:
    """Returns how many deliveries it ended: what waited behind them may go."""
    session = reading()
    found = overtaken(session, now - STALE_AFTER)
    session.rollback()
    return sum(_supersede(delivery_id, now) for delivery_id in found)


def _supersede(delivery_id: int, now: datetime) -> bool:
    with change() as session:
        delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
        free = delivery.state == DeliveryState.PENDING.value and delivery.claimed_by is None
        if not free or not is_overtaken(session, delivery_id, now - STALE_AFTER):
            return False
        delivery.state, delivery.reason = DeliveryState.SUPERSEDED.value, OVERTAKEN
        return True
