"""Rates that an operator wrote down, for regtest."""

from collections.abc import Mapping
from decimal import Decimal

from app.domain.rates import FIXED, BidAsk


class Fixed:
    """The rates of SATTLE_FIXED_RATES."""

    name = FIXED

    def __init__(self, rates: Mapping[str, Decimal]) -> None:
        self._rates = {pair: BidAsk.of(rate) for pair, rate in rates.items()}

    def fetch(self) -> Mapping[str, BidAsk]:
        return self._rates
