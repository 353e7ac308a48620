"""An order as WooCommerce writes it."""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from regtest.shop import transitions
from regtest.shop.goods import DOWNLOADS, PRODUCTS
from regtest.shop.options import Options
from regtest.shop.order import Order
from regtest.shop.rest.parameters import zone_of

VERSION = "11.0.1"
WORDPRESS = "7.1.4"
BILLING = {
    "first_name": "Ann",
    "last_name": "Buyer",
    "company": "",
    "address_1": "Hauptstr. 5",
    "address_2": "2. OG",
    "city": "Berlin",
    "state": "DE-BE",
    "postcode": "10115",
    "country": "DE",
    "email": "ann@example.com",
    "phone": "+49301234",
}
SHIPPING = {name: "" for name in BILLING if name != "email"}
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF", "JPY": "¥", "BTC": "₿"}


def order_json(order: Order, beside: dict[str, Any], options: Options, home: str) -> dict[str, Any]:
    """All fields in WooCommerce's order. `beside` has the order's `meta` and `refunds` as JSON."""
    zone, zero = zone_of(options), money(Decimal(0), options)
    created = order.created_at[:19]
    return {
        "id": order.id,
        "parent_id": 0,
        "status": order.status,
        "currency": order.currency,
        "version": VERSION,
        "prices_include_tax": False,
        "date_created": local(created, zone),
        "date_modified": local(order.modified_at, zone),
        "discount_total": zero,
        "discount_tax": zero,
        "shipping_total": zero,
        "shipping_tax": zero,
        "cart_tax": zero,
        "total": money(Decimal(order.total or 0), options),
        "total_tax": zero,
        "customer_id": 0,
        "order_key": order.key,
        "billing": BILLING,
        "shipping": SHIPPING,
        "payment_method": order.gateway,
        "payment_method_title": order.gateway_title,
        "transaction_id": order.transaction_id,
        "customer_ip_address": "127.0.0.1",
        "customer_user_agent": "",
        "created_via": order.created_via,
        "customer_note": "",
        "date_completed": local(order.completed_at, zone),
        "date_paid": local(order.paid_at, zone),
        "cart_hash": "",
        "number": order.number,
        "meta_data": beside["meta"],
        "line_items": [_line(order, options)],
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": beside["refunds"],
        "payment_url": f"{home}/checkout/order-pay/{order.id}/?pay_for_order=true&key={order.key}",
        "is_editable": order.status in transitions.EDITABLE,
        "needs_payment": order.needs_payment,
        "needs_processing": not order.is_download,
        "date_created_gmt": created,
        "date_modified_gmt": order.modified_at,
        "date_completed_gmt": order.completed_at,
        "date_paid_gmt": order.paid_at,
        "currency_symbol": SYMBOLS.get(order.currency, order.currency),
    }


def _line(order: Order, options: Options) -> dict[str, Any]:
    zero, total = money(Decimal(0), options), money(Decimal(order.total or 0), options)
    reduced = {"key": "_reduced_stock", "value": str(order.stock_reduced)}
    shown = {"display_key": reduced["key"], "display_value": reduced["value"]}
    return {
        "id": order.id,
        "name": order.item,
        "product_id": product_id(order.product),
        "variation_id": 0,
        "quantity": order.quantity,
        "tax_class": "",
        "subtotal": total,
        "subtotal_tax": zero,
        "total": total,
        "total_tax": zero,
        "taxes": [],
        "meta_data": [{"id": order.id, **reduced, **shown}] if order.stock_reduced else [],
        "sku": order.product.upper(),
        "global_unique_id": "",
        "price": float(Decimal(order.total or 0) / order.quantity),  # a JSON number, there as well
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def product_id(code: str) -> int:
    """WooCommerce numbers its things together with its orders; here they lie below all orders."""
    codes = [product.code for product in (*PRODUCTS, *DOWNLOADS)]
    return 12 + codes.index(code)


def money(amount: Decimal, options: Options) -> str:
    """With the shop's decimals."""
    return f"{amount:.{options.decimals}f}"


def local(second: str | None, zone: tzinfo) -> str | None:
    """A UTC time in the shop's own, both without a zone."""
    if second is None:
        return None
    return datetime.fromisoformat(second).replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")


def links(url: str, collection: str, allow: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """What WordPress adds to each thing."""
    own = [{"href": url, "targetHints": {"allow": list(allow)}}]
    return {"self": own, "collection": [{"href": collection}], **more}
