"""Coinbase's public exchange rates: no key, all currencies in one request, one side only."""

from collections.abc import Mapping

from app.domain.rates import BidAsk
from app.rates.http import get
from app.rates.reading import document, number, told_if_unreadable


class Coinbase:
    """Quotes bitcoin against every currency that Coinbase knows."""

    name = "coinbase"

    def __init__(self, server: str = "https://api.coinbase.com") -> None:
        self._server = server

    def fetch(self) -> Mapping[str, BidAsk]:
        return parse(get(f"{self._server}/v2/exchange-rates?currency=BTC"))


def parse(body: bytes) -> dict[str, BidAsk]:
    """The answer by BTC_EUR: `data.rates` maps EUR to text. Only three letters are a currency; the rest are coins."""
    with told_if_unreadable("coinbase"):
        rates = document(body)["data"]["rates"].items()
        return {f"BTC_{code}": BidAsk.of(number(rate)) for code, rate in rates if len(code) == 3 and code != "BTC"}
