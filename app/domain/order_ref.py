"""Which order of the shop an invoice is for, as the shop's plugin wrote it into the invoice's metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.exact_json import loads

HIGHEST_ID = 2**63 - 1


@dataclass(frozen=True)
class OrderRef:
    """`order_id` is the shop's own, the only one its REST API takes; `number` is what people call the order by."""

    order_id: int
    number: str | None
    plugin_version: str | None


def order_ref(pos_data: object) -> OrderRef | None:
    """What `posData` says under `WooCommerce`; None when no plugin of WooCommerce wrote it."""
    told = _object(pos_data).get("WooCommerce")
    if not isinstance(told, Mapping):
        return None
    order_id = _id(told.get("Order ID"))
    if order_id is None:
        return None
    return OrderRef(order_id, _text(told.get("Order Number")), _text(told.get("Plugin Version")))


def _object(pos_data: object) -> Mapping[str, Any]:
    if isinstance(pos_data, str):
        try:
            pos_data = loads(pos_data)
        except (ValueError, RecursionError):  # what is nested too deep is no plugin's
            return {}
    return pos_data if isinstance(pos_data, Mapping) else {}


def _id(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(HIGHEST_ID)):
        return None
    return number if 0 < (number := int(text)) <= HIGHEST_ID else None


def _text(value: object) -> str | None:
    return str(value)[:100] if isinstance(value, str | int) and not isinstance(value, bool) else None
