"""The stand-in shop's REST answers are those that a real WooCommerce was recorded giving: codes, headers, shapes."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from werkzeug.test import TestResponse
from woo_bench import API, FIXTURES, URL, WooBench, exchange, header_names, recorded, shape, woo_bench

from regtest.shop.rest import oauth
from regtest.shop.rest.keys import Key

OAUTH_SECRETS = {"OAuth wrong secret": "cs_" + "0" * 40}
BASE_OF = {"[https] OAuth signed with https base": "https"}

FIRST_SECOND = datetime.fromtimestamp(1795399290, UTC)


@pytest.fixture
def woo(tmp_path: Path) -> Iterator[WooBench]:
    with woo_bench(tmp_path) as bench:
        yield bench


def label_of(one: dict[str, Any]) -> str:
    return str(one["label"])


# Whose a request is


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WooBench, dict[str, Key]]]:
    """The recorded kinds of keys, in the recorded second; there are two orders."""
    with woo_bench(tmp_path_factory.mktemp("shop")) as woo:
        woo.place(), woo.place()
        keys = {
            "RW": woo.key,
            "RO": woo.keys.add("read"),
            "WO": woo.keys.add("write"),
            "MGR": woo.keys.add("read_write", "shop_manager"),
            "SUB": woo.keys.add("read_write", "subscriber"),
        }
        woo.site.keys._now = lambda: FIRST_SECOND
        yield woo, keys


@pytest.mark.parametrize(
    "one", [one for one in recorded("auth") if not re.search("application pass|legacy", one["label"])], ids=label_of
)
def test_a_request_is_accepted_or_refused_as_recorded(
    keyed: tuple[WooBench, dict[str, Key]], one: dict[str, Any]
) -> None:
    woo, keys = keyed
    woo.till.options.change({"https": one["label"].startswith("[https]")})
    answer = replayed(woo, keys, one)
    if one["label"].startswith("same OAuth URL again"):
        answer = replayed(woo, keys, one)
    theirs = one["response"]
    assert answer.status_code == theirs["status"], answer.text
    assert header_names(answer.headers.items()) == header_names(theirs["headers"])
    if theirs["status"] >= 400:
        assert answer.json == theirs["body"]


def replayed(woo: WooBench, keys: dict[str, Key], one: dict[str, Any]) -> TestResponse:
    """The recorded request with keys of this shop; what was signed is signed again."""
    asked = one["request"]
    address = asked["path"]
    for name, key in keys.items():
        address = address.replace(f"ck_{name}", key.consumer_key).replace(f"cs_{name}", key.consumer_secret)
    if "oauth_signature=" in address:
        address = signed_again(one, address, keys["RW"])
    headers = {}
    if authorization := asked["headers"].get("Authorization"):
        headers["Authorization"] = translated(authorization, keys, one)
    parts = urlsplit(address)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    body = {"json": asked["body"]} if asked["body"] is not None else {}
    return woo.client.open(path, method=asked["method"], headers=headers, **body)


def translated(authorization: str, keys: dict[str, Key], one: dict[str, Any]) -> str:
    if authorization.startswith("Basic"):
        pair = authorization.removeprefix("Basic base64(").removesuffix(")")
        for name, key in keys.items():
            pair = pair.replace(f"ck_{name}", key.consumer_key).replace(f"cs_{name}", key.consumer_secret)
        return "Basic " + base64.b64encode(pair.encode()).decode()
    given = oauth.parameters("", authorization.replace("ck_RW", keys["RW"].consumer_key))
    base = oauth.base_string("GET", f"{URL}{API}/orders", "per_page=1", given)
    given["oauth_signature"] = oauth.signature(base, keys["RW"].consumer_secret, given["oauth_signature_method"])
    return "OAuth " + ",".join(f'{name}="{quote(value, safe="")}"' for name, value in given.items())


def signed_again(one: dict[str, Any], address: str, key: Key) -> str:
    label = one["label"]
    parts = urlsplit(address)
    kept = "&".join(part for part in parts.query.split("&") if not part.startswith("oauth_signature="))
    method = dict(parse_qsl(parts.query)).get("oauth_signature_method", "HMAC-SHA256")
    base = f"{BASE_OF.get(label, 'http')}://127.0.0.1:8480{parts.path}"
    secret = OAUTH_SECRETS.get(label, key.consumer_secret)
    text = plainly_signed("GET", base, kept)
    made = oauth.signature(text, secret, method if method in oauth.METHODS else "HMAC-SHA256")
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{kept}&oauth_signature={quote(made, safe='')}"


def plainly_signed(method: str, url: str, query: str) -> str:
    """A base string as any client makes it: the parameters as they stand in the query."""
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in parse_qsl(query))
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method, quote(url, safe="~"), quote(joined, safe="~")))


@pytest.mark.parametrize(
    "vector",
    json.loads((FIXTURES / "oauth_vectors.json").read_text("utf-8"))["vectors"],
    ids=lambda vector: str(vector["signature"])[:6],
)
def test_the_recorded_signatures_fit(vector: dict[str, Any]) -> None:
    parts = urlsplit(vector["url"])
    url = f"{parts.scheme}://{parts.netloc}{parts.path}"
    given = oauth.parameters(parts.query, "")
    assert given["oauth_signature"] == vector["signature"]
    base = oauth.base_string(vector["method"], url, parts.query, given)
    assert base == vector["signature_base_string"]
    assert oauth.signature(base, vector["consumer_secret"], given["oauth_signature_method"]) == vector["signature"]


# What the answers look like


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WooBench]:
    """A shop with three pages of three orders, and more with each test."""
    with woo_bench(tmp_path_factory.mktemp("busy")) as bench:
        for _ in range(9):
            bench.place()
        yield bench


@pytest.mark.parametrize(
    "one",
    [
        *recorded("orders_list")[1:],
        *recorded("orders_from_plugin"),
        *recorded("orders_dates"),
        *recorded("shop_settings"),
        exchange("hold_stock", "read hold stock"),
        exchange("hold_stock", "its notes"),
        *recorded("shop_events"),
        exchange("orders_misc", "list notes"),
        exchange("orders_misc", "GET order abc"),
        exchange("orders_misc", "order after partial refund"),
        exchange("discovery", "REST index"),
        exchange("webhooks", "webhook disabled"),
        exchange("webhooks", "list webhooks"),
    ],
    ids=label_of,
)
def test_an_answer_has_the_recorded_shape(busy: WooBench, one: dict[str, Any]) -> None:
    told = one["response"]["body"]
    path = prepared(busy, one)
    answer = busy.call(one["request"]["method"], path)
    assert answer.status_code == one["response"]["status"], answer.text
    assert header_names(answer.headers.items()) == header_names(one["response"]["headers"])
    ours, theirs = shape(answer.json), shape(told)
    forget(ours, theirs)
    assert ours == theirs
    if "order_key" in told:
        assert [name for name in answer.json if name != "_links"] == [name for name in told if name != "_links"]


def prepared(woo: WooBench, one: dict[str, Any]) -> str:
    """A shop in which the recorded request makes sense; its path with the ids of this shop."""
    told = json.dumps(one["response"]["body"])
    order, second, third = woo.place(), woo.place(), woo.place()
    woo.orders.note(order.id, "a note")
    if '"BTCPay_id"' in told:
        woo.orders.set_meta(order.id, {"BTCPay_id": "an invoice", "BTCPay_redirect": f"{URL}/i/x"})
    if '"payment_method": "bacs"' in told:
        woo.deed(order, "switch_gateway", gateway="bacs")
    if "refund" in one["label"]:
        woo.deed(order, "status_by_person", status="processing")
        woo.deed(order, "refund", amount="2.34", reason="scratch")
    asked = {"topic": "order.updated", "delivery_url": "http://127.0.0.1:9/", "secret": "s"}
    made = woo.call("POST", "webhooks", asked).json["id"] if "webhook" in one["label"] else 0
    if made:
        woo.call("PUT", f"webhooks/{made}", {"status": "disabled"})
    path = str(one["request"]["path"])
    for theirs, ours in (
        ("_fields=environment.home_url,…", f"_fields={','.join(OF_THE_SYSTEM)}"),
        ("webhooks/14", f"webhooks/{made}"),
        ("modified_after=…", "modified_after=2020-01-01T00:00:00&_fields=id,status,date_modified,date_modified_gmt"),
        ("include=104,105,106", f"include={order.id},{second.id},{third.id}"),
        ("include=104,", f"include={order.id},"),
    ):
        path = path.replace(theirs, ours)
    return re.sub(r"orders/\d+", f"orders/{order.id}", path)


OF_THE_SYSTEM = [
    *(f"environment.{name}" for name in exchange("shop_settings", "system_")["response"]["body"]["environment"]),
    *("active_plugins", "settings", "security"),
]


def forget(ours: Any, theirs: Any) -> None:
    """What depends on the site's other plugins, and what a thing has only once it was changed."""
    for told in (ours, theirs):
        for name in ("settings", "routes", "options", "tip", "order") if isinstance(told, dict) else ():
            told.pop(name, None)


