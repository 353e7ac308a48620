"""The rules about a shop: its address, the advice on its settings, who answers in its place, what is sealed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.advice import StoreTerms, advice_on, puts_on_hold
from app.domain.findings import Finding, Level
from app.domain.probe import probe_finding
from app.domain.shop_connect import grant_address, is_same_server, shop_home, why_no_grant
from app.domain.shop_facts import ShopFacts, facts_from
from app.domain.who_answered import first_words, who_answered
from app.errors import BadInput
from app.sealing import CannotSeal, CannotUnseal, Sealer, new_key
from woo_bridge.rest.address import checked_key

KEY, SECRET = "ck_" + "a" * 40, "cs_" + "b" * 40


@pytest.mark.parametrize(
    ("typed", "home"),
    [
        ("shop.example", "https://shop.example"),
        (" https://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example/blog/wp-admin/admin.php?page=wc-settings", "https://shop.example/blog"),
        ("https://shop.example/wp-json/wc/v3/", "https://shop.example"),
        ("https://shop.example:8443/en/#top", "https://shop.example:8443/en"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://Bücher.example/laden", "https://xn--bcher-kva.example/laden"),
    ],
)
def test_the_home_of_a_shop_is_read_from_what_people_paste(typed: str, home: str) -> None:
    assert shop_home(typed, allow_http=False) == home


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "javascript:alert(1)",
        "https://a b",
        "http://shop.example",
        "https://u:p@x.y",
        "https://bücher..example",
        "https://straße.example",  # strasse.example to some, and that may be somebody else's
    ],
)
def test_what_is_no_address_of_a_shop_is_refused_with_a_remedy(typed: str) -> None:
    with pytest.raises(BadInput) as caught:
        shop_home(typed, allow_http=False)
    assert caught.value.field == "address"


def test_http_is_taken_where_the_operator_allows_it() -> None:
    assert shop_home("http://shop.lan", allow_http=True) == "http://shop.lan"


@pytest.mark.parametrize(
    ("confirmed", "reached", "same"),
    [
        ("https://shop.example", "https://shop.example:443/shop", True),
        ("http://shop.example", "https://shop.example", True),
        ("https://shop.example", "http://shop.example", False),
        ("http://shop.example:8080", "https://shop.example", False),
        ("https://shop.example", "https://shop.example:8443", False),
        ("https://shop.example", "https://www.shop.example", False),
        ("https://shop.example", "https://shop.example.evil.test", False),
    ],
)
def test_a_server_is_the_confirmed_one_by_host_and_port_or_by_its_upgrade_to_https(
    confirmed: str, reached: str, same: bool
) -> None:
    assert is_same_server(confirmed, reached) is same


@pytest.mark.parametrize(("key", "secret"), [(KEY, SECRET), (f" {KEY}\n", SECRET), (SECRET, KEY)])
def test_a_key_is_taken_also_with_its_halves_exchanged(key: str, secret: str) -> None:
    found = checked_key(key, secret)
    assert (found.consumer_key, found.consumer_secret) == (KEY, SECRET)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(("key", "secret", "field"), [("", SECRET, "consumer_key"), (KEY, KEY, "consumer_secret")])
def test_half_a_key_is_named_and_not_repeated(key: str, secret: str, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked_key(key, secret)
    assert caught.value.field == field
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://pay.example", "https://localhost", "https://pay.example:9000", "https://box.lan"]
)
def test_a_shop_would_not_send_its_key_everywhere(url: str) -> None:
    assert why_no_grant(url)


def test_a_shop_sends_its_key_to_a_public_https_address() -> None:
    assert why_no_grant("https://pay.example") is None
    plain = grant_address("https://s.example", "t", "https://p.example/b", "https://p.example/c", plain=True)
    assert plain.startswith("https://s.example/?wc-auth-version=1&wc-auth-route=authorize&")


FACTS = ShopFacts(
    currency="EUR",
    decimals=2,
    manages_stock=True,
    hold_stock_minutes=60,
    gateways={"btcpaygf_default": True},
    plugins={"btcpay-greenfield-for-woocommerce": "2.8.0"},
    wp_cron=True,
)
TERMS = StoreTerms("EUR", 900, "MediumSpeed")


def of(check: str, facts: ShopFacts, terms: StoreTerms = TERMS) -> Finding:
    return next(finding for finding in advice_on(facts, terms) if finding.check == check)


def test_a_shop_as_it_should_be_gets_no_advice() -> None:
    assert {finding.level for finding in advice_on(FACTS, TERMS)} == {Level.OK}


@pytest.mark.parametrize(
    ("held", "expires", "policy", "on_hold", "level"),
    [
        (60, 900, "MediumSpeed", None, Level.OK),
        (10, 900, "MediumSpeed", None, Level.FAILED),  # cancelled while the buyer is paying
        (15, 900, "HighSpeed", False, Level.OK),
        (30, 900, "MediumSpeed", False, Level.WARNING),  # cancelled while it waits for a block
        (30, 900, "MediumSpeed", True, Level.OK),
        (30, 900, "MediumSpeed", None, Level.OK),  # it holds stock, so orders are put on hold
        (60, 900, "LowSpeed", False, Level.WARNING),
        (0, 86_400, "LowSpeed", False, Level.OK),
        (None, 900, "HighSpeed", True, Level.WARNING),  # what it did not tell is no good news
    ],
)
def test_hold_stock_is_compared_with_expiry_and_confirmations(
    held: int | None, expires: int, policy: str, on_hold: bool | None, level: Level
) -> None:
    found = of("hold stock", replace(FACTS, hold_stock_minutes=held), StoreTerms("EUR", expires, policy, on_hold))
    assert found.level is level
    assert bool(found.remedy) == (level is not Level.OK)


def test_hold_stock_without_managed_stock_cancels_nothing() -> None:
    assert of("hold stock", replace(FACTS, manages_stock=False, hold_stock_minutes=None)).level is Level.OK


def test_a_shop_that_did_not_tell_whether_it_holds_stock_has_its_orders_put_on_hold() -> None:
    silent = replace(FACTS, manages_stock=None)
    assert of("hold stock", silent).level is Level.WARNING
    assert "did not tell" in of("hold stock", silent).says
    chosen = [puts_on_hold(silent, wanted) for wanted in (None, True, False)]
    assert chosen == [True, True, False]
    assert not puts_on_hold(replace(silent, hold_stock_minutes=0), None)


@pytest.mark.parametrize(
    ("check", "facts", "level"),
    [
        ("payment method", replace(FACTS, gateways={"btcpay": False}), Level.FAILED),
        ("payment method", replace(FACTS, gateways={}), Level.FAILED),
        ("payment method", replace(FACTS, gateways=None), Level.WARNING),
        ("decimals", replace(FACTS, decimals=0), Level.WARNING),
        ("decimals", replace(FACTS, currency="JPY", decimals=0), Level.OK),
        ("WP-Cron", replace(FACTS, wp_cron=False), Level.WARNING),
        ("permalinks", replace(FACTS, plain_permalinks=True), Level.WARNING),
        ("currency", replace(FACTS, currency=None), Level.WARNING),
        ("plugin", replace(FACTS, plugins={"btcpay-greenfield-for-woocommerce": "1.9.1"}), Level.WARNING),
    ],
)
def test_each_setting_that_hurts_is_named_with_its_remedy(check: str, facts: ShopFacts, level: Level) -> None:
    found = of(check, facts)
    assert found.level is level
    assert bool(found.remedy) == (level is not Level.OK)


def test_facts_come_back_as_they_were_kept_and_names_of_other_versions_are_left_out() -> None:
    assert facts_from(json.loads(json.dumps(FACTS.to_json())) | {"newer": 1}) == FACTS
    assert facts_from(None) == ShopFacts()


@pytest.mark.parametrize(
    ("status", "excerpt", "level", "words"),
    [
        (200, "-1", Level.OK, "takes our events"),
        (200, '{"message":"No order found for this invoiceId."}', Level.OK, "takes our events"),
        (500, '{"message":"Webhook request validation failed."}', Level.FAILED, "another secret"),
        (503, "<title>Maintenance</title>", Level.WARNING, "maintenance"),
        (403, "<title>Blocked</title>Wordfence", Level.FAILED, "Wordfence"),
        (403, None, Level.FAILED, "403"),
        (301, "", Level.FAILED, "301"),
        (404, "<html>", Level.FAILED, "404"),
        (500, "Fatal error", Level.FAILED, "Fatal error"),
        (None, None, Level.FAILED, "refused"),
    ],
)
def test_a_probe_tells_who_answered(status: int | None, excerpt: str | None, level: Level, words: str) -> None:
    found = probe_finding("shop.example", status, None if status else "refused", excerpt)
    assert found.level is level
    assert words in found.says
    assert bool(found.remedy) == (level is not Level.OK)


def test_cloudflare_says_who_it_is_in_a_header_only() -> None:
    assert who_answered({"server": "cloudflare"}, "") == "Cloudflare"
    assert who_answered({"server": "nginx"}, "<html>hello</html>") is None


def test_the_first_words_of_a_page_are_its_title_without_anything_that_runs() -> None:
    assert first_words("<html><title> Database\n Error </title><body>x") == "Database Error"
    assert first_words("<script>alert(1)</script><b>Fatal</b> error") == "Fatal error"
    assert first_words("<title>  </title>words") == "words"
    assert len(first_words("x" * 5000)) == 160


def test_what_is_sealed_opens_only_with_its_key_and_for_what_it_is_about() -> None:
    old, new = new_key(), new_key()
    sealed = Sealer([old]).seal("ck:cs", "store-1")
    assert "ck:cs" not in sealed
    assert Sealer([new, old]).unseal(sealed, "store-1") == "ck:cs"
    for keys, about in (([new], "store-1"), ([old], "store-2"), ([], "store-1")):
        with pytest.raises(CannotUnseal):
            Sealer(keys).unseal(sealed, about)
    with pytest.raises(CannotUnseal):
        Sealer([old]).unseal("nonsense", "store-1")


def test_without_a_key_nothing_is_sealed_and_the_remedy_is_told() -> None:
    assert not Sealer([]).is_ready
    with pytest.raises(CannotSeal, match="flask secret new"):
        Sealer([]).seal("ck:cs", "store-1")


def test_the_module_that_encrypts_is_the_only_one() -> None:
    sources = (Path(__file__).parents[2] / "app").rglob("*.py")
    assert [path.name for path in sources if "Fernet" in path.read_text(encoding="utf-8")] == ["sealing.py"]
