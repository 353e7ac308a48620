"""Server-sent events of the checkout: a line that says "look", its limits, and what it does not cost."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from app.db.models import db
from app.pages.streams import Streams
from regtest.waiting import wait_until
from tests.checkout_rows import DUE_SATS, Shop, shop_open
from tests.serving import serving

SECONDS = 20


@pytest.fixture
def shop(tmp_path: Path, migrated_url: str) -> Iterator[Shop]:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as opened:
        yield opened


@pytest.fixture
def server(shop: Shop) -> Iterator[str]:
    made = make_server("127.0.0.1", 0, shop.app, threaded=True)
    with serving(made):
        yield f"http://127.0.0.1:{made.port}"
        streams_of(shop).stop()


def streams_of(shop: Shop) -> Streams:
    streams: Streams = shop.app.extensions["sattle_streams"]
    return streams


class Line:
    """An open line, read as it comes."""

    def __init__(self, server: str, path: str) -> None:
        parts = urlsplit(server)
        self.socket = socket.create_connection((str(parts.hostname), parts.port or 80), SECONDS)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        self.text = ""
        self.is_over = False

    def read_until(self, words: str, times: int = 1) -> None:
        """Read on until `words` came so often, or the line ends."""
        while self.text.count(words) < times and not self.is_over:
            piece = self.socket.recv(4096)
            self.is_over = not piece
            self.text += piece.decode()
        assert self.text.count(words) >= times, self.text

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def lines(server: str) -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def line(lines: contextlib.ExitStack, server: str, invoice: str) -> Line:
    made = Line(server, f"/i/{invoice}/events")
    lines.callback(made.close)
    return made


def test_a_change_is_told_at_once_and_the_end_is_the_end(shop: Shop, server: str, lines: contextlib.ExitStack) -> None:
    invoice = shop.invoice(speed_policy="MediumSpeed")
    open_line = line(lines, server, invoice)
    open_line.read_until("data: look\n\n", 2)
    head = open_line.text.lower()
    assert "content-type: text/event-stream" in head
    assert "cache-control: no-store" in head
    assert "x-accel-buffering: no" in head
    shop.pay(invoice, DUE_SATS)
    open_line.read_until("data: look\n\n", 3)
    shop.mine()
    open_line.read_until("data: look\n\n", 4)
    shop.set(invoice, status="Settled")
    open_line.read_until("event: end\n")
    while not open_line.is_over:
        open_line.is_over = not open_line.socket.recv(4096)
    wait_until(lambda: streams_of(shop).count == 0, "its place to be free")


def test_no_connection_to_the_database_is_held_while_streams_are_open(
    shop: Shop, server: str, lines: contextlib.ExitStack
) -> None:
    for _ in range(5):
        line(lines, server, shop.invoice()).read_until("data: look\n\n")
    assert streams_of(shop).count == 5
    with shop.app.app_context():
        pool = db.engine.pool
        wait_until(lambda: pool.checkedout() == 0, "every connection to be back")  # type: ignore[attr-defined]


def test_more_than_six_of_one_address_are_sent_to_look_by_themselves(
    shop: Shop, server: str, lines: contextlib.ExitStack
) -> None:
    invoice = shop.invoice()
    for _ in range(6):
        line(lines, server, invoice).read_until("data: look\n\n")
    refused = line(lines, server, invoice)
    refused.read_until("\r\n\r\n")
    assert " 503 " in refused.text
    assert "retry-after: 60" in refused.text.lower()
    answer = shop.app.test_client().get(f"/i/{invoice}/status")
    assert answer.status_code == 200


def test_a_buyer_who_went_away_gives_the_place_back(shop: Shop, server: str, lines: contextlib.ExitStack) -> None:
    invoice = shop.invoice()
    gone = line(lines, server, invoice)
    gone.read_until("data: look\n\n", 2)
    gone.close()
    wait_until(lambda: streams_of(shop).count == 0, "the poller to notice")


def test_a_setting_of_none_leaves_it_to_the_pages(tmp_path: Path) -> None:
    with shop_open(tmp_path, SATTLE_STREAMS="0") as shop:
        answer = shop.app.test_client().get(f"/i/{shop.invoice()}/events")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


@pytest.mark.parametrize("status", ["Settled", "Expired", "Invalid"])
def test_where_nothing_can_change_there_is_no_stream(shop: Shop, status: str) -> None:
    client: FlaskClient = shop.app.test_client()
    invoice = shop.invoice(status=status)
    assert client.get(f"/i/{invoice}/events").status_code == 204
    for page in (f"/i/{invoice}", f"/i/{invoice}/story"):
        assert "data-events" not in client.get(page).text


def test_the_story_names_the_line_unless_there_is_none_yet(shop: Shop) -> None:
    client: FlaskClient = shop.app.test_client()
    invoice = shop.invoice()
    assert f'data-events="/i/{invoice}/events"' in client.get(f"/i/{invoice}/story").text
    unasked = client.get(f"/i/{shop.invoice(prompts=[])}/story")
    assert unasked.status_code == 200
    assert "data-events" not in unasked.text


def test_who_only_asks_for_the_head_takes_no_place(shop: Shop) -> None:
    client: FlaskClient = shop.app.test_client()
    assert client.head(f"/i/{shop.invoice()}/events").status_code == 200
    assert streams_of(shop).count == 0


@pytest.mark.parametrize("path", ["/i/Unknown/events", "/i/{}/NO-COIN/events"])
def test_an_unknown_invoice_or_method_has_none(shop: Shop, path: str) -> None:
    assert shop.app.test_client().get(path.format(shop.invoice())).status_code == 404
    assert shop.app.test_client().get(f"/i/{shop.invoice(archived=True)}/events").status_code == 404
