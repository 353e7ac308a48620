"""What Greenfield calls metadata and BitPay spreads over its fields: the well-known part of it, both ways (2.2)."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.exact_json import dumps

MOST_CHARACTERS = 5_000
MOST_POS_DATA_CHARACTERS = 50_000
LONGEST_ORDER_ID = 500  # it stands in an index
BUYER = {  # ours: Greenfield's
    "name": "buyerName",
    "address1": "buyerAddress1",
    "address2": "buyerAddress2",
    "locality": "buyerCity",
    "region": "buyerState",
    "postalCode": "buyerZip",
    "country": "buyerCountry",
    "email": "buyerEmail",
    "phone": "buyerPhone",
}


def order_id_of(metadata: Mapping[str, Any]) -> str | None:
    """The order id, whether it was given as text or as a number."""
    return _text(metadata.get("orderId"), LONGEST_ORDER_ID)


def details_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The details that pages and the BitPay dialect show; what cannot be shown is left out."""
    physical = metadata.get("physical")
    details = {
        "itemDesc": _text(metadata.get("itemDesc")),
        "itemCode": _text(metadata.get("itemCode")),
        "posData": _pos_data(metadata.get("posData")),
        "taxIncluded": _number(metadata.get("taxIncluded")),
        "physical": physical if isinstance(physical, bool) else None,
        "buyer": {ours: text for ours, theirs in BUYER.items() if (text := _text(metadata.get(theirs)))} or None,
    }
    return {name: value for name, value in details.items() if value is not None}


def metadata_of(order_id: str | None, details: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of an invoice that was made without any."""
    tax = details.get("taxIncluded")
    buyer = details.get("buyer") or {}
    metadata = {
        "orderId": order_id,
        "itemDesc": details.get("itemDesc"),
        "itemCode": details.get("itemCode"),
        "posData": details.get("posData"),
        "physical": details.get("physical"),
        "taxIncluded": Decimal(tax) if tax else None,
        **{theirs: buyer.get(ours) for ours, theirs in BUYER.items()},
    }
    return {name: value for name, value in metadata.items() if value is not None}


def _text(value: Any, most: int = MOST_CHARACTERS) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    text = value if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    return "".join(char for char in text if char != "\x00" and not "\ud800" <= char <= "\udfff")[:most] or None


def _pos_data(value: Any) -> str | None:
    """Text as it is, anything else as its JSON text; the shop's plugin finds the order by it."""
    text = value if isinstance(value, str) else None if value is None else dumps(value)
    return _text(text, MOST_POS_DATA_CHARACTERS)


def _number(value: Any) -> str | None:
    try:
        number = Decimal(_text(value) or "0")
    except InvalidOperation:
        return None
    return f"{number:f}" if number and number.is_finite() and abs(number.adjusted()) < 30 else None
