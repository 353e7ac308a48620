"""What a PUT does to an order: whatever it is asked. Nothing is compared first, and nothing is protected."""

import time
from decimal import Decimal
from typing import Any

from regtest.shop import transitions
from regtest.shop.gateways import title_of
from regtest.shop.goods import DOWNLOADS, PRODUCTS, Product
from regtest.shop.orders import NewOrder, Order
from regtest.shop.rest.exchange import RestAnswer, RestError, RestRequest, invalid_parameter
from regtest.shop.rest.order_json import product_id
from regtest.shop.rest.parameters import STATUSES, is_one_of
from regtest.shop.rest.reading import as_json, found
from regtest.shop.rest.site import ORDERS, Site, flag_of, text_of, wanted

TRASH_META = ("_wp_trash_meta_status", "_wp_trash_meta_time")
MOST_IN_A_BATCH = 100


def put(site: Site, request: RestRequest, order_id: str) -> RestAnswer:
    """PUT, PATCH and POST of one order. Raises RestError before anything is changed."""
    body = wanted(request)
    _require_status(site, body)
    flag_of(body, "set_paid")
    order = found(site, order_id, 400, "ID is invalid.")
    update(site, order, body)
    return RestAnswer(200, as_json(site, request, site.orders.get(order.id)))


def update(site: Site, order: Order, body: dict[str, Any]) -> None:
    """Carry out what the body asks for, on the order as it was read before."""
    time.sleep(site.options.save_gap_ms / 1000)
    columns = {name: text_of(body, name) for name in ("transaction_id", "payment_method", "payment_method_title")}
    status = text_of(body, "status")
    if status is not None and status != order.status:
        site.orders.carry_out(order, site.orders.change(order, status))
        site.orders.drop_meta(order.id, *(TRASH_META if order.status == "trash" else ()))
    elif status is None and flag_of(body, "set_paid") and order.needs_payment:
        _pay(site, order, columns["transaction_id"] or "")
    for column, name in (("transaction_id", "transaction_id"), ("gateway", "payment_method")):
        if columns[name] is not None:
            site.orders.write(order.id, **{column: columns[name]})
    if columns["payment_method_title"] is not None:
        site.orders.write(order.id, gateway_title=columns["payment_method_title"])
    _set_meta(site, order, body.get("meta_data"))
    site.orders.write(order.id)


def create(site: Site, request: RestRequest) -> RestAnswer:
    """POST of an order with the first thing that it names; a total of nothing without one."""
    body = wanted(request)
    _require_status(site, body)
    lines = body.get("line_items") or [{}]
    sold = _product(lines[0].get("product_id"))
    quantity = int(lines[0].get("quantity", 1))
    gateway = text_of(body, "payment_method") or ""
    status = text_of(body, "status") or "pending"
    begins = "pending" if status in transitions.TAKES_STOCK else status
    order = site.orders.place(
        NewOrder(
            item=sold.name if sold else "",
            total=format(sold.price * quantity if sold else Decimal(0), "f"),
            currency=text_of(body, "currency") or site.options.currency,
            overrides={},
            gateway=gateway,
            product=sold.code if sold else "mug",
            quantity=quantity,
            created_via="rest-api",
            status=begins,
        )
    )
    site.orders.write(order.id, gateway_title=text_of(body, "payment_method_title") or title_of(gateway))
    if status != begins:
        site.orders.carry_out(order, site.orders.change(order, status))
    if flag_of(body, "set_paid"):
        _pay(site, site.orders.get(order.id), text_of(body, "transaction_id") or "")
    place = {"Location": f"{site.root(request.is_https)}{ORDERS}/{order.id}"}
    return RestAnswer(201, as_json(site, request, site.orders.get(order.id)), place)


def delete(site: Site, request: RestRequest, order_id: str) -> RestAnswer:
    """Into the trash, or with `force` for good; the answer shows the order as it was."""
    order = found(site, order_id)
    body = as_json(site, request, order)
    if request.query.get("force") in ("true", "1"):
        site.orders.remove(order.id)
        return RestAnswer(200, body)
    if order.status == "trash":
        raise RestError(410, "woocommerce_rest_already_trashed", "The shop_order has already been deleted.")
    trash(site, order)
    return RestAnswer(200, body)


def trash(site: Site, order: Order) -> None:
    """Where WordPress keeps things for a month."""
    site.orders.write(order.id, status="trash")
    values = (f"wc-{order.status}", str(int(site.now().timestamp())))
    site.orders.set_meta(order.id, dict(zip(TRASH_META, values, strict=True)))
    site.orders.tell("deleted", order.id)


def untrash(site: Site, order: Order) -> None:
    """Out of the trash, as it was."""
    before = site.orders.meta(order.id).get(TRASH_META[0], "wc-pending").removeprefix("wc-")
    site.orders.write(order.id, status=before)
    site.orders.drop_meta(order.id, *TRASH_META)
    site.orders.tell("restored", order.id)


def batch(site: Site, request: RestRequest) -> RestAnswer:
    """Updates of many orders; a fault of one is its own affair, and a status that does not exist is no fault."""
    asked = wanted(request).get("update", [])
    if len(asked) > MOST_IN_A_BATCH:
        words = f"Unable to accept more than {MOST_IN_A_BATCH} items for this request."
        raise RestError(413, "woocommerce_rest_request_entity_too_large", words)
    return RestAnswer(200, {"update": [_one_of_many(site, request, one) for one in asked]})


def _one_of_many(site: Site, request: RestRequest, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        order = found(site, str(int(asked.get("id", 0))), 400, "ID is invalid.")
        known = asked.get("status") in (*STATUSES, *site.options.statuses)
        update(site, order, asked if known else {name: asked[name] for name in asked if name != "status"})
        return as_json(site, request, site.orders.get(order.id))
    except RestError as error:
        return {"id": asked.get("id"), "error": error.body()}


def _require_status(site: Site, body: dict[str, Any]) -> None:
    allowed = ("auto-draft", *STATUSES[:-1], *site.options.statuses, STATUSES[-1])
    status = text_of(body, "status")
    if status is not None and status not in allowed:
        raise invalid_parameter("status", is_one_of("status", allowed), "rest_not_in_enum")


def _pay(site: Site, order: Order, transaction_id: str) -> None:
    told = f" ({transaction_id})" if transaction_id else ""
    remark = f"Payment via {order.gateway_title}{told}."
    change = site.orders.change(order, transitions.paid_status(not order.is_download), remark)
    site.orders.carry_out(order, change)


def _set_meta(site: Site, order: Order, asked: object) -> None:
    """Texts by key; null forgets one."""
    if not isinstance(asked, list):
        return
    entries = [entry for entry in asked if isinstance(entry, dict) and isinstance(entry.get("key"), str)]
    texts = {entry["key"]: entry["value"] for entry in entries if isinstance(entry.get("value"), str)}
    site.orders.set_meta(order.id, texts)
    site.orders.drop_meta(order.id, *(entry["key"] for entry in entries if entry.get("value") is None))


def _product(asked: object) -> Product | None:
    return next((product for product in (*PRODUCTS, *DOWNLOADS) if product_id(product.code) == asked), None)
