"""The REST client: what is asked, how it is proved, and what each kind of failure is called."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.deadline import Deadline
from app.domain.advice import StoreTerms
from app.domain.shop_order import OrderGone, ShopOrder
from app.notify import Door
from app.notify.pinned import PinnedAdapter
from app.notify.targets import resolve
from tests.shop_stub import HTML, KEY, Asked, Said, StubShop, an_order, stub_shop
from woo_bridge.doctor import examine
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.address import Auth, ShopAddress
from woo_bridge.rest.discover import discover
from woo_bridge.rest.find_auth import find_auth, require_write
from woo_bridge.rest.hook import Hook, keep_hook
from woo_bridge.rest.line import Line
from woo_bridge.rest.read_facts import read_facts
from woo_bridge.rest.shop import Shop

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LINE = Line(Door(allow_private=True).adapter, total_seconds=5)
TERMS = StoreTerms("EUR", 900, "MediumSpeed")


def now() -> datetime:
    return NOW


def client(stub: StubShop, auth: Auth = Auth.OAUTH_HTTP, line: Line = LINE) -> Shop:
    return Shop(ShopAddress(stub.root, auth), KEY, line, now)


def trouble_with(said: Said, method: str = "GET") -> ShopTrouble:
    """What the client makes of an answer."""
    with stub_shop(answers=lambda _asked: said) as stub, pytest.raises(ShopTrouble) as caught:
        client(stub).ask(method, "/orders/1", {}, {} if method == "PUT" else None)
    return caught.value


def test_an_order_is_read_with_the_fields_that_are_needed_and_no_others() -> None:
    with stub_shop(orders={107: an_order()}) as stub:
        order = client(stub).order(107)
        assert isinstance(order, ShopOrder)
        assert (order.id, str(order.total), order.plugin_invoice_id) == (107, "12.34", "inv1")
        (asked,) = stub.asked
        assert "billing" not in asked.query["_fields"]
        assert "oauth" not in str(asked.query)


def test_an_order_that_is_gone_is_a_value_for_reading_and_for_writing() -> None:
    with stub_shop() as stub:
        assert client(stub).order(9) == OrderGone(9)
        assert client(stub).put_order(9, {"status": "processing"}) == OrderGone(9)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_change_returns_the_order_as_it_is_afterwards(method: str) -> None:
    with stub_shop(orders={107: an_order()}) as stub:
        shop = client(stub)
        change = shop.put_order if method == "PUT" else shop.post_order
        order = change(107, {"status": "on-hold"})
        assert isinstance(order, ShopOrder)
        assert order.status == "on-hold"
        assert (stub.asked[-1].method, stub.asked[-1].body) == (method, {"status": "on-hold"})


def test_changed_orders_are_asked_for_in_utc_and_beyond_those_that_are_known() -> None:
    def answers(asked: Asked) -> Said:
        return Said(200, [an_order(int(asked.query["offset"]) + 1)], {"X-WP-Total": "2"})

    with stub_shop(answers=answers) as stub:
        first = client(stub).orders_modified_after(NOW)
        second = client(stub).orders_modified_after(NOW, 1)
    assert (first.has_more, second.has_more) == (True, False)
    assert [order.id for order in (*first.orders, *second.orders)] == [1, 2]
    asked = stub.asked[0].query
    assert asked["modified_after"] == "2026-11-23T03:00:00"
    assert (asked["dates_are_gmt"], asked["per_page"]) == ("true", "100")


def test_orders_are_asked_for_with_a_list_of_commas() -> None:
    with stub_shop(orders={1: an_order(1), 2: an_order(2)}) as stub:
        assert [order.id for order in client(stub).orders([1, 2])] == [1, 2]
        assert stub.asked[0].query["include"] == "1,2"
        assert client(stub).orders([]) == []
        assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("said", "method", "kind", "words"),
    [
        (
            Said(500, "<html><title>Database Error</title></html>", HTML),
            "GET",
            TroubleKind.SERVER_ERROR,
            "Database Error",
        ),
        (
            Said(500, {"code": "internal_server_error", "message": "<p>critical</p>"}),
            "PUT",
            TroubleKind.SERVER_ERROR,
            "critical",
        ),
        (
            Said(503, "<title>Maintenance</title>", {**HTML, "Retry-After": "600"}),
            "GET",
            TroubleKind.MAINTENANCE,
            "Maintenance",
        ),
        (Said(429, "slow down", {"Retry-After": "7"}), "GET", TroubleKind.TOO_OFTEN, "slow down"),
        (Said(200, "<html><title>My shop</title></html>", HTML), "GET", TroubleKind.HTML, "My shop"),
        (Said(200, "Notice: undefined {"), "GET", TroubleKind.BAD_JSON, "Notice"),
        (Said(403, "<title>Blocked</title> generated by Wordfence", HTML), "GET", TroubleKind.BLOCKED, "Wordfence"),
        (Said(403, "no", {"Server": "cloudflare"}), "GET", TroubleKind.BLOCKED, "Cloudflare"),
        (Said(406, "Not Acceptable! Mod_Security", HTML), "GET", TroubleKind.BLOCKED, "ModSecurity"),
        (Said(404, {"code": "rest_no_route", "message": "No route"}), "GET", TroubleKind.NO_REST_API, "rest_no_route"),
        (Said(404, "<title>Nothing</title>", HTML), "GET", TroubleKind.NO_REST_API, "Nothing"),
        (Said(401, {"code": "woocommerce_rest_cannot_view", "message": ""}), "GET", TroubleKind.KEY_REFUSED, "401"),
        (Said(401, {"code": "invalid_username", "message": "<b>no</b>"}), "GET", TroubleKind.KEY_REFUSED, "no"),
        (
            Said(401, {"code": "woocommerce_rest_authentication_error", "message": "no write"}),
            "PUT",
            TroubleKind.WRITE_REFUSED,
            "no write",
        ),
        (Said(401, {"code": "rest_not_logged_in", "message": "no"}), "GET", TroubleKind.BLOCKED, "rest_not_logged_in"),
        (Said(403, {"code": "woocommerce_rest_cannot_edit", "message": "no"}), "PUT", TroubleKind.ROLE_TOO_WEAK, "403"),
        (Said(400, {"code": "rest_invalid_param", "message": "status"}), "PUT", TroubleKind.BAD_REQUEST, "status"),
        (Said(301, "", {"Location": "https://shop.example/x?key=1"}), "GET", TroubleKind.REDIRECTED, "shop.example/x "),
    ],
)
def test_each_failure_has_a_name_and_a_remedy(said: Said, method: str, kind: TroubleKind, words: str) -> None:
    trouble = trouble_with(said, method)
    assert trouble.kind is kind
    assert words in trouble.says
    assert trouble.remedy
    assert "key=1" not in str(trouble)


def test_how_long_to_wait_is_told() -> None:
    assert trouble_with(Said(503, "", {"Retry-After": "600"})).retry_after == 600
    assert trouble_with(Said(503, "", {"Retry-After": "Mon, 23 Nov 2026 03:00:00 GMT"})).retry_after is None


def test_after_a_5xx_the_outcome_is_unknown_and_after_a_refusal_it_is_not() -> None:
    assert trouble_with(Said(500, "x"), "PUT").outcome_unknown
    assert not trouble_with(Said(401, {"code": "woocommerce_rest_cannot_edit"}), "PUT").outcome_unknown


def test_a_shop_that_does_not_answer_in_time_is_told_as_that() -> None:
    release = threading.Event()

    def answers(_asked: Asked) -> Said:
        release.wait(10)
        return Said(200, {})

    hasty = Line(Door(allow_private=True).adapter, total_seconds=0.3)
    with stub_shop(answers=answers) as stub:
        with pytest.raises(ShopTrouble) as caught:
            client(stub, line=hasty).order(1)
        release.set()
    assert caught.value.kind is TroubleKind.TIMEOUT
    assert caught.value.outcome_unknown


def test_a_shop_where_nobody_listens_is_unreachable_and_nothing_was_sent() -> None:
    with stub_shop() as stub:
        pass
    with pytest.raises(ShopTrouble) as caught:
        client(stub).order(1)
    assert caught.value.kind is TroubleKind.UNREACHABLE
    assert not caught.value.outcome_unknown
    assert "refused" in caught.value.says


def test_a_private_address_is_not_called_unless_the_operator_allows_it() -> None:
    with stub_shop() as stub, pytest.raises(ShopTrouble) as caught:
        client(stub, line=Line(Door(allow_private=False).adapter)).order(1)
    assert caught.value.kind is TroubleKind.TARGET_REFUSED
    assert stub.asked == []


def test_an_order_that_woocommerce_would_not_tell_so_is_trouble_and_not_a_crash() -> None:
    with stub_shop(orders={1: an_order(1, total=None)}) as stub, pytest.raises(ShopTrouble) as caught:
        client(stub).order(1)
    assert caught.value.kind is TroubleKind.BAD_JSON
    assert "order.total" in caught.value.says


@pytest.mark.parametrize(("https_seen", "auth"), [(False, Auth.OAUTH_HTTP), (True, Auth.OAUTH_HTTPS)])
def test_the_proof_that_the_shop_accepts_is_found_and_no_secret_goes_over_http(https_seen: bool, auth: Auth) -> None:
    with stub_shop(https_seen=https_seen) as stub:
        found = find_auth(LINE, discover(LINE, stub.home), KEY, now)
    assert found.auth is auth
    assert not any(KEY.consumer_secret in str(asked.headers) for asked in stub.asked)
    assert not any(asked.headers.get("Authorization", "").startswith("Basic") for asked in stub.asked)


def test_a_security_plugin_that_refuses_one_proof_does_not_keep_the_next_from_being_tried() -> None:
    refusal = Said(401, {"code": "rest_not_logged_in", "message": "You are not currently logged in."})
    with stub_shop(https_seen=True) as stub:
        root = discover(LINE, stub.home)
        proofs: list[str] = []

        def answers(asked: Asked) -> Said:
            proofs.append(asked.headers["Authorization"])
            return refusal if len(proofs) == 1 else stub.usual(asked)

        stub.answers = answers
        assert find_auth(LINE, root, KEY, now).auth is Auth.OAUTH_HTTPS
        stub.answers = lambda _asked: refusal
        with pytest.raises(ShopTrouble, match="rest_not_logged_in") as caught:
            find_auth(LINE, root, KEY, now)
    assert (caught.value.kind, "security plugin" in caught.value.remedy) == (TroubleKind.BLOCKED, True)


def test_a_key_is_not_shown_to_the_server_that_the_confirmed_one_sends_its_visitors_to() -> None:
    with stub_shop() as other, stub_shop(answers=lambda _asked: Said(302, "", {"Location": f"{other.home}/"})) as stub:
        seen = examine(LINE, stub.home, KEY, TERMS, now)
        assert not any("Authorization" in asked.headers for asked in other.asked)
        assert seen.trouble is not None
        assert (seen.trouble.kind, seen.is_usable) == (TroubleKind.REDIRECTED, False)
        assert other.home in seen.trouble.remedy
        assert examine(LINE, other.home, KEY, TERMS, now).auth is Auth.OAUTH_HTTP


def test_a_key_that_may_only_read_is_found_out_without_a_change() -> None:
    with stub_shop(orders={1: an_order(1)}) as stub:
        require_write(client(stub))
        assert stub.orders[1]["status"] == "pending"
        stub.may_write = False
        with pytest.raises(ShopTrouble) as caught:
            require_write(client(stub))
    assert caught.value.kind is TroubleKind.WRITE_REFUSED


def test_the_root_is_found_by_the_link_header_by_the_page_or_by_a_guess() -> None:
    with stub_shop() as stub:
        by_header = discover(LINE, stub.home)
        assert (by_header.root_url, by_header.name, by_header.has_woocommerce) == (stub.root, "Stub & Sons", True)
        page = f'<html><link rel="https://api.w.org/" href="{stub.root}" /></html>'
        stub.answers = lambda asked: Said(200, page, HTML) if asked.path == "/" else stub.usual(asked)
        assert discover(LINE, stub.home).root_url == stub.root
        stub.answers = lambda asked: Said(200, "<html></html>", HTML) if asked.path == "/" else stub.usual(asked)
        assert discover(LINE, stub.home).root_url == stub.root


@pytest.mark.parametrize(
    ("asked_for", "root", "told", "home"),
    [
        ("/my-account/orders", "/wp-json/", "http://inner.shop:8080", ""),
        ("/my-account/orders", "/wp-json/", None, ""),  # it tells strangers nothing
        ("/en/shop", "/en/index.php/wp-json/", None, "/en"),
        ("/blog/shop", "/blog/wp-json/", "https://shop.example/blog/", "/blog"),
        ("/shop", "/index.php?rest_route=/", None, ""),
        ("/blog/shop", "/blog/?rest_route=/", None, "/blog"),
        ("/shop", "/wp-json/", "javascript:alert(1)", ""),
    ],
)
def test_the_home_of_a_shop_is_its_own_and_not_the_page_that_was_pasted(
    asked_for: str, root: str, told: str | None, home: str
) -> None:
    with stub_shop() as stub:
        index = Said(200, {"namespaces": ["wc/v3"], "home": told})

        def answers(asked: Asked) -> Said:
            is_index = "rest_route" in asked.query or asked.path.endswith("/wp-json/")
            link = {"Link": f'<{stub.home}{root}>; rel="https://api.w.org/"'}
            return index if is_index else Said(200, "<html>account</html>", {**HTML, **link})

        stub.answers = answers
        found = discover(LINE, stub.home + asked_for)
        assert (found.home_url, found.root_url) == (stub.home + home, stub.home + root)


def test_a_home_page_that_sends_its_visitors_to_another_page_of_the_shop_is_no_matter() -> None:
    with stub_shop(settings=dict(SETTINGS)) as stub:
        landing = Said(302, "", {"Location": "/shop/"})
        page = Said(200, "", {"Link": f'<{stub.root}>; rel="https://api.w.org/"'})
        pages = {"/": landing, "": landing, "/shop/": page}
        stub.answers = lambda asked: pages.get(asked.path) or stub.usual(asked)
        seen = examine(LINE, stub.home, KEY, TERMS, now)
    assert seen.root is not None
    assert seen.root.home_url == stub.home
    assert "redirect" not in {finding.check for finding in seen.findings}


def test_an_international_name_goes_over_the_line_in_ascii() -> None:
    with stub_shop() as stub:
        port, called = urlsplit(stub.home).port, list[str]()

        def opener(url: str, deadline: Deadline) -> PinnedAdapter:
            called.append(url)
            return PinnedAdapter(resolve(stub.home, allow_private=True), deadline)

        Line(opener).ask("GET", f"http://bücher.example:{port}/wp-json/", {})
        assert stub.asked[0].headers["Host"] == f"xn--bcher-kva.example:{port}"
        assert called == [f"http://xn--bcher-kva.example:{port}/wp-json/"]


def test_a_user_in_the_address_that_a_shop_sends_its_visitors_to_is_left_out() -> None:
    with stub_shop() as stub:
        there = Said(302, "", {"Location": stub.home.replace("//", "//ann:secret@") + "/shop"})
        page = Said(200, "", {"Link": f'<{stub.root}>; rel="https://api.w.org/"'})
        pages = {"/": there, "": there, "/shop": page}
        stub.answers = lambda asked: pages.get(asked.path) or stub.usual(asked)
        found = discover(LINE, stub.home)
    assert "secret" not in str(found)
    assert not any("Authorization" in asked.headers for asked in stub.asked)


def test_plain_permalinks_are_told_by_the_root() -> None:
    with stub_shop() as stub:
        link = f'<{stub.home}/index.php?rest_route=/>; rel="https://api.w.org/"'
        index = {"name": "x", "namespaces": ["wc/v3"]}
        stub.answers = lambda asked: Said(200, index) if "rest_route" in asked.query else Said(200, "", {"Link": link})
        found = discover(LINE, stub.home)
    assert found.plain_permalinks
    assert found.root_url.endswith("/index.php?rest_route=/")


def test_a_root_that_speaks_to_known_people_only_is_still_a_root() -> None:
    with stub_shop() as stub:
        refusal = Said(401, {"code": "rest_not_logged_in", "message": "You are not currently logged in."})
        stub.answers = lambda asked: refusal if asked.path == "/wp-json/" else stub.usual(asked)
        assert discover(LINE, stub.home).has_woocommerce is None


def test_what_the_shop_calls_itself_is_signed_and_what_a_person_typed_is_called() -> None:
    with stub_shop() as stub:
        inner = '<http://inner.shop:8080/wp-json/>; rel="https://api.w.org/"'
        stub.answers = lambda asked: Said(200, "", {"Link": inner}) if asked.path == "/" else stub.usual(asked)
        found = discover(LINE, stub.home)
    assert found.root_url == stub.root
    assert found.named_root_url == "http://inner.shop:8080/wp-json/"


@pytest.mark.parametrize(
    ("answers", "kind", "words"),
    [
        (Said(200, "<html></html>", HTML), TroubleKind.NO_REST_API, "no REST API was found"),
        (Said(403, "Wordfence", HTML), TroubleKind.BLOCKED, "Wordfence"),
        (Said(301, "", {"Location": "/again"}), TroubleKind.REDIRECTED, "more than 5 times"),
        (Said(301, "", {"Location": "javascript:alert(1)"}), TroubleKind.REDIRECTED, "sends its visitors"),
    ],
)
def test_a_place_that_is_no_shop_is_told_as_what_it_is(answers: Said, kind: TroubleKind, words: str) -> None:
    with stub_shop(answers=lambda _asked: answers) as stub, pytest.raises(ShopTrouble) as caught:
        discover(LINE, stub.home)
    assert caught.value.kind is kind
    assert words in caught.value.says


@pytest.mark.parametrize(
    ("index", "kind", "remedy"),
    [
        (Said(403, "<title>Attention Required! | Cloudflare</title>", HTML), TroubleKind.BLOCKED, "Cloudflare"),
        (Said(503, "<title>Maintenance</title>", HTML), TroubleKind.MAINTENANCE, "update"),
        (Said(301, "", {"Location": "https://www.shop.example/wp-json/"}), TroubleKind.REDIRECTED, "connect again"),
        (Said(500, "<p>Error</p>", HTML), TroubleKind.SERVER_ERROR, "error log"),
    ],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_a_root_that_does_not_answer_is_told_with_its_own_remedy(
    index: Said, kind: TroubleKind, remedy: str, is_named: bool
) -> None:
    with stub_shop() as stub:
        home = {"Link": f'<{stub.root}>; rel="https://api.w.org/"'} if is_named else {}
        page = Said(200, "<html>shop</html>", {**HTML, **home})
        stub.answers = lambda asked: index if asked.path == "/wp-json/" else page
        with pytest.raises(ShopTrouble) as caught:
            discover(LINE, stub.home)
    assert caught.value.kind is kind
    assert remedy in caught.value.remedy


def test_a_root_that_is_named_and_answers_with_a_page_is_a_matter_of_permalinks() -> None:
    with stub_shop() as stub:
        page = Said(200, "<html>shop</html>", {**HTML, "Link": f'<{stub.root}>; rel="https://api.w.org/"'})
        stub.answers = lambda _asked: page
        with pytest.raises(ShopTrouble) as caught:
            discover(LINE, stub.home)
    assert "permalinks" in caught.value.remedy


SETTINGS: dict[str, Any] = {
    "/settings/general/woocommerce_currency": {"value": "EUR"},
    "/settings/general/woocommerce_price_num_decimals": {"value": "2"},
    "/settings/products/woocommerce_manage_stock": {"value": "yes"},
    "/settings/products/woocommerce_hold_stock_minutes": {"value": "60"},
    "/payment_gateways": [{"id": "bacs", "enabled": True}, {"id": "btcpaygf_default", "enabled": True}],
    "/system_status": {
        "environment": {"version": "11.0.1", "wp_version": "7.1.4", "wp_cron": True, "home_url": "http://shop"},
        "active_plugins": [
            {"plugin": "btcpay-greenfield-for-woocommerce/main.php", "version": "2.8.0"},
            {"plugin": "x/y"},
        ],
    },
}


def test_the_settings_are_read_and_what_is_kept_back_is_not_known() -> None:
    with stub_shop(settings=dict(SETTINGS)) as stub:
        facts = read_facts(client(stub))
        assert (facts.currency, facts.decimals, facts.hold_stock_minutes, facts.wp_cron) == ("EUR", 2, 60, True)
        assert facts.gateways == {"btcpaygf_default": True}
        assert facts.plugins == {"btcpay-greenfield-for-woocommerce": "2.8.0"}
        stub.settings = {"/settings/products/woocommerce_hold_stock_minutes": {"value": ""}}
        facts = read_facts(client(stub))
        assert (facts.currency, facts.hold_stock_minutes, facts.holds_stock) == (None, 0, False)
        stub.settings = {}
        facts = read_facts(client(stub))
        assert (facts.hold_stock_minutes, facts.holds_stock, facts.gateways) == (None, None, None)


def test_a_webhook_that_the_shop_disabled_is_made_anew_and_never_revived() -> None:
    hooks: dict[int, dict[str, Any]] = {}

    def answers(asked: Asked) -> Said:
        if asked.method == "POST":
            hooks[len(hooks) + 1] = {"id": len(hooks) + 1, "status": "active", **asked.body}
            return Said(201, hooks[len(hooks)])
        number = int(asked.path.rsplit("/", 1)[1])
        if number not in hooks:
            return Said(404, {"code": "woocommerce_rest_shop_webhook_invalid_id", "message": "Invalid ID."})
        if asked.method == "DELETE":
            assert asked.query["force"] == "true"
            hooks[number] = {"status": "deleted"}
        return Said(200, hooks[number])

    with stub_shop(answers=answers) as stub:
        shop, url = client(stub), "https://pay.example/woo/hook/s"
        assert keep_hook(shop, None, url, "secret") == Hook(1, is_new=True)
        assert keep_hook(shop, 1, url, "secret") == Hook(1, is_new=False)
        hooks[1]["status"] = "disabled"
        assert keep_hook(shop, 1, url, "secret") == Hook(2, is_new=True)
        assert hooks[1] == {"status": "deleted"}
        assert keep_hook(shop, 9, url, "secret") == Hook(3, is_new=True)
        assert not any(asked.method == "PUT" for asked in stub.asked)


def test_where_the_shop_sees_https_the_key_is_sent_as_it_is() -> None:
    with stub_shop(orders={107: an_order()}, https_seen=True) as stub:
        assert isinstance(client(stub, Auth.BASIC).order(107), ShopOrder)
        assert stub.asked[0].headers["Authorization"].startswith("Basic ")


def test_a_certificate_that_does_not_verify_is_told_and_nothing_is_sent(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with stub_shop(tls=(certificate, key)) as stub, pytest.raises(ShopTrouble) as caught:
        client(stub, Auth.BASIC).order(107)
    assert caught.value.kind is TroubleKind.UNREACHABLE
    assert "no safe connection" in caught.value.says
    assert "certificate" in caught.value.remedy
    assert stub.asked == []


def test_a_connection_that_breaks_after_the_request_was_sent_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with breaks_tls(certificate, key) as url:
        line = Line(lambda asked, deadline: Trusting(asked, deadline, certificate), total_seconds=5)
        with pytest.raises(ShopTrouble) as caught:
            line.ask("PUT", f"{url}/wp-json/wc/v3/orders/1", {}, b"{}")
    assert caught.value.kind is TroubleKind.CUT_OFF
    assert caught.value.outcome_unknown


class Trusting(PinnedAdapter):
    """Takes one certificate that nobody vouches for."""

    def __init__(self, url: str, deadline: Deadline, certificate: Path) -> None:
        self._certificate = certificate
        super().__init__(resolve(url, allow_private=True), deadline)

    def send(self, *args: Any, **options: Any) -> requests.Response:
        return super().send(*args, **{**options, "verify": str(self._certificate)})


@contextmanager
def breaks_tls(certificate: Path, key: Path) -> Iterator[str]:
    """A server that shakes hands, reads the request, and then says what is no TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            opened, _ = server.accept()
            with opened.dup() as below, context.wrap_socket(opened, server_side=True) as above:
                while not above.recv(10_000).endswith(b"{}"):
                    pass
                below.sendall(b"this is no TLS\r\n")

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        serving.join(5)


