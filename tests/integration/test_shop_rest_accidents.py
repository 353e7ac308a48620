"""What befalls a shop and its orders, over real HTTP: accidents, deeds, webhooks, one click for a key."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from stub_greenfield import GreenfieldShop, greenfield_shop
from stub_sattle import SECONDS, Seen, served_stub
from woo_bench import API, FIXTURES, exchange, recorded

from regtest.shop.options import Options
from regtest.shop.rest import oauth
from regtest.storefront import Storefront
from regtest.waiting import wait_until


@dataclass
class Listener:
    """A server that takes what the shop sends."""

    url: str = ""
    status: int = 200
    seen: list[Seen] = field(default_factory=list)

    def answer(self, request: Seen) -> tuple[int, bytes]:
        self.seen.append(request)
        return self.status, b"{}"

    def bodies(self) -> list[Seen]:
        """Without pings."""
        return [seen for seen in self.seen if seen.headers["Content-Type"].startswith("application/json")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GreenfieldShop]:
    with greenfield_shop(tmp_path_factory.mktemp("shop")) as started:
        started.connect(protect=True)
        yield started


@pytest.fixture
def shop(running: GreenfieldShop) -> Iterator[GreenfieldShop]:
    """The module's shop, set as a fresh one."""
    yield running
    running.post("/api/woo/mode", {"mode": "ok"})
    running.till.options.change(asdict(Options()))
    with running.till.database.open() as db:
        db.execute("DELETE FROM webhooks")
        db.execute("DELETE FROM stock")
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'webhooks'")


@pytest.fixture
def rest(shop: GreenfieldShop) -> "Rest":
    return Rest(shop)


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()
    with served_stub(heard):
        yield heard


class Rest:
    """A client that signs with OAuth, since the shop is asked over http."""

    def __init__(self, shop: GreenfieldShop) -> None:
        self.shop = shop
        self.front = Storefront(shop.url)
        self.key = self.front.new_key()
        self._count = 0

    def call(self, method: str, path: str, body: object = None, timeout: float = SECONDS) -> requests.Response:
        self._count += 1
        url, _, query = f"{self.shop.url}{API}/{path}".partition("?")
        signing = {
            "oauth_consumer_key": self.key.consumer_key,
            "oauth_timestamp": str(int(datetime.now(UTC).timestamp())),
            "oauth_nonce": f"n{self._count}",
            "oauth_signature_method": "HMAC-SHA256",
        }
        whole = "&".join(part for part in (query, urlencode(signing)) if part)
        base = oauth.base_string(method, url, whole, {})
        made = oauth.signature(base, self.key.consumer_secret, "HMAC-SHA256")
        address = f"{url}?{whole}&{urlencode({'oauth_signature': made})}"
        return requests.request(method, address, json=body, timeout=timeout, allow_redirects=False)

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        answer = self.call("GET", f"orders/{order['order_id']}")
        assert answer.ok, answer.text
        return dict(answer.json())

    def put(self, order: dict[str, Any], **body: object) -> requests.Response:
        return self.call("PUT", f"orders/{order['order_id']}", body)

    def deed(self, order: dict[str, Any], name: str, **asked: object) -> None:
        self.front.deed(str(order["order_id"]), name, **asked)


# The same orders as the plugins'


def test_an_order_of_the_plugin_is_the_same_order_over_rest(shop: GreenfieldShop, rest: Rest) -> None:
    order = shop.order()
    seen = rest.order(order)
    assert (seen["status"], seen["total"], seen["payment_method"]) == ("pending", "12.34", "btcpaygf_default")
    assert {"key": "BTCPay_id", "value": order["invoice_id"]}.items() <= seen["meta_data"][0].items()
    shop.deliver(order, "InvoiceProcessing")
    assert rest.order(order)["status"] == "on-hold"
    shop.deliver(order, "InvoiceSettled")
    paid = rest.order(order)
    assert (paid["status"], paid["transaction_id"], paid["date_paid_gmt"] is None) == ("processing", "", False)
    assert {note["author"] for note in rest.call("GET", f"orders/{order['order_id']}/notes").json()} == {"WooCommerce"}


def test_a_settled_download_is_completed_and_an_overpaid_one_goes_back(shop: GreenfieldShop, rest: Rest) -> None:
    exact, over = shop.order(product="ebook"), shop.order(product="ebook")
    shop.deliver(exact, "InvoiceSettled")
    shop.deliver(over, "InvoiceSettled", overPaid=True)
    assert [rest.order(order)["status"] for order in (exact, over)] == ["completed", "processing"]


