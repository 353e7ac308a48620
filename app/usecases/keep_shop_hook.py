"""The shop's webhook to us, as we know it."""

from dataclasses import dataclass, field
from datetime import datetime

from app.db.models import Shop
from app.db.session import change


@dataclass(frozen=True)
class KnownHook:
    """What a shop has been asked for, as far as we know; the secret is sealed."""

    id: int | None
    sealed_secret: str | None = field(repr=False)


def expect_hook(store_id: str, sealed_secret: str) -> KnownHook | None:
    """Note the secret before the shop is told it, so that a hint that comes at once can be verified. None: gone.

    A secret that we have already stays while its webhook does.
    """
    with change() as session:
        shop = session.get(Shop, store_id, populate_existing=True)
        if shop is None:
            return None
        if shop.sealed_hook_secret is None:
            shop.sealed_hook_secret = sealed_secret
        return KnownHook(shop.hook_id, shop.sealed_hook_secret)


def note_hook(store_id: str, hook_id: int, now: datetime) -> None:
    """The shop has it, and it works."""
    with change() as session:
        shop = session.get(Shop, store_id, populate_existing=True)
        if shop is not None:
            shop.hook_id, shop.hook_checked_at = hook_id, now


def forget_hook(store_id: str) -> None:
    """What is sealed does not open any more: the next webhook has a secret of its own."""
    with change() as session:
        shop = session.get(Shop, store_id, populate_existing=True)
        if shop is not None:
            shop.hook_id = shop.sealed_hook_secret = None
