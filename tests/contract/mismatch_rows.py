"""A store that is connected to its shop, and mismatches between its orders and its invoices."""

import json
from typing import Any

from flask import Flask

from app.db.models import BridgeAct, Invoice, Mismatch, Shop, WatchedOrder
from app.db.session import assessing_change, change
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import ShopOrder
from tests.contract.greenfield_client import Merchant
from tests.unit.bridge_facts import a_real_order

KEY = "wc_order_5tKqgjtkOdn4C"


def connect(app: Flask, store_id: str) -> None:
    """The store has a shop; nothing here ever asks it."""
    with app.app_context(), change() as session:
        now, url = app.extensions["sattle"].clock.now(), "https://shop.example/"
        session.add(
            Shop(
                store_id=store_id,
                home_url=url,
                root_url=url + "wp-json/",
                named_root_url=url + "wp-json/",
                auth="basic",
                plain_permalinks=False,
                sealed_key="sealed",
                key_ending="abc1234",
                name="A shop",
                connected_at=now,
            )
        )


def invoice_of_order(merchant: Merchant, order_id: int = 369, price: str = "12.34") -> str:
    """An invoice as the newer plugin asks for it."""
    order = {"Order ID": order_id, "Order Number": f"RE-{order_id}", "Plugin Version": "2.8.0"}
    body = {
        "amount": price,
        "currency": "EUR",
        "metadata": {"orderId": f"RE-{order_id}", "posData": json.dumps({"WooCommerce": order})},
        "checkout": {"redirectURL": f"https://shop.example/checkout/order-received/{order_id}/?key={KEY}"},
    }
    made = merchant.plugin().post(f"/stores/{merchant.store_id}/invoices", body)
    return str(made.get_json()["id"])


def disagree(
    app: Flask, invoice_id: str, kind: MismatchKind = MismatchKind.LATE, order: ShopOrder | None = None, **more: Any
) -> int:
    """Raise a mismatch about an order of the shop, seen as `order`. Returns its id."""
    with app.app_context(), change() as session:
        now, invoice = app.extensions["sattle"].clock.now(), session.get_one(Invoice, invoice_id)
        watched = session.get_one(WatchedOrder, invoice.watched_order_id)
        seen = order or a_real_order("pending", plugin_invoice_id=invoice_id)
        watched.last_seen, watched.last_looked_at, watched.state = seen.to_json(), now, "mismatch"
        evidence = {"order": seen.to_json(), "why": "the invoice is Expired, the order is pending"}
        columns = {"evidence": evidence, "opened_at": now, **more}
        row = Mismatch(
            store_id=invoice.store_id,
            watched_order_id=watched.id,
            invoice_id=invoice_id,
            kind=kind.value,
            **columns,
        )
        session.add(row)
        session.flush()
        return row.id


def act(app: Flask, invoice_id: str, says: str, outcome: str = "done") -> None:
    """Something the bridge did about the invoice."""
    with app.app_context(), change() as session:
        invoice, now = session.get_one(Invoice, invoice_id), app.extensions["sattle"].clock.now()
        watched = {"watched_order_id": invoice.watched_order_id, "invoice_id": invoice_id}
        columns = {"act": "write", "key": "on-hold", "began_at": now, "ended_at": now, "outcome": outcome, "says": says}
        session.add(BridgeAct(**watched, **columns))


def become(app: Flask, invoice_id: str, status: str, additional: str = "None") -> None:
    """The invoice's state, past the chain."""
    with app.app_context(), assessing_change() as session:
        row = session.get_one(Invoice, invoice_id)
        row.status, row.additional_status = status, additional