# What goes wrong


MODE_OF = {
    "wc routes removed": "no_routes",
    "PHP fatal in the request": "fatal",
    "maintenance mode": "maintenance",
    "database unreachable": "database",
    "WooCommerce deactivated": "no_routes",
}


@pytest.mark.parametrize("label", MODE_OF)
def test_a_shop_fails_as_recorded(woo: WooBench, label: str) -> None:
    order = woo.place()
    woo.fail(MODE_OF[label], times=1)
    theirs = exchange("failures", label)["response"]
    answer = woo.call("GET", f"orders/{order.id}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        theirs["status"],
        dict(theirs["headers"])["Content-Type"],
    )
    assert answer.headers.get("Retry-After") == dict(theirs["headers"]).get("Retry-After")
    if isinstance(theirs["body"], dict):
        assert answer.json == theirs["body"]
    assert woo.get(f"orders/{order.id}")["status"] == "pending"


def test_an_error_can_come_after_everything_was_done(woo: WooBench) -> None:
    order = woo.place()
    woo.fail("after_change", only=["PUT"], times=1)
    answer = woo.call("PUT", f"orders/{order.id}", {"status": "processing", "transaction_id": "inv_abc"})
    theirs = exchange("failures", "PHP fatal in a status hook")["response"]
    assert answer.status_code == theirs["status"]
    assert shape(answer.json) == shape(theirs["body"])
    assert answer.json["code"] == "internal_server_error"
    after = woo.get(f"orders/{order.id}")
    assert (after["status"], after["transaction_id"]) == ("processing", "inv_abc")


