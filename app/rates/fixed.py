"""Rates that an operator wrote down, for regtest."""

from collections.abc import Mapping
from decimal import Decimal


class Fixed:
    """The rates of SATTLE_FIXED_RATES."""

    name = "fixed"

    def __init__(self, rates: Mapping[str, Decimal]) -> None:
        self._rates = dict(rates)

    def fetch(self) -> Mapping[str, Decimal]:
        return self._rates
