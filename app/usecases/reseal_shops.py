"""Encrypt what is kept of shops with the newest sealing key, so that the one before can be thrown away."""

from collections.abc import Callable

from app.db.audit import note
from app.db.models import Shop, ShopConnect
from app.db.queries_shops import all_shops, connects_with_key
from app.db.session import change
from app.domain.audit import Kind

Reseal = Callable[[str, str], str]
"""What was sealed about something (a store's id), sealed anew. Raises CannotUnseal, CannotSeal."""


def reseal_shops(reseal: Reseal) -> int:
    """All of it or nothing: what does not open leaves everything as it is. Returns how many shops there are."""
    with change() as session:
        shops: list[Shop] = list(all_shops(session))
        for shop in shops:
            shop.sealed_key = reseal(shop.sealed_key, shop.store_id)
            if shop.sealed_hook_secret is not None:
                shop.sealed_hook_secret = reseal(shop.sealed_hook_secret, shop.store_id)
        waiting: list[ShopConnect] = list(connects_with_key(session))
        for row in waiting:
            row.sealed_key = reseal(row.sealed_key or "", row.store_id)
        note(session, Kind.SHOPS_RESEALED, "", shops=len(shops))
        return len(shops)
