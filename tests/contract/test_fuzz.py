"""Whatever is sent, the answer is an answer: never a failure of ours, never half an invoice."""

import base64
import json
import socket
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.models import Invoice
from app.db.queries import reading
from app.usecases.set_legacy_key import set_legacy_key
from tests.contract.conftest import SECONDS, Serve, Server

FIELDS = [
    "price", "currency", "orderId", "itemDesc", "itemCode", "posData", "notificationURL", "notificationEmail",
    "fullNotifications", "extendedNotifications", "redirectURL", "redirectAutomatically", "transactionSpeed",
    "expirationTime", "buyer", "buyerName", "buyerEmail", "physical", "taxIncluded", "paymentCurrencies",
    "supportedTransactionCurrencies", "defaultPaymentMethod", "Price", "guid", "nonce", "id", "pairingCode", "label",
]  # fmt: skip
TEXTS = [
    "", "\x00", "\ud800", "\U0001f4a9", "é" * 3000, "A" * 9000, "-1", "0", "1e30", "1e-30", "99999999999999999999.99",
    "NaN", "-Infinity", "1e999999", "EUR", "btc", "JPY", "http://", "https://[", "http://h\r\nX: y/", "http://a:b@h:0/",
    "http://h:99999/", "http://é.example/{OrderId}", "javascript:x", "{Status}", "../..", "' OR 1=1 --", "%00", "null",
    "true", "BTC-CHAIN", "BTC_LNURLPAY", "high", '{"a":1}', "1970-01-01", "1800000000000",
    "http://h/" + "\U0001f4a9" * 600,
]  # fmt: skip
NUMBERS = [0, -1, 1, 5, 0.1, 12.34, 1e30, -1e-30, 10**25, 10**40, 1_795_400_000_000, 2**63, 2**31]
scalars = st.none() | st.booleans() | st.sampled_from([*NUMBERS, *TEXTS]) | st.text(max_size=30) | st.integers()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), values, max_size=8)
numerals = st.sampled_from(["1e999999", "1E-999999", "1e99999999999999999999", "9" * 5000, "-0.0", "1e400", "NaN"])
bodies = st.one_of(
    st.binary(max_size=60),
    st.tuples(st.sampled_from(FIELDS), numerals).map(lambda drawn: b'{"%s":%s}' % tuple(map(str.encode, drawn))),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"[[]" * 1000]),
    objects.map(lambda body: json.dumps(body).encode()),
    objects.map(lambda body: json.dumps({"price": 5, "currency": "EUR", **body}).encode()),
)
paths = st.tuples(
    st.sampled_from([
        "/i/", "/invoices/", "/rates/", "/invoices", "/rates", "/tokens", "/TOKENS", "/api/rates", "/invoice",
        "/health", "/", "//", "/currencies", "/api-tokens", "/api-access-request", "http://h/i/", "/static/",
        "*", "%2e%2e/",
    ]),
    st.lists(
        st.sampled_from(["%00", "%ff", "%ED%A0%80", "..", "é", "x" * 3000, "BTC-CHAIN", "ID", "status", "qr.svg"]),
        max_size=3,
    ).map("/".join),
).map("".join)  # fmt: skip
NAMES = [
    "storeId", "token", "id", "limit", "offset", "dateStart", "dateEnd", "orderId", "itemCode", "status",
    "currencyPairs", "paymentMethodId", "pairingCode", "view",
]  # fmt: skip
VALUES = [
    "", "%00", "%ff", "-1", "9" * 30, "01/01/2026", "99/99/9999", "01/01/0001", "12/31/9999", "BTC_EUR", "STORE",
    "paid,new", "%F0%9F%92%A9", "a%20b", "1e5", "é", "x" * 5000, "%ED%A0%80", "%0D%0A", "_", "BTC_", ",,,", "%C2%B2",
]  # fmt: skip
queries = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)).map("=".join), max_size=4).map("&".join)
headers = st.lists(
    st.tuples(
        st.sampled_from([
            "x-identity", "x-signature", "Authorization", "Content-Type", "Accept", "If-None-Match", "Origin", "Range",
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Accept-Language", "Cookie", "Host",
        ]),
        st.sampled_from([
            "KEY", "Basic", "Basic !", "Basic /////w==", "Bearer x", "00", "02" * 33, "zz", "*/*", "application/json",
            "text/html", "application/json; charset=utf-7", "bytes=0-1", "1.2.3.4, ::1", "é", "x" * 4000, "[", ",,,",
            "",
        ]) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
    ).map(": ".join),
    max_size=5,
)  # fmt: skip
OFTEN = [["Authorization: KEY", "Content-Type: application/json"], ["Authorization: KEY"], []]
methods = st.sampled_from(["GET", "GET", "POST", "OPTIONS", "HEAD", "DELETE", "PATCH"])
anything = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def store(server: Server) -> str:
    return server.store("fuzzed", anyone_can_create_invoice=True)


