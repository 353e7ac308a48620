"""One order, and lists of orders."""

import sqlite3
from decimal import Decimal
from math import ceil
from typing import Any

from regtest.shop.errors import NoSuchOrder
from regtest.shop.orders import Order
from regtest.shop.rest import parameters
from regtest.shop.rest.exchange import RestAnswer, RestRequest, invalid_order
from regtest.shop.rest.order_json import links, money, order_json
from regtest.shop.rest.parameters import Listing
from regtest.shop.rest.site import ORDERS, Site

COLUMNS = {"date": "created_at", "modified": "modified_at", "id": "id"}
ALLOWED = ("GET", "POST", "PUT", "PATCH", "DELETE")


def one(site: Site, request: RestRequest, order_id: str) -> RestAnswer:
    """GET of one order; in whatever status, the trash included."""
    return RestAnswer(200, as_json(site, request, found(site, order_id)))


def found(site: Site, order_id: str, status: int = 404, message: str = "Invalid ID.") -> Order:
    """The order. Raises RestError as told."""
    try:
        return site.orders.get(int(order_id))
    except NoSuchOrder:
        raise invalid_order(status, message) from None


def as_json(site: Site, request: RestRequest, order: Order) -> dict[str, Any]:
    """One order with its links."""
    with site.database.open() as db:
        beside = _beside(db, site, [order.id])
    return _with_links(site, request, order, beside)


def several(site: Site, request: RestRequest) -> RestAnswer:
    """GET of the list. Raises RestError for a parameter that is known but wrong."""
    wanted = parameters.listing(request.query, site.options)
    where, values = _conditions(wanted)
    column = COLUMNS.get(wanted.order_by, "created_at")
    direction = "ASC" if wanted.ascending else "DESC"
    with site.database.open() as db:
        total = int(db.execute(f"SELECT count(*) FROM orders WHERE {where}", values).fetchone()[0])  # noqa: S608
        rows = db.execute(
            f"SELECT * FROM orders WHERE {where} ORDER BY {column} {direction}, id {direction} LIMIT ? OFFSET ?",  # noqa: S608 - our own names
            (*values, wanted.per_page, wanted.offset),
        ).fetchall()
        orders = [Order(**dict(row)) for row in rows]
        beside = _beside(db, site, [order.id for order in orders])
    body = [_with_links(site, request, order, beside) for order in orders]
    pages = ceil(total / wanted.per_page)
    if wanted.page > max(pages, 1):
        total = pages = 0
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    if neighbours := _neighbours(site, request, wanted, pages):
        headers["Link"] = neighbours
    return RestAnswer(200, body, headers)


def _with_links(site: Site, request: RestRequest, order: Order, beside: dict[int, dict[str, Any]]) -> dict[str, Any]:
    written = order_json(order, beside[order.id], site.options, site.home(request.is_https))
    collection = f"{site.root(request.is_https)}{ORDERS}"
    templates = {"embeddable": True, "href": f"{collection}/{order.id}/actions/email_templates"}
    more = links(f"{collection}/{order.id}", collection, ALLOWED, email_templates=[templates])
    return {**written, "_links": more}


def _conditions(wanted: Listing) -> tuple[str, list[str | int]]:
    marks = ", ".join("?" for _ in wanted.statuses)
    conditions, values = [f"status IN ({marks})"], list[str | int](wanted.statuses)
    if wanted.include is not None:
        conditions.append(f"id IN ({', '.join('?' for _ in wanted.include)})")
        values += wanted.include
    for column, comparison, moment in wanted.moments:
        conditions.append(f"{column} {comparison} ?")
        values.append(moment)
    if wanted.search:
        conditions.append("(CAST(id AS TEXT) = ? OR ? = 'ann@example.com')")
        values += [wanted.search, wanted.search]
    return " AND ".join(conditions), values


def _beside(db: sqlite3.Connection, site: Site, order_ids: list[int]) -> dict[int, dict[str, Any]]:
    """What else belongs into the JSON of each order, with two queries for all of them."""
    told: dict[int, dict[str, Any]] = {order_id: {"meta": [], "refunds": []} for order_id in order_ids}
    marks = ", ".join("?" for _ in order_ids)
    for row in db.execute(f"SELECT rowid, * FROM meta WHERE order_id IN ({marks}) ORDER BY lower(name)", order_ids):  # noqa: S608
        told[row["order_id"]]["meta"].append({"id": row["rowid"], "key": row["name"], "value": row["value"]})
    zero = money(Decimal(0), site.options)
    for row in db.execute(f"SELECT * FROM refunds WHERE order_id IN ({marks}) ORDER BY id", order_ids):  # noqa: S608
        total = money(-Decimal(row["amount"]), site.options)
        told[row["order_id"]]["refunds"].append(
            {"id": row["id"], "reason": row["reason"], "total": total, "total_tax": zero}
        )
    return told


def _neighbours(site: Site, request: RestRequest, wanted: Listing, pages: int) -> str:
    """The Link header of a list that has more pages. It repeats the query, secrets included, as WordPress does."""
    told = []
    if wanted.page > 1:
        told.append((min(wanted.page - 1, max(pages, 0)), "prev"))
    if wanted.page < pages:
        told.append((wanted.page + 1, "next"))
    asked = [part for part in request.query_text.split("&") if part and not part.startswith("page=")]
    address = f"{site.home(request.is_https)}/{request.address.lstrip('/')}"
    return ", ".join(f'<{address}?{"&".join([*asked, f"page={page}"])}>; rel="{which}"' for page, which in told)
