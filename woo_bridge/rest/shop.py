"""A shop's orders over the WooCommerce REST API. Every method is one try; what goes wrong is a ShopTrouble."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from app.domain.exact_json import dumps
from app.domain.shop_notes import Note, read_note
from app.domain.shop_order import FIELDS, OrderGone, ShopOrder, read_order
from app.domain.shop_stock import Stock, read_stock
from app.errors import BadInput
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.address import NAMESPACE, Auth, ShopAddress, ShopKey
from woo_bridge.rest.line import Line, Reply
from woo_bridge.rest.oauth import authorization
from woo_bridge.rest.replies import GONE, json_of

PAGE_SIZE = 100
T = TypeVar("T")
OF_ORDER = ",".join(FIELDS)
OF_PRODUCT = "id,stock_quantity,stock_status,backorders"


@dataclass(frozen=True)
class Page:
    """Some orders, whether a next page has more, and the time of the answer by the shop's clock."""

    orders: Sequence[ShopOrder]
    has_more: bool
    told_at: datetime | None = None


class Shop:
    """One shop. `now` is the machine's time: OAuth signs it, and a test's clock would be refused."""

    def __init__(self, address: ShopAddress, key: ShopKey, line: Line, now: Callable[[], datetime]) -> None:
        self.address = address
        self._key = key
        self._line = line
        self._now = now

    def order(self, order_id: int) -> ShopOrder | OrderGone:
        """The order as it is now, or the shop's word that there is none."""
        return self._order("GET", order_id, None)

    def put_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        """Change an order and return it as the shop tells it afterwards: compare that with what was wanted."""
        return self._order("PUT", order_id, body)

    def post_order(self, order_id: int, body: dict[str, Any]) -> ShopOrder | OrderGone:
        """The same, for hosts that let no PUT through: WooCommerce takes both alike."""
        return self._order("POST", order_id, body)

    def notes(self, order_id: int) -> list[Note]:
        """All notes of an order, oldest first; empty when the order is gone."""
        try:
            found = self.ask("GET", f"/orders/{order_id}/notes")
        except ShopTrouble as trouble:
            if trouble.code in GONE:
                return []
            raise
        return sorted((read(read_note, each) for each in listed(found)), key=lambda note: note.id)

    def add_note(self, order_id: int, text: str) -> int:
        """Write a private note; returns its id. Nothing keeps the shop from having it twice: read the notes before."""
        made = self.ask("POST", f"/orders/{order_id}/notes", {"_fields": "id"}, {"note": text})
        return number(made, "id")

    def orders_modified_after(self, moment: datetime, beyond: int = 0, most: int = PAGE_SIZE) -> Page:
        """Orders whose time of change is later than that second, oldest change first, but for so many at the beginning.

        `most` of them at once. Trashed orders and drafts are not among them.
        """
        after = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()
        asked = {"modified_after": after, "dates_are_gmt": "true", "orderby": "modified", "order": "asc"}
        return self._page({**asked, "per_page": str(most), "offset": str(beyond)}, beyond)

    def orders(self, ids: Iterable[int]) -> list[ShopOrder]:
        """Those of at most 100 orders that the shop lists. A missing one need not be deleted: ask for it alone."""
        wanted = ",".join(str(order_id) for order_id in ids)
        if not wanted:
            return []
        return list(self._page({"include": wanted, "per_page": str(PAGE_SIZE)}, 0).orders)

    def stocks(self, product_ids: Iterable[int]) -> list[Stock]:
        """What is on the shelf of each product or variation, a call for each; one that is not known is left out."""
        found = []
        for product_id in dict.fromkeys(product_ids):
            with suppress_missing():
                found.append(read(read_stock, self.ask("GET", f"/products/{product_id}", {"_fields": OF_PRODUCT})))
        return found

    def ask(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None) -> Any:
        """The JSON of one call below /wc/v3. ShopTrouble."""
        return json_of(self.exchange(method, path, query, body), method)

    def exchange(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None) -> Reply:
        """One call below /wc/v3, whatever comes back. ShopTrouble only when nothing does."""
        route, asked = NAMESPACE + path, query or {}
        headers = {"Authorization": self._proof(method, route, asked)}
        sent = None if body is None else dumps(body).encode()
        if sent is not None:
            headers["Content-Type"] = "application/json"
        return self._line.ask(method, self.address.url(route, asked), headers, sent)

    def _proof(self, method: str, route: str, query: dict[str, str]) -> str:
        address, key = self.address, self._key
        if address.auth is Auth.BASIC:
            return "Basic " + b64encode(f"{key.consumer_key}:{key.consumer_secret}".encode()).decode()
        signed = address.signed_query(route, query)
        return authorization(method, address.signed_url(route), signed, key, self._now())

    def _order(self, method: str, order_id: int, body: dict[str, Any] | None) -> ShopOrder | OrderGone:
        try:
            found = self.ask(method, f"/orders/{order_id}", {"_fields": OF_ORDER}, body)
        except ShopTrouble as trouble:
            if trouble.code in GONE:
                return OrderGone(order_id)
            raise
        order = read(read_order, found)
        if order.id != order_id:
            raise odd(f"asked for order {order_id}, the shop answers with order {order.id}")
        return order

    def _page(self, query: dict[str, str], beyond: int) -> Page:
        reply = self.exchange("GET", "/orders", {**query, "_fields": OF_ORDER})
        told = listed(json_of(reply, "GET"))
        orders = list(_readable(told))
        total = reply.headers.get("x-wp-total", "")
        of = int(total) if total.isascii() and total.isdigit() and len(total) < 12 else None
        has_more = len(told) >= int(query["per_page"]) if of is None else beyond + len(told) < of and bool(told)
        return Page(orders, has_more, _time_of(reply.headers.get("date", "")))


def _time_of(date: str) -> datetime | None:
    """The Date header (RFC 9110, section 6.6.1) of an answer."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None


def _readable(told: Iterable[Any]) -> Iterator[ShopOrder]:
    """One that nobody understands is left out: asked for alone it says why, and the others need not wait for it."""
    for each in told:
        with suppress(BadInput):
            yield read_order(each)


@contextmanager
def suppress_missing() -> Iterator[None]:
    """Let pass that the shop has nothing under an id."""
    try:
        yield
    except ShopTrouble as trouble:
        if trouble.kind is not TroubleKind.NO_SUCH_THING:
            raise


def read(reader: Callable[[Any], T], body: Any) -> T:
    """What a reader makes of a part of an answer; what it refuses is the shop's trouble."""
    try:
        return reader(body)
    except BadInput as refused:
        raise odd(str(refused)) from None


def listed(body: Any) -> list[Any]:
    """A list, as the answer should be."""
    if not isinstance(body, list):
        raise odd("the shop answers with something else than a list")
    return body


def number(body: Any, field: str) -> int:
    """A whole number of an object."""
    value = body.get(field) if isinstance(body, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise odd(f"the shop's answer has no number {field}")
    return value


def odd(says: str) -> ShopTrouble:
    """JSON, and not what WooCommerce answers."""
    return ShopTrouble(TroubleKind.BAD_JSON, says, "see whether a plugin changes the answers of the REST API")
