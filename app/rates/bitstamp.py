"""Bitstamp's public tickers: no key, all markets in one request."""

from collections.abc import Mapping

from app.domain.rates import BidAsk
from app.rates.http import get
from app.rates.reading import document, number, told_if_unreadable


class Bitstamp:
    """Quotes bitcoin against the currencies that it is traded for there."""

    name = "bitstamp"

    def __init__(self, server: str = "https://www.bitstamp.net") -> None:
        self._server = server

    def fetch(self) -> Mapping[str, BidAsk]:
        return parse(get(f"{self._server}/api/v2/ticker/"))


def parse(body: bytes) -> dict[str, BidAsk]:
    """The answer by BTC_EUR: a list of {"pair": "BTC/EUR", "bid": "…", "ask": "…"}, other coins' markets among them."""
    with told_if_unreadable("bitstamp"):
        tickers = [ticker for ticker in document(body) if ticker["pair"].startswith("BTC/")]
        return {t["pair"].replace("/", "_"): BidAsk(number(t["bid"]), number(t["ask"])) for t in tickers}
