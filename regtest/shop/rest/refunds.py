"""Refunds over REST: what is written down in the shop, whatever became of the money."""

from decimal import Decimal, InvalidOperation
from typing import Any

from regtest.shop.orders import Order
from regtest.shop.rest.exchange import RestAnswer, RestRequest
from regtest.shop.rest.order_json import local
from regtest.shop.rest.parameters import zone_of
from regtest.shop.rest.reading import found
from regtest.shop.rest.site import ORDERS, Site, flag_of, text_of, wanted


def add(site: Site, request: RestRequest, order_id: str) -> RestAnswer:
    """A refund; the gateway is asked unless `api_refund` says no, and no Bitcoin gateway can do it."""
    body = wanted(request)
    order = found(site, order_id)
    amount = text_of(body, "amount") or "0"
    if not _is_possible(site, order, amount):
        return _refused("Invalid refund amount.")
    if flag_of({"api_refund": True, **body}, "api_refund"):
        return _refused("The gateway cannot refund this payment by itself.")
    reason = text_of(body, "reason") or ""
    kind = "full" if Decimal(amount) == site.orders.refundable(order) else "partial"
    refund_id = refund(site, order, amount, reason)
    second = site.now().strftime("%Y-%m-%dT%H:%M:%S")
    written: dict[str, Any] = {
        "id": refund_id,
        "date_created": local(second, zone_of(site.options)),
        "date_created_gmt": second,
        "amount": amount,
        "reason": reason,
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [{"id": refund_id, "key": "_refund_type", "value": kind}],
        "line_items": [],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
    }
    place = f"{site.root(request.is_https)}{ORDERS}/(?P<order_id>[\\d]+)/refunds/{refund_id}"  # WordPress' own slip
    return RestAnswer(201, written, {"Location": place})


def several(site: Site, request: RestRequest, order_id: str) -> RestAnswer:
    """The refunds of an order, the newest first."""
    refunds = site.orders.refunds(found(site, order_id).id)
    return RestAnswer(200, [{name: one[name] for name in ("id", "amount", "reason")} for one in reversed(refunds)])


def refund(site: Site, order: Order, amount: str, reason: str) -> int:
    """Write a refund down: the total stays as it is, and a refund of all that is left makes the order refunded."""
    is_all = site.orders.refundable(order) == Decimal(amount)
    refund_id = site.orders.add_refund(order.id, amount, reason)
    if is_all:
        site.orders.move(order.id, "refunded")
    else:
        site.orders.mail(order.id, "customer", "Partially refunded order")
        site.orders.write(order.id)
    return refund_id


def _is_possible(site: Site, order: Order, amount: str) -> bool:
    try:
        return 0 < Decimal(amount) <= site.orders.refundable(order)
    except InvalidOperation:
        return False


def _refused(words: str) -> RestAnswer:
    """Its data is a bare number, unlike everywhere else."""
    return RestAnswer(500, {"code": "woocommerce_rest_cannot_create_order_refund", "message": words, "data": 500})
