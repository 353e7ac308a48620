"""What the bridge may do to a shop's orders: the merchant's choice."""

from app.db.audit import note
from app.db.models import Shop
from app.db.session import change
from app.domain.audit import Kind, changes
from app.errors import BadInput, NotFound

LONGEST_GRACE = 3600


def set_shop_terms(store_id: str, *, on_hold_at_sight: bool | None, cancel_expired: bool, grace_seconds: int) -> None:
    """Change them. `on_hold_at_sight` None: as the shop's hold stock wants it. NotFound, BadInput."""
    if not 0 <= grace_seconds <= LONGEST_GRACE:
        raise BadInput("grace_seconds", grace_seconds, f"use 0 to {LONGEST_GRACE} seconds")
    said = {"on_hold_at_sight": on_hold_at_sight, "cancel_expired": cancel_expired, "grace_seconds": grace_seconds}
    with change() as session:
        shop = session.get(Shop, store_id)
        if shop is None:
            raise NotFound("the store is connected to no shop")
        before = {name: getattr(shop, name) for name in said}
        for name, value in said.items():
            setattr(shop, name, value)
        if differing := changes(before, said):
            note(session, Kind.SHOP_CHANGED, store_id, store_id, changes=differing)