def test_who_cancelled_an_order_is_seen_in_the_author_alone(shop: GreenfieldShop, rest: Rest) -> None:
    authors = {}
    for deed in ("cancel_by_person", "cancel_by_customer"):
        order = shop.order()
        rest.deed(order, deed)
        notes = rest.call("GET", f"orders/{order['order_id']}/notes").json()
        authors[deed] = next(note["author"] for note in notes if "to Cancelled" in note["note"])
    assert authors == {"cancel_by_person": "admin", "cancel_by_customer": "WooCommerce"}
    recorded_notes = exchange("shop_events", "notes of an order")["response"]["body"]
    assert recorded_notes[0]["author"] == "admin"


def test_a_customer_who_switches_leaves_the_bitcoin_meta_and_the_plugin_does_nothing(
    shop: GreenfieldShop, rest: Rest
) -> None:
    order = shop.order()
    rest.deed(order, "switch_gateway", gateway="bacs")
    assert shop.deliver(order, "InvoiceSettled").status_code == 200
    seen = rest.order(order)
    assert (seen["status"], seen["payment_method"], seen["date_paid"]) == ("on-hold", "bacs", None)
    assert seen["meta_data"][0]["value"] == order["invoice_id"]


def test_an_order_can_be_paid_by_card_changed_and_refunded_behind_everybodys_back(
    shop: GreenfieldShop, rest: Rest
) -> None:
    order = shop.order()
    rest.deed(order, "set_total", total="15.00")
    rest.deed(order, "pay_by_card")
    paid = rest.order(order)
    assert (paid["status"], paid["total"], paid["payment_method"]) == ("processing", "15.00", "card")
    rest.deed(order, "stale_form")
    stale = rest.order(order)
    assert (stale["status"], stale["transaction_id"]) == ("pending", "")
    assert stale["date_paid_gmt"] == paid["date_paid_gmt"]
    rest.deed(order, "refund", amount="1.00")
    assert [refund["total"] for refund in rest.order(order)["refunds"]] == ["-1.00"]


def test_a_thing_that_sold_out_goes_below_nothing(shop: GreenfieldShop, rest: Rest) -> None:
    order = shop.order()
    rest.front.set_stock("mug", 0)
    rest.put(order, status="processing")
    assert rest.front.woo()["stock"] == {"mug": -1}


def test_hold_stock_runs_by_itself_when_it_is_due(tmp_path: Path) -> None:
    with greenfield_shop(tmp_path) as shop:
        shop.connect()
        rest = Rest(shop)
        rest.front.woo(hold_stock_minutes="60")
        order = shop.order()
        shop.till.clock.advance(61 * 60, tell_node=lambda _: None)
        wait_until(lambda: rest.order(order)["status"] == "cancelled", "the job to cancel the order")


def test_two_writers_of_one_order_mail_the_customer_twice(shop: GreenfieldShop, rest: Rest) -> None:
    """Nothing compares: each acts on the order as it was when it read it."""
    order = shop.order()
    rest.front.woo(save_gap_ms=300)
    writers = [threading.Thread(target=rest.put, args=(order,), kwargs={"status": "processing"}) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [mail["kind"] for mail in shop.look(order)["mails"]] == ["New order", "Processing order"] * 2
    assert rest.front.woo()["stock"] == {"mug": 48}


# Accidents


def test_a_shop_that_is_down_ends_the_connection_without_a_word(shop: GreenfieldShop, rest: Rest) -> None:
    order = shop.order()
    rest.front.fail_rest("down")
    with pytest.raises(requests.ConnectionError):
        rest.order(order)
    with pytest.raises(requests.ConnectionError):
        requests.head(shop.url, timeout=SECONDS)
    rest.front.fail_rest("ok")
    assert rest.order(order)["status"] == "pending"


@pytest.mark.parametrize("mode", ["slow_change", "dropped_change"])
def test_a_change_can_be_made_whose_answer_never_comes(shop: GreenfieldShop, rest: Rest, mode: str) -> None:
    order = shop.order()
    rest.front.fail_rest(mode, only=("PUT",))
    with pytest.raises(requests.RequestException):
        rest.call("PUT", f"orders/{order['order_id']}", {"status": "processing"}, timeout=0.5)
    rest.front.fail_rest("ok")
    assert rest.order(order)["status"] == "processing"


def test_an_accident_befalls_only_what_it_was_meant_for(shop: GreenfieldShop, rest: Rest) -> None:
    order = shop.order()
    rest.front.fail_rest("forbidden", times=1, only=("PUT",), path="/orders/")
    assert rest.order(order)["status"] == "pending"
    refused = rest.put(order, status="processing")
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "text/html; charset=UTF-8")
    assert rest.put(order, status="on-hold").json()["status"] == "on-hold"


