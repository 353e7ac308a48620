"""The shop's webhook to us: made, looked after, made anew when the shop has switched it off. A hint, nothing more."""

from dataclasses import dataclass

from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.shop import Shop, number

TOPIC = "order.updated"
NAME = "Sattle: look at the order"


@dataclass(frozen=True)
class Hook:
    """The webhook as it is now; `is_new` when it was made with the secret at hand."""

    id: int
    is_new: bool


def keep_hook(shop: Shop, hook_id: int | None, delivery_url: str, secret: str) -> Hook:
    """Have a working webhook to `delivery_url`. One that the shop disabled is replaced: reviving it keeps its count of
    failures, and the next one would end it again. ShopTrouble.
    """
    if hook_id is not None:
        if _is_good(shop, hook_id, delivery_url):
            return Hook(hook_id, is_new=False)
        drop_hook(shop, hook_id)
    wanted = {"name": NAME, "topic": TOPIC, "delivery_url": delivery_url, "secret": secret}
    return Hook(number(shop.ask("POST", "/webhooks", {"_fields": "id"}, wanted), "id"), is_new=True)


def drop_hook(shop: Shop, hook_id: int) -> None:
    """Delete it; one that is gone is as good."""
    try:
        shop.ask("DELETE", f"/webhooks/{hook_id}", {"force": "true", "_fields": "id"})
    except ShopTrouble as trouble:
        if trouble.kind is not TroubleKind.NO_SUCH_THING:
            raise


def _is_good(shop: Shop, hook_id: int, delivery_url: str) -> bool:
    try:
        found = shop.ask("GET", f"/webhooks/{hook_id}", {"_fields": "id,status,topic,delivery_url"})
    except ShopTrouble as trouble:
        if trouble.kind is TroubleKind.NO_SUCH_THING:
            return False
        raise
    ours = {"status": "active", "topic": TOPIC, "delivery_url": delivery_url}
    return isinstance(found, dict) and all(found.get(name) == value for name, value in ours.items())
