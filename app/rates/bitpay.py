"""BitPay's public rates: no key, some 170 currencies in one request, one side only."""

from collections.abc import Mapping

from app.domain.rates import BidAsk
from app.rates.http import get
from app.rates.reading import document, number, told_if_unreadable


class Bitpay:
    """Quotes bitcoin against nearly every currency there is."""

    name = "bitpay"

    def __init__(self, server: str = "https://bitpay.com") -> None:
        self._server = server

    def fetch(self) -> Mapping[str, BidAsk]:
        return parse(get(f"{self._server}/rates"))


def parse(body: bytes) -> dict[str, BidAsk]:
    """The answer by BTC_EUR: `data` lists {"code": "EUR", "rate": 54321.1}, bitcoin itself among them."""
    with told_if_unreadable("bitpay"):
        return {
            f"BTC_{entry['code'].upper()}": BidAsk.of(number(entry["rate"]))
            for entry in document(body)["data"]
            if entry["code"] != "BTC"
        }
