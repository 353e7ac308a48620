"""Rates: pairs of currencies, two-sided rates, quotes and their age (rates.md sections 1, 2 and 5).

A rate of BASE_QUOTE is what one BASE costs in QUOTE. Invoices are made at the bid, payouts at the ask. Rates are
`Decimal`; division keeps 28 significant digits.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import NamedTuple

from app.errors import BadInput

QUOTE_VALID = timedelta(minutes=5)
FIXED = "fixed"
SOURCES = {  # by id, as people know them
    "bitpay": "BitPay",
    "bitstamp": "Bitstamp",
    "coinbase": "Coinbase",
    "kraken": "Kraken",
    FIXED: "Fixed by the operator of this server",
}
COIN = "BTC"
COINS = ("SATS", "BTC", "LTC", "ETH", "XMR", "USDT", "USDC", "DOGE", "DASH")  # they may lead a pair without separator
LONGEST_CODE = 20
LARGEST = Decimal("1e20")  # beyond any rate; keeps a slip in a script from being written out
PRECISION = Context(prec=28)

_SEPARATED = re.compile(r"([A-Z0-9]+)[_-]([A-Z0-9]+(?:[_-][A-Z0-9]+)*)")


class Pair(NamedTuple):
    """What is priced, and the currency it is priced in."""

    base: str
    quote: str

    def __str__(self) -> str:
        return f"{self.base}_{self.quote}"

    @property
    def inverse(self) -> "Pair":
        return Pair(self.quote, self.base)


def read_pair(text: str, field: str = "currencyPair") -> Pair:
    """BTC_USD, BTC-USD and BTCUSD are the same pair; so is btc_usd. BadInput when it is none."""
    upper = text.strip().upper()
    found = _SEPARATED.fullmatch(upper)
    if found:
        pair = Pair(found[1], found[2].replace("-", "_"))
    elif upper.isascii() and upper.isalnum() and (split := _split_at(upper)):
        pair = Pair(upper[:split], upper[split:])
    else:
        raise BadInput(field, text, "write a pair of currencies as BTC_USD")
    if "X" in pair or max(map(len, pair)) > LONGEST_CODE:
        raise BadInput(field, text, "name two currencies, such as BTC_USD; X stands for any currency in rules only")
    return pair


def _split_at(text: str) -> int:
    """Where the second currency begins in a pair without separator; 0 when nobody can say."""
    if len(text) == 6:
        return 3
    coin = next((coin for coin in COINS if text.startswith(coin)), None)
    return len(coin) if coin and 7 <= len(text) <= 10 else 0


class BidAsk(NamedTuple):
    """Both sides of a rate; the same where a source knows one only."""

    bid: Decimal
    ask: Decimal

    @classmethod
    def of(cls, rate: Decimal) -> "BidAsk":
        return cls(rate, rate)

    @property
    def usable(self) -> bool:
        """Is it a rate that one can sell at? Nought and less are none."""
        return all(side.is_finite() and 0 < side <= LARGEST for side in self)

    def times(self, other: "BidAsk") -> "BidAsk":
        return BidAsk(PRECISION.multiply(self.bid, other.bid), PRECISION.multiply(self.ask, other.ask))

    def over(self, other: "BidAsk") -> "BidAsk":
        """ZeroDivisionError when a side of `other` is nought."""
        if not (other.bid and other.ask):
            raise ZeroDivisionError("a rate is divided by nought")
        return BidAsk(PRECISION.divide(self.bid, other.ask), PRECISION.divide(self.ask, other.bid))

    def inverted(self) -> "BidAsk":
        """The rate of the inverse pair. ZeroDivisionError."""
        return ONE.over(self)


ONE = BidAsk.of(Decimal(1))


class Quoted(NamedTuple):
    """What a source said of a pair, and when."""

    rate: BidAsk
    at: datetime


Asked = tuple[str, Pair]  # (source, pair)
Quotes = Mapping[Asked, Quoted]


@dataclass(frozen=True)
class Book:
    """Quotes at hand, read at a moment: only those that are fresh enough then are good for anything."""

    quotes: Quotes
    now: datetime

    def rate(self, source: str, pair: Pair) -> Quoted | None:
        """A source's rate of a pair, or of its inverse turned round."""
        found = self._fresh(source, pair)
        if found is None and (turned := self._fresh(source, pair.inverse)) is not None:
            return Quoted(turned.rate.inverted(), turned.at)
        return found

    def why_not(self, source: str, pair: Pair) -> str:
        """The reason for which there is no rate."""
        quote = self.quotes.get((source, pair)) or self.quotes.get((source, pair.inverse))
        if quote is None:
            return f"no quote of {source} for {pair} is known yet"
        if not quote.rate.usable:
            return f"{source} gave a rate for {pair} that nobody can sell at"
        minutes = int((self.now - quote.at).total_seconds()) // 60
        return f"the newest quote of {source} for {pair} is {minutes} minutes old"

    def _fresh(self, source: str, pair: Pair) -> Quoted | None:
        quote = self.quotes.get((source, pair))
        if quote is None or not quote.rate.usable:
            return None
        return quote if source == FIXED or self.now - quote.at < QUOTE_VALID else None


def both_ways(asked: Asked) -> Iterator[Asked]:
    """A quote, and the one that serves in its place. Every source names the coin first."""
    source, pair = asked
    yield asked
    if pair.base != COIN:
        yield source, pair.inverse
