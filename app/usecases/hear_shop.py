"""A shop's webhook says that an order changed: a hint to look sooner, and nothing more."""

from datetime import datetime, timedelta

from app.db.models import Shop
from app.db.session import change
from app.usecases.watch_order import look_sooner

NOTED_EVERY = timedelta(minutes=5)


def hear_shop(store_id: str, order_id: int, now: datetime) -> None:
    """Look at the order now, if it is watched."""
    look_sooner(store_id, [order_id], now)
    with change() as session:
        shop = session.get(Shop, store_id)
        if shop is not None and (shop.hook_heard_at is None or now - shop.hook_heard_at > NOTED_EVERY):
            shop.hook_heard_at = now
