"""WooCommerce's own webhooks: registered over REST, queued when an order changes, sent when the cron comes round."""

import base64
import hashlib
import hmac
import ipaddress
import secrets
import threading
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from regtest.shop import phpjson
from regtest.shop.errors import NoSuchOrder
from regtest.shop.rest.exchange import RestAnswer, RestError, RestRequest, missing_parameter
from regtest.shop.rest.order_json import VERSION, WORDPRESS, links, local
from regtest.shop.rest.parameters import zone_of
from regtest.shop.rest.reading import ALLOWED, as_json
from regtest.shop.rest.site import Site, text_of, wanted

HOOKS = {
    "order.created": ["woocommerce_new_order"],
    "order.updated": ["woocommerce_update_order", "woocommerce_order_refunded"],
    "order.deleted": ["wp_trash_post", "woocommerce_trash_order"],
    "order.restored": ["untrashed_post", "woocommerce_untrash_order"],
}
STATUSES = ("active", "paused", "disabled")
PLACE = "wc/v3/webhooks"
AGENT = f"WooCommerce/{VERSION} Hookshot (WordPress/{WORDPRESS})"
TIMEOUT_SECONDS = 60
MOST_FAILURES = 6
"""With one failure more in a row the webhook is disabled; the count stays."""

OPEN_PORTS = (80, 443, 8080)


def several(site: Site, request: RestRequest) -> RestAnswer:
    """The list; `status` narrows it."""
    status = request.query.get("status", "all")
    with site.database.open() as db:
        rows = [dict(row) for row in db.execute("SELECT * FROM webhooks ORDER BY id DESC")]
    shown = [_as_json(site, request, row) for row in rows if status in ("all", row["status"])]
    return RestAnswer(200, shown, {"X-WP-Total": str(len(shown)), "X-WP-TotalPages": "1" if shown else "0"})


def one(site: Site, request: RestRequest, webhook_id: str) -> RestAnswer:
    """One of them, never with its secret."""
    return RestAnswer(200, _as_json(site, request, _found(site, webhook_id)))


def add(site: Site, request: RestRequest) -> RestAnswer:
    """A new one, at whatever address; it is pinged at once."""
    body = wanted(request)
    topic, url = text_of(body, "topic") or "", text_of(body, "delivery_url")
    if url is None:
        raise missing_parameter("delivery_url")
    if topic not in HOOKS and not topic.startswith("action."):
        words = "Webhook topic is required and must be valid."
        raise RestError(400, "woocommerce_rest_shop_webhook_invalid_topic", words)
    if not url.startswith(("http://", "https://")):
        words = "Webhook delivery URL must be a valid URL starting with http:// or https://."
        raise RestError(400, "woocommerce_rest_shop_webhook_invalid_delivery_url", words)
    second = site.database.second()
    name = text_of(body, "name") or f"Webhook created on {datetime.fromisoformat(second):%b %d, %Y @ %I:%M %p}"
    row = (name, topic, url, text_of(body, "secret") or secrets.token_urlsafe(30), "active", second)
    with site.database.open() as db:
        columns = "name, topic, url, secret, status, created_at"
        added = db.execute(f"INSERT INTO webhooks ({columns}) VALUES (?,?,?,?,?,?)", row)  # noqa: S608 - our own names
    made = _found(site, str(added.lastrowid))
    _in_background(_ping, site, made)
    place = {"Location": f"{site.root(request.is_https)}{PLACE}/{made['id']}"}
    return RestAnswer(201, _as_json(site, request, made), place)


def change(site: Site, request: RestRequest, webhook_id: str) -> RestAnswer:
    """A revived one keeps its count of failures, so the next of them disables it again."""
    row, body = _found(site, webhook_id), wanted(request)
    status = text_of(body, "status") or row["status"]
    values = (text_of(body, "name") or row["name"], text_of(body, "delivery_url") or row["url"])
    more = (text_of(body, "secret") or row["secret"], status if status in STATUSES else row["status"])
    with site.database.open() as db:
        sql = "UPDATE webhooks SET name = ?, url = ?, secret = ?, status = ?, modified_at = ? WHERE id = ?"
        db.execute(sql, (*values, *more, site.database.second(), row["id"]))
    changed = _found(site, webhook_id)
    if row["status"] != "active" and changed["status"] == "active":
        _in_background(_ping, site, changed)
    return RestAnswer(200, _as_json(site, request, changed))


def delete(site: Site, request: RestRequest, webhook_id: str) -> RestAnswer:
    """For good, which has to be said."""
    row = _found(site, webhook_id)
    if request.query.get("force") not in ("true", "1"):
        raise RestError(501, "woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.")
    with site.database.open() as db:
        db.execute("DELETE FROM webhooks WHERE id = ?", (row["id"],))
        db.execute("DELETE FROM webhook_queue WHERE webhook_id = ?", (row["id"],))
    return RestAnswer(200, _as_json(site, request, row))


