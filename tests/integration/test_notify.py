"""The door out: whom we speak to, and for how long we listen."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.deadline import Deadline
from app.notify import Door, door, targets
from app.notify.names import AT_ONCE, look_up
from app.notify.targets import TargetRefused, is_public, resolve
from regtest.waiting import wait_until

Respond = Callable[[BaseHTTPRequestHandler], None]


class Requests(list[tuple[str, str]]):
    """What a server was asked: (path, Host header)."""

    url: str
    port: int


@contextmanager
def endpoint(respond: Respond) -> Iterator[Requests]:
    got = Requests()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, self.headers["Host"]))
            with suppress(OSError):  # the client had enough
                respond(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        got.port = server.server_port
        got.url = f"http://127.0.0.1:{server.server_port}/ipn"
        yield got
        server.shutdown()


def answering(status: int, body: bytes = b"", **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


@pytest.fixture
def on_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback passes for a public address: no test may speak to the internet."""
    monkeypatch.setattr(targets, "is_public", lambda address: True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://172.16.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "ftp://203.0.113.5/",
        "file:///etc/passwd",
        "http:///nothing",
        "http://[broken/",
        "http://203.0.113.5:99999/",
        "http://8.8.8.8:0/",
        "http://8.8.8.8:25/",
        "https://8.8.8.8:22/",
        "http://8.8.8.8@127.0.0.1/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[fec0::1]/",
        "http://localhost./",
        "http://[::ffff:169.254.169.254]/",
        "http://017700000001/",
    ],
)
def test_private_and_unusable_targets_are_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        resolve(url, allow_private=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_fit(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("port", ["", ":80", ":443", ":1024", ":8443"])
def test_a_web_server_may_listen_on_any_port_that_is_not_another_services(port: str) -> None:
    assert str(resolve(f"http://8.8.8.8{port}/", allow_private=False).address) == "8.8.8.8"


def test_a_refused_target_is_never_connected_to() -> None:
    with endpoint(answering(200)) as got:
        answer = Door(allow_private=False).post(got.url, b"{}", {})
    assert (answer.status, list(got)) == (None, [])
    assert "not a public address" in (answer.error or "")


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(TargetRefused, match="not a public address"):
        resolve("http://shop.example/", allow_private=False)


def test_the_checked_address_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to another address the second time (rebinding) gains nothing."""
    answers = iter(["127.0.0.1"])
    real = socket.getaddrinfo

    def rebinding(host: str, *args: object, **kwargs: object) -> object:
        if host == "shop.example":
            return real(next(answers, "127.0.0.2"), *args, **kwargs)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with endpoint(answering(204)) as got:
        answer = Door(allow_private=True).post(f"http://shop.example:{got.port}/ipn?a=1", b"{}", {})
    assert answer.status == 204
    assert list(got) == [("/ipn?a=1", f"shop.example:{got.port}")]


def test_a_name_that_nobody_answers_for_is_waited_for_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def silent(*_: object, **__: object) -> object:
        answered.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    try:
        with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
            look_up("shop.example", 80, 0.1)
        assert not answered.is_set()
    finally:
        answered.set()


def test_names_that_nobody_answers_for_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, asked = threading.Event(), []

    def silent(host: str, *_: object, **__: object) -> object:
        asked.append(host)
        answered.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    try:
        for number in range(AT_ONCE + 5):
            with pytest.raises(TimeoutError):
                look_up(f"name-{number}.example", 80, 0.01)
        assert len(asked) == AT_ONCE
    finally:
        answered.set()
    wait_until(lambda: look_up("after.example", 80, 0.1) == [], "names to be looked up again", ignoring=(TimeoutError,))


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with endpoint(answering(200)) as elsewhere, endpoint(answering(302, Location=elsewhere.url)) as got:
        answer = Door(allow_private=True).post(got.url, b"{}", {})
    assert (answer.status, len(got), list(elsewhere)) == (302, 1, [])


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with endpoint(answering(200)) as got:
        assert Door(allow_private=True).post(got.url, b"{}", {}).status == 200


@pytest.mark.parametrize("before_the_headers_end", [True, False])
def test_an_endpoint_that_drips_is_cut_when_time_is_up(before_the_headers_end: bool) -> None:
    start = b"" if before_the_headers_end else b"HTTP/1.1 200 OK\r\n\r\n"
    with ExitStack() as open_until_the_end:
        listening = open_until_the_end.enter_context(socket.create_server(("127.0.0.1", 0)))
        over = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(start)
                while not over.wait(0.05):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        answer = Door(allow_private=True, total_seconds=1).post(
            f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {}
        )
        over.set()
        thread.join()
    assert answer.duration_ms < 3000
    assert answer.status == (None if before_the_headers_end else 200)


def test_a_handshake_that_drips_is_cut_when_time_is_up() -> None:
    """Each byte comes in time, the end of the handshake never."""
    with ExitStack() as open_until_the_end:
        listening = open_until_the_end.enter_context(socket.create_server(("127.0.0.1", 0)))
        over = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(10_000)
                connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # a record of 16 kB, a ServerHello
                while not over.wait(0.05):
                    connection.sendall(b"\x03")

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        answer = Door(allow_private=True, total_seconds=1).post(url, b"{}", {})
        over.set()
        thread.join()
    assert (answer.status, answer.error) == (None, "no answer within 1 s")


def test_a_connection_made_after_time_was_up_is_closed_at_once() -> None:
    """Looking up a name may take longer than all the rest."""
    ours, theirs = socket.socketpair()
    with theirs, Deadline(0) as deadline:
        wait_until(lambda: deadline.passed, "time to be up")
        with pytest.raises(TimeoutError):
            deadline.watch(ours)
        assert theirs.recv(1) == b""


def test_no_error_names_what_may_be_secret_in_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(answering(200)) as got:
        pass
    with socket.create_server(("127.0.0.1", 0)) as silent:
        places = [
            f"127.0.0.1:{got.port}",
            f"127.0.0.1:{silent.getsockname()[1]}",
            "no-such-host.invalid",
            "127.0.0.1:99999",
            "[broken",
            "a..b",
            "\u2100.example",
            "x" * 300,
        ]
        for place in places:
            for scheme in ("http", "https", "ftp"):
                url = f"{scheme}://user:secret@{place}/secret?key=secret"
                answer = Door(allow_private=True, total_seconds=0.2).post(url, b"{}", {})
                assert (answer.status, "secret" in str(answer.error)) == (None, False), answer.error
                assert answer.error


def test_the_user_of_an_address_becomes_a_credential_and_the_host_is_written_in_ascii(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: real("127.0.0.1" if host.endswith(".example") else host, *a, **k)
    )
    seen: list[str | None] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        answering(200)(handler)

    with endpoint(note) as got:
        answer = Door(allow_private=True).post(f"http://ann:pw@m\u00fcller.example:{got.port}/a b?c=d#e", b"{}", {})
    assert answer.status == 200
    assert list(got) == [("/a%20b?c=d", f"xn--mller-kva.example:{got.port}")]
    assert seen == ["Basic YW5uOnB3"]


def test_an_endpoint_that_never_answers_is_left_when_time_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        answer = Door(allow_private=True, total_seconds=0.5).post(url, b"{}", {})
    assert answer.status is None
    assert answer.error
    assert 400 < answer.duration_ms < 3000


def test_a_refused_connection_is_an_answer_without_status() -> None:
    with endpoint(answering(200)) as got:
        pass
    answer = Door(allow_private=True).post(got.url, b"{}", {})
    assert answer.status is None
    assert "refused" in (answer.error or "")


@pytest.mark.usefixtures("on_public")
def test_five_hundred_characters_of_a_large_answer_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "ä".encode() * 5_000_000
    with endpoint(answering(500, body)) as got:
        answer = Door(allow_private=False).post(got.url, b"{}", {})
    assert (answer.status, answer.excerpt) == (500, "ä" * door.EXCERPT_CHARACTERS)


@pytest.mark.usefixtures("on_public")
def test_an_answer_that_no_database_could_hold_is_made_fit() -> None:
    with endpoint(answering(500, b"a\x00b\xff")) as got:
        answer = Door(allow_private=False).post(got.url, b"{}", {})
    assert answer.excerpt == "a\ufffdb\ufffd"


def test_nothing_of_a_private_answer_is_kept() -> None:
    with endpoint(answering(500, b"secret of an internal service")) as got:
        answer = Door(allow_private=True).post(got.url, b"{}", {})
    assert (answer.status, answer.excerpt) == (500, None)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://8.8.8.8/", "http or https"),
        ("no address", "characters"),
        ("http://8.8.8.8/\x7f", "characters"),
        ("http://127.0.0.1/", "not a public address"),
        ("http://8.8.8.8:25/", "another service"),
        ("http://[::1", "http or https"),
        ("http://8.8.8.8:0/", "port"),
    ],
)
def test_an_address_that_we_would_never_post_to_is_refused_beforehand(url: str, why: str) -> None:
    assert why in (Door(allow_private=False).refusal(url) or "")


def test_an_address_that_we_may_post_to_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    strict, lax = Door(allow_private=False), Door(allow_private=True)
    assert strict.refusal("https://user:word@8.8.8.8/?wc-api=hook") is None
    assert lax.refusal("http://127.0.0.1:8480/wc-api/hook/") is None

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror("nothing known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert strict.refusal("https://not-yet.example/") is None


def test_who_names_an_address_does_not_wait_long_for_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def slow(*_: object, **__: object) -> None:
        answered.wait(20)
        raise socket.gaierror("nothing known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(door, "LOOK_UP_SECONDS", 0.05)
    assert Door(allow_private=False).refusal("https://slow.example/") is None
    assert not answered.is_set()
    answered.set()