@pytest.mark.parametrize(
    ("mode", "status"), [("redirect", 301), ("busy", 429), ("html", 200), ("bad_json", 200), ("modsecurity", 406)]
)
def test_further_accidents_have_their_own_marks(shop: GreenfieldShop, rest: Rest, mode: str, status: int) -> None:
    order = shop.order()
    rest.front.fail_rest(mode)
    answer = rest.call("GET", f"orders/{order['order_id']}")
    assert answer.status_code == status
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/woo/mode", {"mode": "odd"}), ("/api/woo", {"odd": 1}), ("/api/woo", {"https": "yes"}),
     ("/api/woo/keys", {"role": "king"}), ("/api/woo", [])],
)  # fmt: skip
def test_what_the_shop_cannot_be_set_to_is_refused_with_a_reason(shop: GreenfieldShop, path: str, body: object) -> None:
    answer = shop.post(path, json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_a_deed_that_is_none_is_refused(shop: GreenfieldShop) -> None:
    order = shop.order()
    path = f"/api/orders/{order['order_id']}/deed"
    assert shop.post(path, {"deed": "odd"}).status_code == 400
    assert shop.post(path, {"deed": "set_total"}).status_code == 400
    assert shop.post("/api/orders/7/deed", {"deed": "trash"}).status_code == 404


# WooCommerce's webhooks


def test_a_webhook_waits_for_the_cron_and_is_signed_as_recorded(
    shop: GreenfieldShop, rest: Rest, listener: Listener
) -> None:
    order = shop.order()
    registered = {"topic": "order.updated", "delivery_url": f"{listener.url}/hook", "secret": "s3cret"}
    made = rest.call("POST", "webhooks", registered)
    assert made.status_code == 201
    assert "s3cret" not in made.text
    wait_until(lambda: len(listener.seen) == 1, "the ping")
    assert listener.seen[0].body == b"webhook_id=1"
    for status in ("on-hold", "processing"):
        rest.put(order, status=status)
    assert listener.bodies() == []
    assert rest.front.run_cron() == 1
    (sent,) = listener.bodies()
    assert sent.fields["status"] == "processing"
    assert sent.headers["X-WC-Webhook-Signature"] == signature("s3cret", sent.body)
    theirs = json.loads((FIXTURES / "webhook_order_updated.headers.json").read_text("utf-8"))["headers"]
    told = {name.lower() for name in theirs if name.startswith("X-WC") or name in ("User-Agent", "Content-Type")}
    assert told <= {name.lower() for name in sent.headers}
    assert sent.headers["User-Agent"] == theirs["User-Agent"]
    assert b"\\/wp-json\\/" in sent.body


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_the_recorded_webhook_is_signed_the_same_way() -> None:
    told = json.loads((FIXTURES / "webhook_order_updated.headers.json").read_text("utf-8"))
    body = (FIXTURES / "webhook_order_updated.body").read_bytes()
    assert signature(told["secret"], body) == told["signature"]


def test_a_webhook_that_fails_seven_times_is_disabled_and_reviving_it_does_not_forget(
    shop: GreenfieldShop, rest: Rest, listener: Listener
) -> None:
    order = shop.order()
    listener.status = 500
    rest.call("POST", "webhooks", {"topic": "order.updated", "delivery_url": listener.url, "secret": "s"})

    def fail_once() -> str:
        rest.put(order)
        rest.front.run_cron()
        return str(rest.call("GET", "webhooks/1").json()["status"])

    assert [fail_once() for _ in range(7)] == ["active"] * 6 + ["disabled"]
    assert rest.call("PUT", "webhooks/1", {"status": "active"}).json()["status"] == "active"
    assert fail_once() == "disabled"
    assert rest.call("DELETE", "webhooks/1").status_code == 501
    assert rest.call("DELETE", "webhooks/1?force=true").status_code == 200
    assert rest.call("GET", "webhooks/1").status_code == 404


@pytest.mark.parametrize("label", ["create bad topic", "create bad url", "create no url"])
def test_a_webhook_that_makes_no_sense_is_refused_as_recorded(rest: Rest, label: str) -> None:
    one = exchange("webhooks", label)
    answer = rest.call("POST", "webhooks", one["request"]["body"])
    assert (answer.status_code, answer.json()) == (one["response"]["status"], one["response"]["body"])


def test_a_strict_shop_sends_nothing_to_private_addresses(shop: GreenfieldShop, rest: Rest, listener: Listener) -> None:
    order = shop.order()
    rest.call("POST", "webhooks", {"topic": "order.updated", "delivery_url": listener.url, "secret": "s"})
    wait_until(lambda: listener.seen, "the ping")
    rest.front.woo(reaches_private=False)
    rest.put(order)
    assert rest.front.run_cron() == 1
    assert listener.bodies() == []


# One click for a key


def authorize(shop: GreenfieldShop, callback: str, path: str = "authorize", **changes: str | None) -> requests.Response:
    asked = {
        "app_name": "Example Payments",
        "scope": "read_write",
        "user_id": "store-7:nonce9",
        "return_url": "https://pay.example/back",
        "callback_url": callback,
        **changes,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return shop.get(f"/wc-auth/v1/{path}?{urlencode(given)}")


def approve(shop: GreenfieldShop, page: requests.Response) -> requests.Response:
    link = page.text.split('href="/wc-auth/v1/access_granted?')[1].split('"')[0].replace("&amp;", "&")
    return shop.get(f"/wc-auth/v1/access_granted?{link}")


def test_one_click_sends_a_key_that_works(shop: GreenfieldShop, rest: Rest, listener: Listener) -> None:
    page = authorize(shop, f"{listener.url}/cb")
    assert (page.status_code, "Read/Write" in page.text, "Example Payments" in page.text) == (200, True, True)
    back = approve(shop, page)
    assert back.status_code == 302
    assert back.headers["Location"] == "https://pay.example/back?success=1&user_id=store-7:nonce9"
    (sent,) = listener.seen
    theirs = exchange("wc_auth_flow", "what the shop POSTs")["request"]
    assert list(sent.fields) == list(theirs["body"])
    assert sent.headers["Content-Type"] == theirs["headers"]["Content-Type"]
    assert sent.fields["user_id"] == "store-7:nonce9"
    rest.key = type(rest.key)(sent.fields["consumer_key"], sent.fields["consumer_secret"])
    assert rest.call("GET", "orders?per_page=1").status_code == 200


@pytest.mark.parametrize("status", [201, 500])
def test_anything_but_200_strands_the_merchant_and_takes_the_key_back(
    shop: GreenfieldShop, rest: Rest, listener: Listener, status: int
) -> None:
    listener.status = status
    stranded = approve(shop, authorize(shop, listener.url))
    assert (stranded.status_code, "unable to send the consumer data" in stranded.text) == (401, True)
    fields = listener.seen[0].fields
    rest.key = type(rest.key)(fields["consumer_key"], fields["consumer_secret"])
    assert rest.call("GET", "orders?per_page=1").json()["message"] == "Consumer key is invalid."


def test_a_denial_makes_no_key(shop: GreenfieldShop, listener: Listener) -> None:
    page = authorize(shop, listener.url)
    assert "https://pay.example/back?success=0&amp;user_id=store-7:nonce9" in page.text
    assert listener.seen == []


BAD = [one for one in recorded("wc_auth_flow") if one["label"].startswith("bad parameter")]


@pytest.mark.parametrize("one", BAD, ids=lambda one: one["label"])
def test_a_wish_that_makes_no_sense_is_denied_as_recorded(
    shop: GreenfieldShop, rest: Rest, one: dict[str, Any]
) -> None:
    rest.front.woo(callback_over_http=False)
    answer = shop.get(one["request"]["path"])
    if one["response"]["status"] == 302:  # to the login, which this shop does not ask for
        assert answer.status_code == 200
        return
    assert answer.status_code == one["response"]["status"]
    assert str(one["response"]["body"]).removeprefix("Access denied ") in answer.text.replace("&#39;", "'")
