"""A bench for webhooks: shops that check signatures as the plugin does, and events that happen to invoices."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from sqlalchemy import select

from app.db.models import Delivery, Invoice, Webhook
from app.db.queries import reading
from app.db.session import assessing_change
from app.domain.events import Event, EventType
from app.domain.ids import new_id
from app.domain.webhooks import Subscription, WebhookTerms
from app.usecases.create_webhook import create_webhook
from app.usecases.redeliver import redeliver
from app.usecases.refresh_invoice import record_event
from app.usecases.supersede_overtaken import supersede_overtaken
from tests.integration.delivery_bench import Bench, Shop, bare_invoice


@dataclass
class Sent:
    """One delivery as it arrived, and the signature it bore."""

    path: str
    raw: bytes
    signature: str

    @property
    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.raw)
        return told

    @property
    def type(self) -> str:
        return str(self.body["type"])

    def is_signed_with(self, secret: str) -> bool:
        expected = hmac.new(secret.encode(), self.raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest(self.signature, f"sha256={expected}")


class PluginShop(Shop):
    """Answers 500 to what is not signed with the secret it has for the path, as WordPress does."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        self.secrets: dict[str, str] = {}

    def take(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        sent = Sent(handler.path, body.encode(), handler.headers.get("BTCPay-Sig", ""))
        self.sent.append(sent)
        secret = self.secrets.get(handler.path)
        if secret is not None:
            self.statuses[handler.path] = 200 if sent.is_signed_with(secret) else 500
        super().take(handler, body)

    def types(self, path: str) -> list[str]:
        return [sent.type for sent in self.sent if sent.path == path]


class WebhookBench(Bench):
    """Bench with webhooks in the place of IPN targets."""

    def webhook(self, url: str, *types: str, by_hand: bool = False, **terms: Any) -> tuple[str, str]:
        """(id, secret) of a new webhook for these types, or for everything."""
        wanted = WebhookTerms(url, Subscription(not types, types), **terms)
        with self.app.app_context():
            webhook_id = create_webhook("store", wanted, self.clock.now(), by_hand=by_hand)
            return webhook_id, reading().get_one(Webhook, webhook_id).secret

    def happen(self, *kinds: EventType, invoice: str | None = None, metadata: dict[str, Any] | None = None) -> str:
        """Let these happen to the invoice, or to a new one. Returns its id."""
        now = self.clock.now()
        with self.app.app_context(), assessing_change() as session:
            if invoice is None:
                row = bare_invoice(new_id(), now)
                row.metadata_ = metadata
                session.add(row)
                session.flush()
            else:
                row = session.get_one(Invoice, invoice)
            for kind in kinds:
                record_event(session, row, Event(kind), now)
            invoice = row.id
        self.pool.wake()
        return invoice

    def reasons(self, invoice: str) -> list[tuple[str, str | None]]:
        """(state, reason) of an invoice's deliveries, oldest first."""
        with self.app.app_context():
            rows = reading().scalars(select(Delivery).where(Delivery.invoice_id == invoice).order_by(Delivery.id))
            return [(row.state, row.reason) for row in rows]

    def bodies(self, invoice: str) -> list[bool]:
        """Is what an invoice's deliveries say still kept?"""
        with self.app.app_context():
            rows = reading().scalars(select(Delivery).where(Delivery.invoice_id == invoice).order_by(Delivery.id))
            return [row.content is not None for row in rows]

    def supersede(self) -> int:
        """What the worker does every half minute."""
        with self.app.app_context():
            return supersede_overtaken(self.clock.now())

    def redeliver(self, webhook_id: str, attempt_id: str) -> str:
        """Ask for a redelivery, as a merchant does."""
        with self.app.app_context():
            promised = redeliver(webhook_id, attempt_id, self.clock.now())
        self.pool.wake()
        return promised

    def all_are(self, invoice: str, *states: str) -> Callable[[], bool]:
        return lambda: [state for state, _ in self.reasons(invoice)] == list(states)
