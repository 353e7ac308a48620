"""Reading a shop's settings: a few calls, each of which may fail alone."""

from collections.abc import Mapping
from typing import Any

from app.domain.shop_facts import ShopFacts, is_ours
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.shop import Shop

LONGEST = 60
OF_STATUS = "environment,active_plugins"
PASSING = (TroubleKind.NO_SUCH_THING, TroubleKind.ROLE_TOO_WEAK, TroubleKind.BAD_REQUEST, TroubleKind.KEY_REFUSED)
"""What one call may meet while the others work: a setting that this version or this role does not have."""


def read_facts(shop: Shop) -> ShopFacts:
    """What the shop tells of itself. ShopTrouble when it is down; what it keeps to itself is None."""
    status = _of(shop, "/system_status", {"_fields": OF_STATUS})
    environment = status.get("environment") if isinstance(status, Mapping) else None
    environment = environment if isinstance(environment, Mapping) else {}
    cron = environment.get("wp_cron")
    return ShopFacts(
        currency=_text(_setting(shop, "general/woocommerce_currency")),
        decimals=_whole(_setting(shop, "general/woocommerce_price_num_decimals")),
        manages_stock=_yes(_setting(shop, "products/woocommerce_manage_stock")),
        hold_stock_minutes=_minutes(_setting(shop, "products/woocommerce_hold_stock_minutes")),
        gateways=_gateways(_of(shop, "/payment_gateways", {"_fields": "id,enabled"})),
        plugins=_plugins(status),
        woocommerce=_text(environment.get("version")),
        wordpress=_text(environment.get("wp_version")),
        wp_cron=cron if isinstance(cron, bool) else None,
        home_seen=_text(environment.get("home_url"), 500),
        plain_permalinks=shop.address.plain_permalinks,
        timezone=_text(environment.get("default_timezone")),
    )


def _of(shop: Shop, path: str, query: dict[str, str]) -> Any:
    try:
        return shop.ask("GET", path, query)
    except ShopTrouble as trouble:
        if trouble.kind in PASSING:
            return None
        raise


def _setting(shop: Shop, name: str) -> Any:
    found = _of(shop, f"/settings/{name}", {"_fields": "id,value"})
    return found.get("value") if isinstance(found, Mapping) else None


def _gateways(found: Any) -> dict[str, bool] | None:
    if not isinstance(found, list):
        return None
    pairs = ((each.get("id"), each.get("enabled")) for each in found if isinstance(each, Mapping))
    return {str(name)[:LONGEST]: enabled is True for name, enabled in pairs if is_ours(str(name))}


def _plugins(status: Any) -> dict[str, str]:
    listed = status.get("active_plugins") if isinstance(status, Mapping) else None
    found = {}
    for each in listed if isinstance(listed, list) else []:
        name = str(each.get("plugin", "")).partition("/")[0] if isinstance(each, Mapping) else ""
        if "btcpay" in name.lower():
            found[name[:LONGEST]] = str(each.get("version", ""))[:LONGEST]
    return found


def _text(value: Any, longest: int = LONGEST) -> str | None:
    return value[:longest] if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    """Settings are texts; an empty one is off, and one below nothing is what nobody can mean."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _minutes(value: Any) -> int | None:
    """What WooCommerce does not understand, or is empty, it takes for off."""
    return None if value is None else _whole(value) or 0


def _yes(value: Any) -> bool | None:
    return {"yes": True, "no": False}.get(value) if isinstance(value, str) else None
