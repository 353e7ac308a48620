"""Rates by rules: pairs, both sides, spread, scripts, and what no script may do (rates.md sections 1 to 5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.rate_expressions import Outcome, written
from app.domain.rate_rules import (
    RateSettings,
    StoreRates,
    quotes_needed,
    reckoned,
    rule_of,
    server_rules,
    sources_named,
)
from app.domain.rate_script import read_script
from app.domain.rates import BidAsk, Book, Pair, Quoted, read_pair
from app.errors import BadInput

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
KRAKEN = "X_X = kraken(X_X);"


def book(age: timedelta = timedelta(0), **quotes: tuple[object, object]) -> Book:
    """Quotes by source and pair: kraken_BTC_USD=(bid, ask)."""
    found = {}
    for name, (bid, ask) in quotes.items():
        source, base, quote = name.split("_")
        rate = BidAsk(Decimal(str(bid)), Decimal(str(ask)))
        found[source, Pair(base, quote)] = Quoted(rate, NOW - age)
    return Book(found, NOW)


DOLLARS = book(kraken_BTC_USD=(6000, 6100))


def priced(script: str, pair: str, at_hand: Book = DOLLARS, spread: str = "0") -> Outcome:
    return reckoned((rule_of(script, Decimal(spread), read_pair(pair)),), at_hand)


def rate(script: str, pair: str, at_hand: Book = DOLLARS, spread: str = "0") -> BidAsk:
    found = priced(script, pair, at_hand, spread)
    assert found.rate is not None, found.problems
    return found.rate


def text(script: str, pair: str, spread: str = "0", at_hand: Book | None = None) -> str:
    return written(rule_of(script, Decimal(spread), read_pair(pair)), at_hand)


@pytest.mark.parametrize(
    ("written_as", "base", "quote"),
    [
        ("BTC_USD", "BTC", "USD"),
        ("btc-usd", "BTC", "USD"),
        ("BTCUSD", "BTC", "USD"),
        ("BTCSATS", "BTC", "SATS"),
        ("SATSUSD", "SATS", "USD"),
        ("USD_EMAT_IC", "USD", "EMAT_IC"),
        (" eur_jpy ", "EUR", "JPY"),
    ],
)
def test_a_pair_is_read_in_every_spelling(written_as: str, base: str, quote: str) -> None:
    assert read_pair(written_as) == Pair(base, quote)


@pytest.mark.parametrize("malformed", ["", "BTC", "X", "BTC_", "_USD", "BTC_X", "X_X", "BTC USD", "ÄÖÜ_USD", "A" * 99])
def test_what_is_no_pair_is_refused_by_name(malformed: str) -> None:
    with pytest.raises(BadInput, match="currencyPair"):
        read_pair(malformed)


def test_an_invoice_gets_the_bid_and_the_inverse_turns_the_sides() -> None:
    assert rate(KRAKEN, "BTC_USD") == BidAsk(Decimal(6000), Decimal(6100))
    turned = rate(KRAKEN, "USD_BTC")
    assert (turned.bid * 6100, turned.ask * 6000) == (pytest.approx(Decimal(1)), pytest.approx(Decimal(1)))


def test_a_satoshi_is_a_hundred_millionth_and_needs_no_source() -> None:
    assert rate(KRAKEN, "SATS_USD").bid == Decimal("0.00006")
    assert rate(KRAKEN, "BTC_SATS", book()) == BidAsk.of(Decimal(10**8))
    assert rate("SATS_BTC = 5; X_X = kraken(X_X)", "BTC_SATS", book()).bid == 10**8


def test_the_spread_widens_the_outer_result_once_and_not_between_units_of_bitcoin() -> None:
    assert text(KRAKEN, "SATS_USD", "20") == "(0.00000001 * kraken(BTC_USD)) * (0.8, 1.2)"
    assert rate(KRAKEN, "BTC_USD", spread="20") == BidAsk(Decimal(4800), Decimal(7320))
    for units in ("BTC_BTC", "BTC_SATS", "SATS_BTC"):
        assert rate(KRAKEN, units, spread="20") == rate(KRAKEN, units)


@pytest.mark.parametrize(
    ("script", "pair", "expected"),
    [
        ("EUR_CDNT = 10; CDNT_X = CDNT_BTC * BTC_X; X_X = kraken(X_X)", "CDNT_EUR", "1 / 10"),
        ("X_X = bitpay(X_X); X_USD = kraken(X_USD)", "BTC_USD", "kraken(BTC_USD)"),
        ("X_USD = kraken(X_USD); BTC_X = bitpay(BTC_X)", "BTC_USD", "kraken(BTC_USD)"),
        ("X_X = bitpay(X_X); USD_X = kraken(X_USD)", "BTC_USD", "1 / kraken(BTC_USD)"),
        ("BTC_USD = 1; BTC_USD = 2", "BTC_USD", "1"),
        ("X_EUR = kraken(X_USD) * 0.9; X_X = bitpay(X_X)", "BTC_EUR", "kraken(BTC_USD) * 0.9"),
        ("BTC_EUR = BTC_USD / EUR_USD; BTC_USD = kraken(BTC_USD); EUR_USD = 1.1", "BTC_EUR", "kraken(BTC_USD) / 1.1"),
        ("btc_usd = Kraken(btc_usd) // comment; BTC_EUR = 3", "BTC_USD", "kraken(BTC_USD)"),
        ("X_EUR = kraken(X_EUR);", "BTC_CAD", "ERR_NO_RULE_MATCH(BTC_CAD)"),
    ],
)
def test_the_best_fitting_rule_counts_and_of_equals_the_first(script: str, pair: str, expected: str) -> None:
    assert text(script, pair) == expected


def test_the_rule_is_told_with_names_and_with_values() -> None:
    script = "BTC_USD = 5000 * coinbase(BTC_CAD) * 1.1"
    assert text(script, "BTC_USD") == "5000 * coinbase(BTC_CAD) * 1.1"
    assert text(script, "BTC_USD", at_hand=book()) == "5000 * ERR_RATE_UNAVAILABLE(coinbase, BTC_CAD) * 1.1"
    assert text(KRAKEN, "BTC_USD", at_hand=DOLLARS) == "(6000, 6100)"


def test_arithmetic_works_on_both_sides() -> None:
    script = "A_B = -3 + 1000 + 50 - 5; BTC_EUR = 2000 * A_B;"
    assert rate(script, "BTC_EUR", spread="10").bid == Decimal("2000") * 1042 * Decimal("0.9")
    assert rate("BTC_EUR = (10, 20) / (2, 5)", "BTC_EUR") == BidAsk(Decimal(2), Decimal(10))
    assert rate("BTC_EUR = (10, 20) + 1", "BTC_EUR") == BidAsk(Decimal(11), Decimal(21))
    assert rate("BTC_EUR = 2 + 3 * +4 - (1 + 1)", "BTC_EUR") == BidAsk.of(Decimal(12))


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("1 - kraken(BTC_USD)", "InvalidNegative"),
        ("-kraken(BTC_USD)", "InvalidNegative"),
        ("1 / (1 - 1)", "DivideByZero"),
        ("kraken(BTC_CHF)", "RateUnavailable"),
        ("GBP_CHF", "NoRuleMatch"),
        ("0", "RateUnavailable"),
        ("1 - 2", "RateUnavailable"),
        ("99999999999999999999 * 99999999999999999999", "RateUnavailable"),
        ("BTC_EUR", "TooMuchNestedCalls"),
    ],
)
def test_what_gives_no_rate_says_why(expression: str, problem: str) -> None:
    found = priced(f"BTC_EUR = {expression}", "BTC_EUR")
    assert found.rate is None
    assert [told.partition(":")[0] for told in found.problems] == [problem]


def test_rules_that_multiply_without_end_are_cut_off() -> None:
    links = "".join(f"A_B{n} = {' + '.join([f'A_B{n + 1}'] * 20)};" for n in range(7))
    found = priced(links + "A_B7 = 1", "A_B0")
    assert found.rate is None
    assert all(told.startswith("TooMuchNestedCalls") for told in found.problems)


@pytest.mark.parametrize(
    "script",
    [
        "",
        "// nothing",
        "A",
        "A_B",
        "A_B =",
        "A_B = 1 2",
        "A_B = (1",
        "A_B = kraken()",
        "A_B = kraken(BTC)",
        "A_B = $",
        "A_B = x",
        "= 1",
        "A_B = (1, 2, 3)",
        "A_B = 1e5",
        "A_B = 1; ;; x",
        "A_B = " + "(" * 40 + "1" + ")" * 40,
        "A_B = " + "+".join("1" * 400),
        "A_B = " + "1" * 31,
        "A_B = 1;" * 2000,
        "A_B = '1'",
        "Ä_B = 1",
        "A_B = " + "-" * 99 + "1",
        "A_B = 1; // \x00",
    ],
)
def test_a_script_that_cannot_be_read_is_refused(script: str) -> None:
    with pytest.raises(BadInput, match="effectiveScript"):
        read_script(script)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="AB_X=();,+-*/ 1.\nkraken", max_size=60))
def test_no_text_does_more_than_be_read_or_refused(script: str) -> None:
    try:
        rules = read_script(script)
    except BadInput:
        return
    for left, _ in rules:
        found = reckoned((rule_of(script, Decimal(1), Pair(left.base, left.quote)),), DOLLARS)
        assert (found.rate is None) == bool(found.problems)


RATES = st.decimals("0.00000001", "100000000", places=8)


@settings(max_examples=100, deadline=None)
@given(RATES, st.decimals(0, "99.99", places=2))
def test_a_spread_takes_exactly_its_part(bid: Decimal, percent: Decimal) -> None:
    found = rate(KRAKEN, "BTC_EUR", book(kraken_BTC_EUR=(bid, bid)), f"{percent:f}")
    assert found.bid == bid * (100 - percent) / 100
    assert found.ask == bid * (100 + percent) / 100


@settings(max_examples=100, deadline=None)
@given(RATES, RATES)
def test_turning_a_rate_twice_gives_it_back(one: Decimal, other: Decimal) -> None:
    bid, ask = sorted((one, other))
    twice = BidAsk(bid, ask).inverted().inverted()
    assert abs(twice.bid - bid) <= bid * Decimal("1e-26")
    assert abs(twice.ask - ask) <= ask * Decimal("1e-26")
    assert twice.bid <= twice.ask


@settings(max_examples=60, deadline=None)
@given(RATES, RATES)
def test_a_cross_rate_keeps_the_bid_below_the_ask(dollars: Decimal, euros: Decimal) -> None:
    at_hand = book(kraken_BTC_USD=(dollars, dollars * 2), kraken_EUR_USD=(euros, euros * 2))
    crossed = priced("BTC_EUR = kraken(BTC_USD) / kraken(EUR_USD)", "BTC_EUR", at_hand)
    assert crossed.rate is None or crossed.rate.bid <= crossed.rate.ask


def test_a_quote_is_good_for_less_than_five_minutes_and_a_fixed_one_for_good() -> None:
    fresh, stale = timedelta(minutes=4, seconds=59), timedelta(minutes=5)
    assert priced(KRAKEN, "BTC_USD", book(fresh, kraken_BTC_USD=(1, 1))).rate
    old = priced(KRAKEN, "BTC_USD", book(stale, kraken_BTC_USD=(1, 1)))
    assert old.problems == ["RateUnavailable: the newest quote of kraken for BTC_USD is 5 minutes old"]
    assert priced("X_X = fixed(X_X)", "BTC_USD", book(timedelta(days=99), fixed_BTC_USD=(1, 1))).rate


@pytest.mark.parametrize("rate_given", ["0", "-1", "NaN", "Infinity", "1e21"])
def test_a_quote_that_is_no_rate_is_not_sold_at(rate_given: str) -> None:
    assert priced(KRAKEN, "BTC_USD", book(kraken_BTC_USD=(rate_given, rate_given))).rate is None


def test_the_fallback_answers_only_where_the_first_has_no_value() -> None:
    rates = StoreRates(RateSettings("kraken"), RateSettings("bitpay", spread_percent=Decimal(10)))
    at_hand = book(kraken_BTC_USD=(6000, 6100), bitpay_BTC_USD=(5000, 5000), bitpay_BTC_NOK=(100, 100))
    dollars = reckoned(rates.rules("fixed", Pair("BTC", "USD")), at_hand)
    kroner = reckoned(rates.rules("fixed", Pair("BTC", "NOK")), at_hand)
    francs = reckoned(rates.rules("fixed", Pair("BTC", "CHF")), at_hand)
    assert (dollars.rate, dollars.source) == (BidAsk(Decimal(6000), Decimal(6100)), "kraken")
    assert (kroner.rate, kroner.source) == (BidAsk(Decimal(90), Decimal(110)), "(bitpay(BTC_NOK)) * (0.9, 1.1)")
    assert francs.problems == [
        "RateUnavailable: no quote of kraken for BTC_CHF is known yet",
        "RateUnavailable: no quote of bitpay for BTC_CHF is known yet",
    ]


def test_stores_that_chose_nothing_fall_to_a_source_that_has_their_currency() -> None:
    script = server_rules("kraken")
    assert text(script, "BTC_EUR") == "kraken(BTC_EUR)"
    assert text(script, "BTC_NOK") == "bitpay(BTC_NOK)"
    assert sources_named(script) == {"kraken", "bitpay"}
    assert sources_named(server_rules("fixed")) == {"fixed"}


def test_settings_survive_being_stored() -> None:
    for kept in (RateSettings(), RateSettings("kraken", None, Decimal("1.50")), RateSettings(None, KRAKEN, Decimal(0))):
        assert RateSettings.from_json(kept.to_json()) == kept
    assert RateSettings.from_json(None) == RateSettings()


def test_the_quotes_needed_are_known_beforehand() -> None:
    rules = StoreRates(RateSettings(script="BTC_EUR = kraken(BTC_USD) / bitpay(EUR_USD)")).rules(
        "fixed", Pair("BTC", "EUR")
    )
    needed = {(source, str(pair)) for source, pair in quotes_needed(rules)}
    assert needed == {("kraken", "BTC_USD"), ("bitpay", "EUR_USD"), ("bitpay", "USD_EUR")}
