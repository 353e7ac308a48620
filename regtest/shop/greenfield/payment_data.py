"""What the plugin writes into an order about its payments. One value of a wrong type and it writes nothing at all."""

from typing import Any

from regtest.shop.errors import ShopError

TEXTS = ("rate", "paymentMethodPaid", "totalPaid", "due", "amount", "paymentMethodFee")
PAYMENT_TEXTS = ("id", "value", "fee", "status", "destination")


class UnreadableData(ShopError):
    """A field that is missing or of another type than the plugin's getters declare."""


def payment_meta(answer: Any) -> dict[str, str]:
    """Order meta, name to value, from an invoice's payment methods. Raises UnreadableData."""
    if not isinstance(answer, list):
        raise UnreadableData("the payment methods are no list")
    meta: dict[str, str] = {}
    for entry in answer:
        method = _text(entry, "paymentMethodId")
        values = {name: _text(entry, name) for name in TEXTS}
        if float(values["paymentMethodPaid"]) <= 0:
            continue
        begins = f"BTCPay_{method}"
        meta |= {
            f"{begins}_total_paid": values["totalPaid"],
            f"{begins}_total_amount": values["amount"],
            f"{begins}_total_due": values["due"],
            f"{begins}_total_fee": values["paymentMethodFee"],
            f"{begins}_rate": values["rate"],
        }
        for number, payment in enumerate(entry["payments"]):
            meta |= _payment(f"{begins}_{number}", payment)
    return meta


def _payment(begins: str, payment: dict[str, Any]) -> dict[str, str]:
    values = {name: _text(payment, name) for name in PAYMENT_TEXTS}
    received = payment.get("receivedDate")
    if not isinstance(received, int) or isinstance(received, bool):
        raise UnreadableData(f"receivedDate is {received!r}")
    return {
        f"{begins}_id": values["id"].partition("-")[0],
        f"{begins}_timestamp": str(received),
        f"{begins}_destination": values["destination"],
        f"{begins}_amount": values["value"],
        f"{begins}_status": values["status"],
        f"{begins}_networkFee": values["fee"],
    }


def _text(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(value, str):
        raise UnreadableData(f"{name} is {value!r}")
    return value
