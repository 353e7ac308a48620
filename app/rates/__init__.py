"""Rate sources: each knows its address and how to read an answer. A source of all pairs is one request."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Protocol

from app.domain.rates import FIXED, BidAsk
from app.errors import ConfigError, shown
from app.rates.bitpay import Bitpay
from app.rates.bitstamp import Bitstamp
from app.rates.coinbase import Coinbase
from app.rates.fixed import Fixed
from app.rates.kraken import Kraken


class Source(Protocol):
    """A named source of rates."""

    name: str

    def fetch(self) -> Mapping[str, BidAsk]:
        """The rates now: units of fiat for one coin, keyed BTC_EUR. Raises SourceFailed."""


EXCHANGES: Mapping[str, Callable[[], Source]] = {
    "bitpay": Bitpay,
    "bitstamp": Bitstamp,
    "coinbase": Coinbase,
    "kraken": Kraken,
}


def source_named(name: str, fixed_rates: Mapping[str, Decimal]) -> Source:
    """The source of that name. Raises ConfigError."""
    if name == FIXED:
        return Fixed(fixed_rates)
    if name in EXCHANGES:
        return EXCHANGES[name]()
    raise ConfigError(f"{shown(name)} is no rate source; use {FIXED}, {', '.join(sorted(EXCHANGES))}")
