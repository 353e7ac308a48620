"""What the plugin does with a notification: check it, fetch the invoice, and act on what the server says *now*.

The notification's own status is never believed, so a forged one is harmless. Nothing is remembered between two of
them: each plain one applies the present status once more, notes included.
"""

import json
from dataclasses import dataclass
from typing import Any

from regtest.shop.errors import BadIpn, ShopError
from regtest.shop.inbox import Inbox
from regtest.shop.orders import BITPAY, LARGEST_ID, Order, Orders
from regtest.shop.till import Till

PLAIN = {
    "paid": ("on-hold", "Bitcoin payment seen; waiting for the network's confirmations."),
    "confirmed": ("processing", "Bitcoin payment confirmed; waiting for the payment to be completed."),
    "complete": ("processing", "Bitcoin payment completed and credited."),
    "invalid": ("failed", "Bitcoin payment invalid: the network did not confirm it."),
    "expired": ("cancelled", "Bitcoin payment expired: the invoice was not paid in time."),
}
"""Plain notification: invoice status as fetched -> order status and note. Any other status changes nothing."""

EXTENDED = {
    1009: ("failed", "A payment arrived late, after the invoice had expired."),
    2000: ("failed", "The invoice expired after only a part of it was paid."),
}
"""Extended notification: event code -> order status and note. Any other code changes nothing."""

HANDLED = "-1"


@dataclass(frozen=True)
class Notification:
    """What could be read from a body; `code` is the event's if it is an integer."""

    kind: str
    code: int | None
    fields: dict[str, Any]

    @property
    def invoice_id(self) -> str | None:
        """The invoice's id as far as there is one."""
        found = self.fields.get("id")
        return str(found).encode(errors="replace").decode() if found else None  # half a character cannot be stored

    @property
    def order_id(self) -> int | None:
        """The order's id from posData → WooCommerce → Order ID, None if that path is broken anywhere."""
        try:
            found = int(json.loads(self.fields["posData"])["WooCommerce"]["Order ID"])
        except (LookupError, TypeError, ValueError, OverflowError, RecursionError):
            return None
        return found if abs(found) <= LARGEST_ID else None


def receive(till: Till, number: int, text: str) -> tuple[int, str]:
    """Handle the notification recorded under `number`; returns the status and body of the answer."""
    fetched = None
    try:
        notification = note(till.inbox, number, text)
        order = _order_of(till.orders, notification)
        if order is not None:
            fetched = str(till.client.fetch_invoice(order.invoice_id).get("status"))
            _apply(till.orders, order, notification, fetched)
    except ShopError as error:
        till.inbox.ipn_answered(number, 500, fetched, str(error))
        return 500, json.dumps({"error": str(error)})
    till.inbox.ipn_answered(number, 200, fetched)
    return 200, HANDLED


def note(inbox: Inbox, number: int, text: str) -> Notification:
    """Read a body and record what it is about. Raises BadIpn."""
    notification = read(text)
    inbox.ipn_read(number, notification.kind, notification.code, notification.invoice_id, notification.order_id)
    return notification


def read(text: str) -> Notification:
    """Tell the two shapes apart: extended has `event` and `data`, plain is the invoice itself. Raises BadIpn."""
    if not text:
        raise BadIpn("the notification is empty")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadIpn(f"the notification is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadIpn("the notification is no JSON object")
    if "event" not in body:
        return Notification("plain", None, body)
    event, data = body["event"], body.get("data")
    code = event.get("code") if isinstance(event, dict) else None
    # The plugin compares with ===.
    is_number = isinstance(code, int) and not isinstance(code, bool) and abs(code) <= LARGEST_ID
    return Notification("extended", code if is_number else None, data if isinstance(data, dict) else {})


def _order_of(orders: Orders, notification: Notification) -> Order | None:
    """The order it is for; None if that is not ours or has no invoice: the plugin answers politely. Raises BadIpn."""
    if notification.invoice_id is None:
        raise BadIpn("the notification has no id")
    if "url" not in notification.fields:
        raise BadIpn("the notification has no url")
    if notification.order_id is None:
        raise BadIpn("the notification's posData names no order")
    order = orders.get(notification.order_id)
    if not order.invoice_id or order.gateway != BITPAY:
        return None
    if order.invoice_id != notification.invoice_id:
        raise BadIpn(f"order {order.id} waits for invoice {order.invoice_id}, not for {notification.invoice_id}")
    return order


def _apply(orders: Orders, order: Order, notification: Notification, status: str) -> None:
    """Move the order by the table of the notification's shape."""
    if notification.kind == "extended":
        change = EXTENDED.get(notification.code) if notification.code is not None else None
    else:
        change = PLAIN.get(status)
    if change is None:
        return
    to, note = change
    if status == "complete" and notification.kind == "plain":
        orders.complete_payment(order.id, note)
        orders.move(order.id, to)
    else:
        orders.move(order.id, to, note)
