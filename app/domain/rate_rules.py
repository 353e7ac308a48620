"""From the rules of a store to the rate of a pair (rates.md sections 3 and 4)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.domain.rate_expressions import (
    Binary,
    Exchange,
    Expression,
    Failure,
    Group,
    Negative,
    Number,
    Outcome,
    PairOf,
    Sides,
    evaluated,
    exchanges_of,
    grouped,
    written,
)
from app.domain.rate_script import Rule, read_script
from app.domain.rates import FIXED, SOURCES, Asked, Book, Pair, both_ways

DEEPEST = 8  # pairs within pairs
MOST_PARTS = 400  # of one expanded rule
BUILT_IN = "SATS_BTC = 0.00000001; SATS_X = SATS_BTC * BTC_X;"
RECOMMENDED = {"kraken": ("EUR", "USD", "GBP", "CAD", "CHF", "JPY", "AUD")}  # where a source has few currencies
CATCH_ALL = "bitpay"
ANY = "X"
ONE_MONEY = {"BTC", "SATS"}
ONE = Number(Decimal(1))


@dataclass(frozen=True)
class RateSettings:
    """One of a store's two configurations. A script counts before a source; with neither the server's rules hold."""

    source: str | None = None
    script: str | None = None
    spread_percent: Decimal = Decimal(0)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> "RateSettings":
        if not stored:
            return UNCHOSEN
        return cls(stored.get("source"), stored.get("script"), Decimal(stored.get("spreadPercent") or 0))

    def to_json(self) -> dict[str, Any]:
        return {"source": self.source, "script": self.script, "spreadPercent": f"{self.spread_percent:f}"}

    def text(self, server_source: str) -> str:
        """The rules that hold, as a script."""
        if self.script is not None:
            return self.script
        return f"X_X = {self.source}(X_X);" if self.source else server_rules(server_source)


UNCHOSEN = RateSettings()


@dataclass(frozen=True)
class StoreRates:
    """How a store comes to its rates. `fallback` answers for a pair for which the first has no value."""

    primary: RateSettings = UNCHOSEN
    fallback: RateSettings | None = None

    def configured(self) -> tuple[RateSettings, ...]:
        return (self.primary,) if self.fallback is None else (self.primary, self.fallback)

    def sources(self, server_source: str) -> set[str]:
        """Whom the rules may ask."""
        return set().union(*(sources_named(settings.text(server_source)) for settings in self.configured()))

    def rules(self, server_source: str, pair: Pair) -> tuple[Expression, ...]:
        """What the rate of a pair is reckoned from, the preferred one first."""
        return tuple(
            rule_of(settings.text(server_source), settings.spread_percent, pair) for settings in self.configured()
        )


def server_rules(server_source: str) -> str:
    """The rules of stores that chose none. What a source of few currencies lacks comes from one that has many."""
    currencies = RECOMMENDED.get(server_source)
    if server_source == FIXED or currencies is None:
        return f"X_X = {server_source}(X_X);"
    lines = [f"X_{currency} = {server_source}(X_{currency});" for currency in currencies]
    return "\n".join([*lines, f"X_X = {CATCH_ALL}(X_X);"])


def sources_offered(server_source: str, fixed_rates: Collection[str]) -> list[str]:
    """What stores may choose: the operator's own rates only where there are some."""
    fixed = server_source == FIXED or fixed_rates
    return sorted(source for source in SOURCES if source != FIXED or fixed)


def quotes_needed(rules: tuple[Expression, ...]) -> tuple[Asked, ...]:
    """The quotes that may be used, those of inverse pairs included, each once."""
    wanted = (each for rule in rules for asked in exchanges_of(rule) for each in both_ways(asked))
    return tuple(dict.fromkeys(wanted))


def reckoned(rules: tuple[Expression, ...], book: Book) -> Outcome:
    """What the first rule that has a value gives; with none, every problem there is."""
    failed = Outcome()
    for rule in rules:
        outcome = evaluated(rule, book)
        if outcome.rate is not None:
            outcome.source = rule.source if isinstance(rule, Exchange) else written(rule)
            return outcome
        failed.problems += [problem for problem in outcome.problems if problem not in failed.problems]
    return failed


@lru_cache(maxsize=256)
def sources_named(script: str) -> frozenset[str]:
    """The sources that the rules of a script may ask. BadInput when it cannot be read."""
    return frozenset(source for _, expression in read_script(script) for source, _ in exchanges_of(expression))


@lru_cache(maxsize=1024)
def rule_of(script: str, spread_percent: Decimal, pair: Pair) -> Expression:
    """The one expression that prices `pair`, with the spread, which between units of one money would make no sense."""
    expression = _Expansion(_rules(script)).of(pair, 0)
    if not spread_percent or ONE_MONEY.issuperset(pair):
        return expression
    spread = spread_percent / 100
    return Binary("*", Group(expression), Sides(Number(1 - spread), Number(1 + spread)))


@lru_cache(maxsize=256)
def _rules(script: str) -> tuple[Rule, ...]:
    """With the rules for satoshis, which come first: a satoshi is what it is."""
    return read_script(BUILT_IN) + read_script(script)


class _Expansion:
    """Pairs replaced by the rules for them, until numbers and sources are left."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._parts = 0

    def of(self, pair: Pair, depth: int) -> Expression:
        if pair.base == pair.quote:
            return ONE
        if depth > DEEPEST:
            return Failure("TooMuchNestedCalls", pair)
        found = min(
            ((fit, place) for place, (left, _) in enumerate(self._rules) if (fit := _fit(left, pair)) is not None),
            default=None,
        )
        if found is None:
            return Failure("NoRuleMatch", pair)
        fit, place = found
        left, expression = self._rules[place]
        if fit in INVERSE_FITS:
            return Binary("/", ONE, grouped(self._filled(expression, _any(left, pair.inverse), depth)))
        return self._filled(expression, _any(left, pair), depth)

    def _filled(self, expression: Expression, any_: Pair, depth: int) -> Expression:
        """`expression` with X replaced, and its pairs expanded."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            return Failure("TooMuchNestedCalls", any_)
        match expression:
            case PairOf(pair):
                return grouped(self.of(_named(pair, any_), depth + 1))
            case Exchange(source, pair):
                named = _named(pair, any_)
                return ONE if named.base == named.quote else Exchange(source, named)
            case Sides(bid, ask):
                return Sides(self._filled(bid, any_, depth), self._filled(ask, any_, depth))
            case Binary(sign, left, right):
                return Binary(sign, self._filled(left, any_, depth), self._filled(right, any_, depth))
            case Negative(inner):
                return Negative(self._filled(inner, any_, depth))
            case Group(inner):
                return Group(self._filled(inner, any_, depth))
            case _:
                return expression


INVERSE_FITS = (1, 3)


def _fit(left: Pair, pair: Pair) -> int | None:
    """How well a rule's left side fits a pair, 0 best: exact, exact inverse, one X, one X inverse, X_X."""
    base, quote = pair
    fits = {
        (base, quote): 0,
        (quote, base): 1,
        (base, ANY): 2,
        (ANY, quote): 2,
        (quote, ANY): 3,
        (ANY, base): 3,
        (ANY, ANY): 4,
    }
    return fits.get(left)


def _any(left: Pair, pair: Pair) -> Pair:
    """What X stands for on either side of the pairs of a rule."""
    if left == (ANY, ANY):
        return pair
    other = pair.base if left.base == ANY else pair.quote
    return Pair(other, other)


def _named(pair: Pair, any_: Pair) -> Pair:
    return Pair(any_.base if pair.base == ANY else pair.base, any_.quote if pair.quote == ANY else pair.quote)
