"""The harness's way to speak to a shop, against a server that answers as the shop is to answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from threading import Thread

import pytest
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from regtest.errors import RegtestError
from regtest.ports import free_port
from regtest.storefront import Order, Storefront


@contextmanager
def served(application: Flask) -> Iterator[str]:
    running = make_server("127.0.0.1", 0, application, threaded=True)
    thread = Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def asked() -> list[tuple[str, str, object]]:
    return []


@pytest.fixture
def shop(asked: list[tuple[str, str, object]]) -> Iterator[Storefront]:
    application = Flask(__name__, static_folder=None)

    @application.before_request
    def note() -> None:
        asked.append((request.method, request.path, request.get_json(silent=True)))

    @application.post("/api/orders")
    def order() -> tuple[Response, int]:
        if request.get_json()["price"] == "0":
            return jsonify(error="<b>too cheap</b>"), 422
        return jsonify(order_id=7, invoice_id="abc", url="http://127.0.0.1:1/i/abc"), 201

    @application.get("/api/orders/<order_id>")
    def look(order_id: str) -> Response | str:
        return "no JSON" if order_id == "8" else jsonify(status="pending", notes=[], invoice_id="abc", ipns=[])

    @application.post("/api/ipn-mode")
    def mode() -> tuple[str, int]:
        return "", 204

    with served(application) as url:
        yield Storefront(url)


def test_an_order_carries_its_price_as_text_and_what_else_was_given(
    shop: Storefront, asked: list[tuple[str, str, object]]
) -> None:
    order = shop.order(Decimal("12.50"), "USD", itemDesc="a mug")
    assert order == Order("7", "abc", "http://127.0.0.1:1/i/abc")
    assert asked == [("POST", "/api/orders", {"price": "12.50", "currency": "USD", "itemDesc": "a mug"})]


def test_an_order_is_looked_at_by_itself_or_by_its_id(shop: Storefront, asked: list[tuple[str, str, object]]) -> None:
    assert shop.look(shop.order())["status"] == shop.look("7")["status"] == "pending"
    assert [path for _, path, _ in asked] == ["/api/orders", "/api/orders/7", "/api/orders/7"]


def test_the_answer_to_notifications_is_chosen(shop: Storefront, asked: list[tuple[str, str, object]]) -> None:
    shop.answer_ipns("down")
    assert json.dumps(asked) == '[["POST", "/api/ipn-mode", {"mode": "down"}]]'


def test_a_refusal_an_answer_that_is_no_json_and_silence_are_errors_with_words(shop: Storefront) -> None:
    with pytest.raises(RegtestError, match=r"answered 422 to POST /api/orders: .*too cheap"):
        shop.order("0")
    with pytest.raises(RegtestError, match="with no JSON"):
        shop.look("8")
    with pytest.raises(RegtestError, match="does not answer"):
        Storefront(f"http://127.0.0.1:{free_port()}").order()
