"""Kraken's public ticker: no key, all pairs in one request."""

from collections.abc import Mapping
from typing import Any

from app.domain.rates import BidAsk
from app.rates.http import SourceFailed, get
from app.rates.reading import document, number, told_if_unreadable

CURRENCIES = ("EUR", "USD", "GBP", "CAD", "CHF", "JPY", "AUD")


class Kraken:
    """Quotes XBT against seven currencies."""

    name = "kraken"

    def __init__(self, server: str = "https://api.kraken.com") -> None:
        self._server = server

    def url(self) -> str:
        pairs = ",".join(f"XBT{currency}" for currency in CURRENCIES)
        return f"{self._server}/0/public/Ticker?pair={pairs}"

    def fetch(self) -> Mapping[str, BidAsk]:
        return parse(get(self.url()))


def parse(body: bytes) -> dict[str, BidAsk]:
    """Kraken's answer by BTC_EUR. Keys are XXBTZEUR or XBTCHF; `b` and `a` are [price, whole lots, lots]."""
    with told_if_unreadable("kraken"):
        answer: dict[str, Any] = document(body)
        if answer["error"]:
            raise SourceFailed(f"kraken answers: {', '.join(map(str, answer['error']))}")
        return {
            f"BTC_{name[-3:]}": BidAsk(number(ticker["b"][0]), number(ticker["a"][0]))
            for name, ticker in answer["result"].items()
        }