def test_a_key_may_work_where_the_index_is_for_members(woo: WooBench) -> None:
    order = woo.place()
    woo.till.options.change({"rest_for_members": True})
    index = woo.client.get("/wp-json/")
    assert (index.status_code, index.json) == (401, exchange("failures", "same, anonymous")["response"]["body"])
    assert woo.get(f"orders/{order.id}?_fields=id,status")["id"] == order.id


def test_a_key_is_a_stranger_while_php_takes_https_for_http(woo: WooBench) -> None:
    woo.fail("no_https")
    answer = woo.call("GET", "orders?per_page=1")
    assert (answer.status_code, answer.json) == (401, exchange("auth", "Basic over plain http")["response"]["body"])


@pytest.mark.parametrize(
    "label",
    ["unknown status", "malformed json", "no note", "note on missing order", "GET order 0", "number used as id"],
)
def test_bad_input_is_refused_as_recorded(woo: WooBench, label: str) -> None:
    order = woo.place()
    one = next(one for one in [*recorded("orders_misc"), *recorded("failures")] if one["label"] == label)
    path = re.sub(r"orders/3\d\d", f"orders/{order.id}", one["request"]["path"])
    body = one["request"]["body"]
    given: dict[str, Any] = (
        {"data": body, "content_type": "application/json"} if isinstance(body, str) else {"json": body}
    )
    used = base64.b64encode(f"{woo.key.consumer_key}:{woo.key.consumer_secret}".encode()).decode()
    answer = woo.client.open(path, method=one["request"]["method"], headers={"Authorization": f"Basic {used}"}, **given)
    ours, theirs = dict(answer.json), dict(one["response"]["body"])
    ours["data"].pop("details", None)
    assert (answer.status_code, ours) == (one["response"]["status"], theirs)


