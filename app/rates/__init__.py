"""Rate sources: each knows its address and how to read an answer. A source of all pairs is one request."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from app.errors import ConfigError, shown
from app.rates.fixed import Fixed
from app.rates.kraken import Kraken


class Source(Protocol):
    """A named source of rates."""

    name: str

    def fetch(self) -> Mapping[str, Decimal]:
        """The rates now: units of fiat for one coin (the bid), keyed BTC_EUR. Raises SourceFailed."""


def source_named(name: str, fixed_rates: Mapping[str, Decimal]) -> Source:
    """The source of that name. Raises ConfigError."""
    if name == Fixed.name:
        return Fixed(fixed_rates)
    if name == Kraken.name:
        return Kraken()
    raise ConfigError(f"{shown(name)} is no rate source; use fixed or kraken")