@pytest.fixture
def key(server: Server, store: str) -> str:
    with server.app.app_context():
        made = set_legacy_key(store, server.services.clock.now())
    return "Basic " + base64.b64encode(made.encode()).decode()


def invoices_made(server: Server) -> int:
    """How many invoices there are; none of them may be half an invoice. One that asks for nothing has no prompt."""
    with server.app.app_context():
        made = reading().query(Invoice).all()
        assert [row.id for row in made if len(row.prompts) != (0 if row.price == 0 else 1)] == []
        assert [row.id for row in made if [event.type for event in row.events][:1] != ["invoice_created"]] == []
        return len(made)


def try_bodies(server: Server, key: str, examples: int) -> None:
    client = server.app.test_client()
    made = 0

    @settings(anything, max_examples=examples)
    @given(bodies, st.sampled_from(["/invoices", "/invoices", "/tokens"]))
    def send(body: bytes, path: str) -> None:
        nonlocal made
        answer = client.post(path, data=body, headers={"Authorization": key, "Content-Type": "application/json"})
        assert answer.status_code < 500, (answer.status_code, body[:200])
        assert answer.json is not None
        assert (answer.status_code == 200) is ("data" in answer.json)
        made += path == "/invoices" and answer.status_code == 200

    send()
    assert made
    assert invoices_made(server) == made


def status_of(url: str, request: bytes) -> int:
    """What the server answers to these very bytes; 0 when it hangs up on them."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        connection.sendall(request)
        start = connection.recv(100)
    return int(start.split()[1]) if start else 0


def try_requests(url: str, key: str, store: str, examples: int) -> None:
    @settings(anything, max_examples=examples)
    @given(methods, paths, queries, headers, st.sampled_from(OFTEN), bodies)
    def send(method: str, path: str, query: str, lines: list[str], often: list[str], body: bytes) -> None:
        target = f"{path}?{query}".replace("STORE", store)
        start = [f"{method} {target} HTTP/1.1", "Host: h", "Connection: close", f"Content-Length: {len(body)}"]
        head = "\r\n".join([*start, *often, *lines]).replace("KEY", key)
        assert status_of(url, head.encode() + b"\r\n\r\n" + body) < 500, (head, body[:200])

    send()


def test_no_body_is_our_failure_or_leaves_half_an_invoice(server: Server, key: str) -> None:
    try_bodies(server, key, 60)


def test_no_request_is_our_failure(serve: Serve, key: str, store: str) -> None:
    try_requests(serve(), key, store, 60)


def test_no_value_of_a_query_is_our_failure(server: Server, key: str, store: str) -> None:
    client = server.app.test_client()
    paths = ("/invoices", "/rates", "/api/rates", "/rates/BTC/EUR", "/invoice", "/i/x/status", "/api-access-request")
    for path, name, value in product(paths, NAMES, VALUES):
        target = f"{path}?{name}={value}&storeId={store}".replace("STORE", store)
        answer = client.get(target, headers={"Authorization": key})
        assert answer.status_code < 500, target


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_many_bodies(server: Server, key: str) -> None:
    try_bodies(server, key, 3_000)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_many_requests(serve: Serve, key: str, store: str) -> None:
    try_requests(serve(), key, store, 3_000)