def queue(site: Site, event: str, order_id: int) -> None:
    """Remember that an order changed: once for each webhook, however often it does until the cron comes."""
    with site.database.open() as db:
        sql = (
            "INSERT OR IGNORE INTO webhook_queue (webhook_id, order_id, topic)"
            " SELECT id, ?, topic FROM webhooks WHERE status = 'active' AND topic = ?"
        )
        db.execute(sql, (order_id, f"order.{event}"))


def send_queued(site: Site) -> int:
    """What the cron does; returns how many were sent. Each holds the order as it is now, and is tried once."""
    with site.database.open() as db:
        waiting = db.execute("SELECT * FROM webhook_queue ORDER BY order_id").fetchall()
        db.execute("DELETE FROM webhook_queue")
    for entry in waiting:
        try:
            webhook = _found(site, str(entry["webhook_id"]))
        except RestError:
            continue  # deleted meanwhile
        if webhook["status"] == "active":
            _send(site, webhook, entry["order_id"])
    return len(waiting)


def _send(site: Site, webhook: dict[str, Any], order_id: int) -> None:
    body = phpjson.dumps(_payload(site, webhook["topic"], order_id)).encode()
    digest = hmac.new(webhook["secret"].encode(), body, hashlib.sha256).digest()
    resource, _, event = str(webhook["topic"]).partition(".")
    headers = {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{site.home()}/",
        "X-WC-Webhook-Topic": webhook["topic"],
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-WC-Webhook-ID": str(webhook["id"]),
        "X-WC-Webhook-Delivery-ID": secrets.token_hex(16),
    }
    went_well = _post(site, webhook["url"], body, headers)
    before = int(webhook["failures"])
    failures = 0 if went_well else min(before + 1, MOST_FAILURES)
    status = "active" if went_well or before < MOST_FAILURES else "disabled"
    with site.database.open() as db:
        sql = "UPDATE webhooks SET failures = ?, status = ?, modified_at = ? WHERE id = ?"
        db.execute(sql, (failures, status, site.database.second(), webhook["id"]))
    if not went_well:
        _ping(site, webhook)


def _payload(site: Site, topic: str, order_id: int) -> dict[str, Any]:
    if topic == "order.deleted":
        return {"id": order_id}
    request = RestRequest("GET", "", "", "", {}, b"", site.options.https)
    try:
        return as_json(site, request, site.orders.get(order_id))
    except NoSuchOrder:
        return {"id": order_id}


def _ping(site: Site, webhook: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    _post(site, webhook["url"], urlencode({"webhook_id": webhook["id"]}).encode(), headers)


def _post(site: Site, url: str, body: bytes, headers: dict[str, str]) -> bool:
    """Whether it was taken: a redirection counts, and is not followed."""
    if not may_be_reached(site, url):
        return False
    try:
        with requests.Session() as session:
            session.trust_env = False
            sent = {"User-Agent": AGENT, **headers}
            answer = session.post(url, data=body, headers=sent, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException:
        return False
    return 200 <= answer.status_code <= 302


def may_be_reached(site: Site, url: str) -> bool:
    """WordPress' filter: no private address and no unusual port, but for the shop's own; a test may switch it off."""
    if site.options.reaches_private:
        return True
    parts, own = urlsplit(url), urlsplit(site.home())
    if (parts.hostname, parts.port) == (own.hostname, own.port):
        return True
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        is_public = host != "localhost" and not host.endswith(".invalid")
    return is_public and port in OPEN_PORTS


def _in_background(job: Any, *arguments: Any) -> None:
    threading.Thread(target=job, args=arguments, daemon=True).start()


def _found(site: Site, webhook_id: str) -> dict[str, Any]:
    with site.database.open() as db:
        row = db.execute("SELECT * FROM webhooks WHERE id = ?", (int(webhook_id),)).fetchone()
    if row is None:
        raise RestError(404, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
    return dict(row)


def _as_json(site: Site, request: RestRequest, row: dict[str, Any]) -> dict[str, Any]:
    zone, place = zone_of(site.options), f"{site.root(request.is_https)}{PLACE}"
    resource, _, event = str(row["topic"]).partition(".")
    return {
        "id": row["id"],
        "name": row["name"],
        "status": row["status"],
        "topic": row["topic"],
        "resource": resource,
        "event": event,
        "hooks": HOOKS.get(row["topic"], [event]),
        "delivery_url": row["url"],
        "date_created": local(row["created_at"], zone),
        "date_created_gmt": row["created_at"],
        "date_modified": local(row["modified_at"], zone),
        "date_modified_gmt": row["modified_at"],
        "_links": links(f"{place}/{row['id']}", place, ALLOWED),
    }
