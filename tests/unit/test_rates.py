"""Rate sources, against a local server with the exchange's answer shape."""

import json
from decimal import Decimal
from types import ModuleType

import pytest

from app.domain.rates import FIXED, SOURCES, BidAsk
from app.errors import ConfigError
from app.rates import EXCHANGES, bitpay, bitstamp, coinbase, source_named
from app.rates.http import SourceFailed, get
from app.rates.kraken import CURRENCIES, Kraken, parse
from tests.exchange import drip, exchange


def ticker(bid: str) -> dict[str, object]:
    return {
        "a": ["99999.90000", "1", "1.000"],
        "b": [bid, "2", "2.000"],
        "c": ["99999.50000", "0.00100000"],
        "v": ["1.0", "2.0"],
        "p": ["1.0", "2.0"],
        "t": [1, 2],
        "l": ["1.0", "2.0"],
        "h": ["1.0", "2.0"],
        "o": "1.0",
    }


ANSWER = {"error": [], "result": {"XXBTZEUR": ticker("54321.10000"), "XBTCHF": ticker("50000.1")}}
ASK = Decimal("99999.9")


def test_kraken_gives_bid_and_ask_of_every_pair_by_one_request() -> None:
    with exchange(json.dumps(ANSWER).encode()) as (url, asked):
        euro, franc = BidAsk(Decimal("54321.1"), ASK), BidAsk(Decimal("50000.1"), ASK)
        assert Kraken(url).fetch() == {"BTC_EUR": euro, "BTC_CHF": franc}
    assert len(asked) == 1
    assert all(f"XBT{currency}" in asked[0] for currency in CURRENCIES)


def test_rates_are_exact_decimals() -> None:
    bid = "54321.123456789012345678901"
    rates = parse(json.dumps({"error": [], "result": {"XXBTZUSD": ticker(bid)}}).encode())
    assert rates["BTC_USD"].bid == Decimal(bid)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"[]",
        b"{}",
        b'{"error":["EService:Unavailable"]}',
        b'{"error":[],"result":{"XXBTZEUR":{}}}',
        b'{"error":[],"result":{"XXBTZEUR":{"b":["much"]}}}',
    ],
)
def test_an_answer_that_is_not_kraken_s_is_a_named_failure(body: bytes) -> None:
    with pytest.raises(SourceFailed):
        parse(body)


def test_a_failing_exchange_is_a_named_failure() -> None:
    with exchange(b"{}", status=503) as (url, _), pytest.raises(SourceFailed, match="503"):
        Kraken(url).fetch()


def test_an_exchange_that_is_not_there_is_a_named_failure() -> None:
    with exchange(b"{}") as (url, _):
        pass
    with pytest.raises(SourceFailed, match="no answer"):
        Kraken(url).fetch()


def test_an_answer_that_drips_ends_when_time_is_up() -> None:
    with drip() as url, pytest.raises(SourceFailed, match=r"within 0\.5 s"):
        get(url, total_seconds=0.5)


def test_what_the_environment_says_of_proxies_is_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with exchange(b"1") as (url, _):
        assert get(f"{url}/rates") == b"1"


def test_a_redirect_is_not_followed() -> None:
    good = json.dumps(ANSWER).encode()
    with (
        exchange(good) as (elsewhere, asked),
        exchange(b"", status=302, location=f"{elsewhere}/x") as (url, _),
        pytest.raises(SourceFailed),
    ):
        Kraken(url).fetch()
    assert asked == []


def test_the_fixed_source_gives_what_the_operator_wrote() -> None:
    assert source_named("fixed", {"BTC_EUR": Decimal(50000)}).fetch() == {"BTC_EUR": BidAsk.of(Decimal(50000))}


def test_every_source_that_stores_may_choose_exists_under_its_name() -> None:
    assert set(SOURCES) == {*EXCHANGES, FIXED}
    assert {name: source_named(name, {}).name for name in SOURCES} == {name: name for name in SOURCES}


BITPAY = """{"data":[{"code":"BTC","name":"Bitcoin","rate":1},{"code":"EUR","name":"Euro","rate":54321.12345678901234},
    {"code":"JPY","name":"Yen","rate":9000000}]}"""
COINBASE = (
    """{"data":{"currency":"BTC","rates":{"BTC":"1","EUR":"54321.105","USDT":"60000.1","00":"1","JPY":"9000000"}}}"""
)
BITSTAMP = """[{"timestamp":"1","open":"1","high":"1","low":"1","last":"54000","volume":"1","vwap":"1","bid":"54321.1",
    "ask":"54325.2","side":"0","open_24":"1","percent_change_24":"1","pair":"BTC/EUR"},
    {"bid":"2000","ask":"2001","last":"1","pair":"ETH/EUR"}]"""


def test_bitpay_gives_every_currency_by_one_request_and_no_number_becomes_a_float() -> None:
    with exchange(BITPAY.encode()) as (url, asked):
        euro, yen = BidAsk.of(Decimal("54321.12345678901234")), BidAsk.of(Decimal(9_000_000))
        assert bitpay.Bitpay(url).fetch() == {"BTC_EUR": euro, "BTC_JPY": yen}
    assert asked == ["/rates"]


def test_coinbase_gives_every_currency_by_one_request_and_leaves_coins_out() -> None:
    with exchange(COINBASE.encode()) as (url, asked):
        euro, yen = BidAsk.of(Decimal("54321.105")), BidAsk.of(Decimal(9_000_000))
        assert coinbase.Coinbase(url).fetch() == {"BTC_EUR": euro, "BTC_JPY": yen}
    assert asked == ["/v2/exchange-rates?currency=BTC"]


def test_bitstamp_gives_bid_and_ask_of_bitcoin_s_markets_by_one_request() -> None:
    with exchange(BITSTAMP.encode()) as (url, asked):
        assert bitstamp.Bitstamp(url).fetch() == {"BTC_EUR": BidAsk(Decimal("54321.1"), Decimal("54325.2"))}
    assert asked == ["/api/v2/ticker/"]


@pytest.mark.parametrize("source", [bitpay, bitstamp, coinbase])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"7",
        b"[7]",
        b"[" * 100_000,
        b'{"data":7}',
        b'{"data":{"rates":7}}',
        b'{"data":{"rates":{"EUR":true}}}',
        b'{"data":[{"code":"EUR","rate":"much"}]}',
        b'[{"pair":"BTC/EUR","bid":"1"}]',
        b'[{"pair":"BTC/EUR","bid":null,"ask":"1"}]',
    ],
)
def test_an_answer_that_is_not_the_source_s_own_is_a_named_failure(source: ModuleType, body: bytes) -> None:
    with pytest.raises(SourceFailed, match=source.__name__.rpartition(".")[2]):
        source.parse(body)


def test_an_unknown_source_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="use fixed, bitpay, bitstamp, coinbase, kraken"):
        source_named("oracle", {})