# Where the API is


def test_every_page_tells_where_the_api_is_and_plain_permalinks_hide_it(woo: WooBench) -> None:
    woo.till.options.change({"https": False})
    for path in ("/", "/no/such/page"):
        assert woo.client.head(path).headers["Link"] == f'<{URL}/wp-json/>; rel="https://api.w.org/"'
    woo.till.options.change({"https": True, "plain_permalinks": True})
    assert "index.php?rest_route=/" in woo.client.head("/").headers["Link"]
    assert woo.client.get("/wp-json/").mimetype == "text/html"
    moved = woo.call("GET", "orders?per_page=1&_fields=id")
    assert moved.status_code == 301
    assert moved.headers["Location"] == f"https://127.0.0.1:8480{API}/orders/?per_page=1&_fields=id"
    assert woo.call("GET", "/?rest_route=/wc/v3/orders&per_page=1").status_code == 401
    assert woo.call("GET", "/?rest_route=/wc/v3/orders&per_page=1&via=wp-json/wc/").status_code == 200


# Lists


def test_what_a_list_does_not_know_it_passes_over(woo: WooBench) -> None:
    for _ in range(3):
        woo.place()
    assert len(woo.get("orders?payment_method=bacs&transaction_id=x&number=7&meta_key=y")) == 3


def test_missing_from_a_list_is_not_gone(woo: WooBench) -> None:
    pending, draft, trashed = woo.place(), woo.place(status="checkout-draft"), woo.place()
    woo.deed(trashed, "trash")
    ids = f"{pending.id},{draft.id},{trashed.id},999999"
    assert [order["id"] for order in woo.get(f"orders?include={ids}&orderby=include")] == [pending.id]
    assert [order["id"] for order in woo.get(f"orders?include={ids}&status=trash")] == [trashed.id]
    assert [order["id"] for order in woo.get(f"orders?include={ids}&status=any,trash")] == [pending.id]
    assert woo.get(f"orders/{draft.id}")["status"] == "checkout-draft"


def test_changes_are_listed_by_utc_and_not_by_the_shops_own_time(woo: WooBench) -> None:
    """Strictly later, in whole seconds; a Z beside the flag is taken for the shop's own time."""
    woo.till.options.change({"timezone": "Europe/Berlin"})
    order = woo.place()
    at = datetime.fromisoformat(order.modified_at)

    def listed(seconds: int, suffix: str = "", flag: str = "&dates_are_gmt=true") -> int:
        moment = (at + timedelta(seconds=seconds)).isoformat() + suffix
        return len(woo.get(f"orders?modified_after={moment}{flag}"))

    assert [listed(-1), listed(0)] == [1, 0]
    assert [listed(-1, "Z", flag=""), listed(0, "Z", flag="")] == [1, 0]
    assert listed(1800, flag="") == 1
    assert listed(-1, "Z") == 0
    assert woo.call("GET", "orders?modified_after=2026-11-23").status_code == 400
    ours = woo.get(f"orders/{order.id}")
    assert ours["date_modified"] != ours["date_modified_gmt"] == order.modified_at


def test_pages_end_with_an_empty_one_and_the_link_header_repeats_the_secrets(woo: WooBench) -> None:
    for _ in range(9):
        woo.place()
    second = woo.call("GET", "orders?per_page=3&page=2&_fields=id&consumer_key=ck_x")
    assert (second.headers["X-WP-Total"], second.headers["X-WP-TotalPages"]) == ("9", "3")
    assert 'consumer_key=ck_x&page=3>; rel="next"' in second.headers["Link"]
    beyond = woo.call("GET", "orders?per_page=3&page=99")
    assert (beyond.json, beyond.headers["X-WP-Total"], beyond.headers["X-WP-TotalPages"]) == ([], "0", "0")