def self_signed(directory: Path) -> tuple[Path, Path]:
    """A certificate that nobody vouches for, and its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    made = made.serial_number(1).not_valid_before(NOW - timedelta(days=9)).not_valid_after(NOW + timedelta(days=999))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    certificate.write_bytes(made.sign(private, SHA256()).public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key


def test_an_order_that_nobody_understands_is_left_out_of_a_list_and_is_odd_alone() -> None:
    with stub_shop(orders={7: {**an_order(), "id": 7, "total": None}, 107: an_order()}) as stub:
        assert [order.id for order in client(stub).orders([7, 107])] == [107]
        assert [order.id for order in client(stub).orders_modified_after(NOW).orders] == [107]
        with pytest.raises(ShopTrouble, match=r"order\.total") as caught:
            client(stub).order(7)
        assert caught.value.is_odd


@pytest.mark.parametrize("write", [False, True])
def test_another_orders_answer_is_not_taken_for_the_one_that_was_asked_for(write: bool) -> None:
    with stub_shop(orders={7: an_order()}) as stub, pytest.raises(ShopTrouble, match="with order 107") as caught:
        client(stub).put_order(7, {}) if write else client(stub).order(7)
    assert caught.value.kind is TroubleKind.BAD_JSON


def test_a_key_that_a_shop_prints_into_its_page_of_an_error_is_not_repeated() -> None:
    both = f"{KEY.consumer_key}:{KEY.consumer_secret}"
    trouble = trouble_with(Said(500, f"<p>PHP Fatal error: $_SERVER {both}</p>", HTML))
    assert trouble.kind is TroubleKind.SERVER_ERROR
    for half in (KEY.consumer_key, KEY.consumer_secret):
        assert half not in f"{trouble} {trouble.says} {trouble!r}"


@pytest.mark.parametrize("header", ["Location", "Link"])
def test_an_address_that_is_none_in_a_header_is_the_shops_trouble(header: str) -> None:
    link = '<http://[evil>; rel="https://api.w.org/"' if header == "Link" else "http://[evil"
    said = Said(301 if header == "Location" else 404, "", {header: link})
    with stub_shop(answers=lambda _asked: said) as stub, pytest.raises(ShopTrouble):
        discover(LINE, stub.home)
    assert isinstance(trouble_with(said), ShopTrouble)


def test_what_no_database_can_keep_does_not_come_in_with_a_shops_words() -> None:
    def answers(asked: Asked) -> Said:
        named = {"name": "A\x00\ud800 shop", "namespaces": ["wc/v3"]}
        return Said(200, named) if asked.path == "/wp-json/" else stub.usual(asked)

    with stub_shop() as stub:
        stub.answers = answers
        assert discover(LINE, stub.home).name == "A shop"
    trouble = trouble_with(Said(401, {"code": "woocommerce_rest_\x00\ud800", "message": "no\x00"}))
    assert trouble.says.isprintable()
