"""Clients that mean harm, or are in a hurry: bounded, told what is wrong, and never a failure of ours."""

import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy.exc import IntegrityError

from app.db.models import BitpayClient, Endpoint, PairingCode, Store
from app.db.queries import reading
from app.db.session import change
from app.throttle import CODES_A_MINUTE
from tests.contract.conftest import SECONDS, Client, Serve, Server


@pytest.mark.parametrize(
    "body",
    [
        '{"price":1e999999}',
        '{"price":1e99999999999999999999}',
        '{"price":5,"posData":[1e999999,-1E-999999]}',
        '{"price":5,"buyer":{"name":1e500}}',
        '{"price":5,"nonce":' + "9" * 5000 + "}",
    ],
)
def test_a_number_that_would_fill_the_memory_is_no_number(client: Client, body: str) -> None:
    answer = client.send("POST", "/invoices", body)
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


@pytest.mark.parametrize("framing", ["Content-Length: 50000000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("target", ["/tokens", "/invoices"])
def test_a_body_without_end_is_not_read(serve: Serve, framing: str, target: str) -> None:
    host, _, port = serve().removeprefix("http://").partition(":")
    identity = f"x-identity: 02{'11' * 32}\r\nx-signature: 00"
    head = f"POST {target} HTTP/1.1\r\nHost: h\r\n{identity}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    part = b" " * 65536 if "Length" in framing else b"10000\r\n" + b" " * 65536 + b"\r\n"
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        connection.sendall(head.encode())
        try:
            for _ in range(49_000_000 // 65536):
                connection.sendall(part)
            answer = connection.recv(100)
        except ConnectionError:
            return  # it answered and hung up, while we still sent
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("orderId", "x" * 2001),
        ("orderId", "ä" * 1001),
        ("notificationURL", "http://shop.example/" + "x" * 2000),
        ("redirectURL", "http://shop.example/" + "x" * 2000),
        ("itemDesc", "x" * 5001),
        ("buyerName", "x" * 5001),
        ("posData", "x" * 50_001),
        ("posData", ["x" * 50_001]),
        ("notificationURL", "http://shop.example/\x1b[2J"),
        ("redirectURL", "http://shop.example/a\r\nSet-Cookie: b"),
    ],
)
def test_a_text_that_is_too_long_or_no_address_is_refused_by_name(client: Client, field: str, value: Any) -> None:
    answer = client.create(**{field: value})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{field}: ")
    assert len(answer.json()["error"]) < 300


def test_the_longest_texts_fit_into_the_indexes_of_the_database(client: Client) -> None:
    order_id = secrets.token_hex(1000)
    url = f"http://shop.example/{secrets.token_hex(990)}"
    made = client.create(orderId=order_id, notificationURL=url, extendedNotifications=True)
    assert made.status_code == 200
    found = client.get(f"/invoices?orderId={order_id}").json()["data"]
    assert [invoice["id"] for invoice in found] == [made.json()["data"]["id"]]


def test_orders_that_come_at_once_share_a_new_endpoint(server: Server, client: Client) -> None:
    for number in range(5):
        url = f"http://127.0.0.1:9/{number}"
        with ThreadPoolExecutor(8) as crowd:
            answers = list(crowd.map(lambda _, url=url: client.create(notificationURL=url).status_code, range(8)))
        assert answers == [200] * 8
    with server.app.app_context():
        assert reading().query(Endpoint).count() == 5


def test_a_client_that_pairs_twice_at_once_is_paired_once(server: Server) -> None:
    store = server.store()
    for number in range(1, 6):
        client, codes = Client(server.url), [server.code(store) for _ in range(6)]
        with ThreadPoolExecutor(6) as crowd:
            answers = list(crowd.map(client.pair, codes))
        assert [answer.status_code for answer in answers] == [200] * 6
        with server.app.app_context():
            assert reading().query(BitpayClient).count() == number


def test_a_code_that_two_clients_use_at_once_pairs_one(server: Server) -> None:
    store = server.store()
    for _ in range(5):
        code, clients = server.code(store), [Client(server.url) for _ in range(6)]
        with ThreadPoolExecutor(6) as crowd:
            answers = list(crowd.map(lambda client, code=code: client.pair(code).status_code, clients))
        assert sorted(answers) == [200, 404, 404, 404, 404, 404]


def test_codes_that_anybody_may_ask_for_are_few_and_forgotten(server: Server, advance: Any) -> None:
    def ask() -> requests.Response:
        return requests.post(f"{server.url}/tokens", json={"id": Client(server.url).sin}, timeout=SECONDS)

    assert [ask().status_code for _ in range(CODES_A_MINUTE)] == [200] * CODES_A_MINUTE
    slowed = ask()
    assert (slowed.status_code, int(slowed.headers["Retry-After"]) > 0) == (429, True)
    store = server.store()
    assert server.paired(store).get("/invoices").status_code == 200, "a code made here is not slowed down"
    advance(2 * 24 * 3600)
    server.code(store)
    with server.app.app_context():
        kept = reading().query(PairingCode).all()
        assert sorted((code.store_id, code.used_at is not None) for code in kept) == [(store, False), (store, True)]


def test_no_page_shows_a_command_that_a_stranger_wrote(server: Server) -> None:
    for path in ("/invoices/x;rm%20-rf%20~", "/invoices/$(id)"):
        page = requests.get(server.url + path, timeout=SECONDS)
        assert page.status_code == 200
        assert not any(word in page.text for word in ("rm -rf", "$(id)"))


@pytest.mark.parametrize("target", ["/invoices?orderId=%00", "/rates?storeId=%00", "/invoices?%00=1"])
def test_a_zero_byte_is_no_text_and_told_in_json(client: Client, target: str) -> None:
    answer = client.get(target)
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


def test_a_page_with_a_zero_byte_in_its_address_is_told_as_a_page(server: Server) -> None:
    for path, status in (("/i/%00", 404), ("/i/a/%00", 404), ("/invoice?id=%00", 400)):
        page = requests.get(server.url + path, headers={"Accept": "text/html"}, timeout=SECONDS)
        assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_values_do_not_get_into_errors_that_are_logged(server: Server) -> None:
    row = {"id": server.store(), "name": "a-secret-word", "created_at": server.services.clock.now()}
    with server.app.app_context(), pytest.raises(IntegrityError) as raised, change() as session:
        session.add(Store(**row))
    assert "a-secret-word" not in str(raised.value)
