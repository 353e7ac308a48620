"""What a webhook does to an order (plugin contract B4). The body is believed once its signature fits.

Nothing is remembered between two deliveries: one that is repeated acts again.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from regtest.shop.errors import BadIpn, ShopError
from regtest.shop.greenfield.client import GreenfieldClient
from regtest.shop.greenfield.connection import Connection
from regtest.shop.greenfield.methods import GATEWAY
from regtest.shop.greenfield.payment_data import payment_meta
from regtest.shop.inbox import Inbox
from regtest.shop.orders import Order, Orders

HANDLED = "-1"
PAID = ("processing", "completed")
AFTER_EXPIRY = ("cancelled", "failed")
"""The states that mean Expired and ExpiredPaidPartial in the plugin's default mapping."""
WITH_PAYMENTS = ("InvoiceReceivedPayment", "InvoicePaymentSettled", "InvoiceSettled")


@dataclass(frozen=True)
class Delivery:
    """The fields that the plugin reads; flags are JSON booleans."""

    type: str
    invoice_id: str
    fields: dict[str, Any]

    def flag(self, name: str) -> bool:
        """Whether a flag is set; missing counts as not."""
        return self.fields.get(name) is True


class Webhooks:
    """The endpoint behind the registered URL."""

    def __init__(self, orders: Orders, inbox: Inbox) -> None:
        self._orders = orders
        self._inbox = inbox

    def receive(self, settings: Connection, number: int, body: bytes, signature: str) -> tuple[int, str]:
        """Handle the delivery recorded under `number`; returns status and body of the answer.

        WordPress ends with 500 what it refuses, so a refusal is tried again by the server.
        """
        try:
            said = self._handle(settings, number, body, signature)
        except ShopError as error:
            return 500, json.dumps({"code": "wp_die", "message": str(error)})
        return 200, said

    def note(self, number: int, body: bytes) -> Delivery | None:
        """Record what a delivery is about, as far as it can be told; None for what is no JSON object with a type."""
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(fields, dict) or not isinstance(fields.get("type"), str):
            return None
        invoice_id = fields.get("invoiceId")
        found = self._orders.waiting_for(invoice_id) if isinstance(invoice_id, str) else []
        self._inbox.delivery_read(
            number, fields["type"], None if invoice_id is None else str(invoice_id), found[0].id if found else None
        )
        return Delivery(fields["type"], str(invoice_id or ""), fields)

    def _handle(self, settings: Connection, number: int, body: bytes, signature: str) -> str:
        delivery = self.note(number, body)
        if not body:
            return HANDLED
        if settings.webhook_secret is None or not is_signed(settings.webhook_secret, body, signature):
            raise BadIpn("the signature does not fit the webhook's secret")
        if delivery is None:
            return HANDLED
        if not delivery.invoice_id:
            raise BadIpn("the delivery has no invoiceId")
        found = self._orders.waiting_for(delivery.invoice_id)
        if not found:
            return json.dumps({"message": "no order waits for this invoice"})
        if len(found) > 1:
            raise BadIpn(f"{len(found)} orders wait for invoice {delivery.invoice_id}")
        if not found[0].gateway.startswith(GATEWAY):
            return json.dumps({"success": True})
        self._apply(settings, found[0], delivery)
        return HANDLED

    def _apply(self, settings: Connection, order: Order, delivery: Delivery) -> None:
        if settings.protect and order.status in PAID:
            self._orders.move(order.id, None, f"{delivery.type} came, but the order is {order.status}: left alone.")
            return
        client = GreenfieldClient(settings.server, settings.api_key)
        steps = {
            "InvoiceReceivedPayment": self._received,
            "InvoiceProcessing": self._processing,
            "InvoiceSettled": self._settled,
            "InvoiceExpired": self._expired,
            "InvoiceInvalid": self._invalid,
        }
        if delivery.type == "InvoicePaymentSettled":
            self._payment_settled(order, settings, client)
        elif delivery.type in steps:
            steps[delivery.type](order, delivery)
        if delivery.type in WITH_PAYMENTS:
            self._write_payments(order, settings, client)

    def _received(self, order: Order, delivery: Delivery) -> None:
        if delivery.flag("afterExpiration"):
            self._orders.move(order.id, "failed", "A payment is coming in after the invoice had expired.")
        else:
            self._orders.move(order.id, None, "A payment is coming in; waiting for it to settle.")

    def _processing(self, order: Order, delivery: Delivery) -> None:
        over = " and overpaid" if delivery.flag("overPaid") else ""
        self._orders.move(order.id, "on-hold", f"The invoice is paid in full{over}; waiting for it to settle.")

    def _settled(self, order: Order, delivery: Delivery) -> None:
        over = delivery.flag("overPaid")
        words = "The invoice is settled, and was overpaid." if over else "The invoice is settled."
        self._orders.complete_payment(order.id, words)
        if over:
            self._orders.move(order.id, "processing")

    def _expired(self, order: Order, delivery: Delivery) -> None:
        if delivery.flag("partiallyPaid"):
            self._orders.move(order.id, "failed", "The invoice expired after a part of it was paid; please check.")
        else:
            self._orders.move(order.id, "cancelled", "The invoice expired.")

    def _invalid(self, order: Order, delivery: Delivery) -> None:
        by_hand = delivery.flag("manuallyMarked")
        self._orders.move(order.id, "failed", f"The invoice {'was marked' if by_hand else 'became'} invalid.")

    def _payment_settled(self, order: Order, settings: Connection, client: GreenfieldClient) -> None:
        if order.status not in AFTER_EXPIRY:
            self._orders.move(order.id, None, "A payment settled.")
        elif _is_fully_paid(order, settings, client):
            self._orders.move(order.id, "processing", "Paid in full after the invoice had expired; please check.")
        else:
            self._orders.move(order.id, "failed", "A payment settled, but the invoice did not.")

    def _write_payments(self, order: Order, settings: Connection, client: GreenfieldClient) -> None:
        """Any error is swallowed: the order is not touched by it. It is kept for those who look."""
        try:
            answer = client.invoice_payment_methods(settings.store_id, order.invoice_id)
            self._orders.set_meta(order.id, payment_meta(answer))
        except ShopError as error:
            self._orders.set_meta(order.id, {"log": f"payments were not written down: {error}"})


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """`sha256=` and lower-case hex, nothing else."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def _is_fully_paid(order: Order, settings: Connection, client: GreenfieldClient) -> bool:
    try:
        invoice = client.invoice(settings.store_id, order.invoice_id)
        return bool(invoice["status"] == "Settled" or invoice["additionalStatus"] == "PaidLate")
    except (ShopError, LookupError, TypeError):
        return False
