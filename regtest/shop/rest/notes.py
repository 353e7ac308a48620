"""The notes of an order over REST."""

import re
from typing import Any

from regtest.shop.errors import NoSuchOrder
from regtest.shop.rest.exchange import RestAnswer, RestError, RestRequest, missing_parameter
from regtest.shop.rest.keys import Key
from regtest.shop.rest.order_json import links, local
from regtest.shop.rest.parameters import zone_of
from regtest.shop.rest.reading import found
from regtest.shop.rest.site import ORDERS, Site, flag_of, text_of, wanted

SCRIPT = re.compile(r"</?script[^>]*>", re.IGNORECASE)


def several(site: Site, request: RestRequest, order_id: str) -> RestAnswer:
    """The newest second first, but within one second the oldest first."""
    order = found(site, order_id, message="Invalid order ID.")
    notes = sorted(site.orders.all_notes(order.id), key=lambda note: str(note["at"])[:19], reverse=True)
    kind = request.query.get("type", "any")
    shown = [note for note in notes if kind == "any" or bool(note["customer"]) == (kind == "customer")]
    return RestAnswer(200, [_as_json(site, request, note) for note in shown])


def one(site: Site, request: RestRequest, order_id: str, note_id: str) -> RestAnswer:
    """One note."""
    order = found(site, order_id, message="Invalid order ID.")
    note = next((note for note in site.orders.all_notes(order.id) if note["id"] == int(note_id)), None)
    if note is None:
        raise RestError(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")
    return RestAnswer(200, _as_json(site, request, note))


def add(site: Site, request: RestRequest, order_id: str, key: Key) -> RestAnswer:
    """A new note; one that is the same as another is another all the same."""
    body = wanted(request)
    text = text_of(body, "note")
    if text is None:
        raise missing_parameter("note")
    try:
        order = site.orders.get(int(order_id))
    except NoSuchOrder:
        raise RestError(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.") from None
    customer = flag_of(body, "customer_note")
    author = {"author": key.owner} if flag_of(body, "added_by_user") else {}
    note_id = site.orders.note(order.id, SCRIPT.sub("", text), customer=customer, **author)
    if customer:
        site.orders.mail(order.id, "customer", "Customer note")
    place = f"{site.root(request.is_https)}{ORDERS}/{order.id}/notes/{note_id}"
    return RestAnswer(201, one(site, request, order_id, str(note_id)).body, {"Location": place})


def _as_json(site: Site, request: RestRequest, note: dict[str, Any]) -> dict[str, Any]:
    order_url = f"{site.root(request.is_https)}{ORDERS}/{note['order_id']}"
    second = str(note["at"])[:19]
    own = f"{order_url}/notes/{note['id']}"
    return {
        "id": note["id"],
        "author": note["author"],
        "date_created": local(second, zone_of(site.options)),
        "date_created_gmt": second,
        "note": note["text"],
        "customer_note": bool(note["customer"]),
        "_links": links(own, f"{order_url}/notes", ("GET", "DELETE"), up=[{"href": order_url}]),
    }
