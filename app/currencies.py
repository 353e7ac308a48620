"""The currencies we know, and how many digits each has: ISO 4217, bitcoin and satoshis."""

from dataclasses import dataclass
from functools import lru_cache

import iso4217


@dataclass(frozen=True)
class Currency:
    """`digits` are the decimals that its prices have."""

    code: str
    name: str
    digits: int


BITCOIN = (Currency("BTC", "Bitcoin", 8), Currency("SATS", "Satoshi", 0))


@lru_cache(maxsize=1)
def known_currencies() -> dict[str, Currency]:
    """By code. What ISO lists without an exponent (gold, test codes) cannot price anything and is left out."""
    found = {
        entry.code: Currency(entry.code, entry.currency_name, entry.exponent)
        for entry in iso4217.Currency
        if entry.exponent is not None
    }
    return {**found, **{currency.code: currency for currency in BITCOIN}}


def digits(code: str) -> int | None:
    """The decimals of a currency's prices; None when we do not know it."""
    currency = known_currencies().get(code.upper())
    return currency.digits if currency else None
