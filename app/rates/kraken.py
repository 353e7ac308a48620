"""Kraken's public ticker: no key, all pairs in one request."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app.rates.http import SourceFailed, get

CURRENCIES = ("EUR", "USD", "GBP", "CAD", "CHF", "JPY", "AUD")


class Kraken:
    """Quotes the bid of XBT against seven currencies."""

    name = "kraken"

    def __init__(self, server: str = "https://api.kraken.com") -> None:
        self._server = server

    def url(self) -> str:
        pairs = ",".join(f"XBT{currency}" for currency in CURRENCIES)
        return f"{self._server}/0/public/Ticker?pair={pairs}"

    def fetch(self) -> Mapping[str, Decimal]:
        return parse(get(self.url()))


def parse(body: bytes) -> dict[str, Decimal]:
    """Kraken's answer as BTC_EUR: bid. Keys are XXBTZEUR or XBTCHF; `b` is [price, whole lots, lots]."""
    try:
        answer: dict[str, Any] = json.loads(body, parse_float=Decimal)
        if answer["error"]:
            raise SourceFailed(f"kraken answers: {', '.join(map(str, answer['error']))}")
        return {f"BTC_{name[-3:]}": Decimal(ticker["b"][0]) for name, ticker in answer["result"].items()}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, InvalidOperation) as error:
        raise SourceFailed(f"kraken's answer cannot be read: {type(error).__name__}") from None
