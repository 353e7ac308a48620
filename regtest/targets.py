"""What a person may ask to pay: an address, a bitcoin: URI (BIP21) or a checkout page."""

import re
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import requests

from regtest.chain import SATS_PER_BITCOIN
from regtest.errors import RegtestError

MOST_SATS = 21_000_000 * SATS_PER_BITCOIN
_CHECKOUT_PATH = re.compile(r"(?P<before>.*)/i/(?P<id>[A-Za-z0-9]+)(?:/.*)?")


@dataclass(frozen=True)
class Target:
    """Where to pay, and how much is asked for; None where the target names no amount."""

    destination: str
    due_sats: int | None


def read_target(text: str, timeout_seconds: float = 10) -> Target:
    """Understand `text`; a checkout page is asked over HTTP what remains due. Raises RegtestError."""
    if text.lower().startswith("bitcoin:"):
        return _from_uri(text)
    if text.lower().startswith(("http://", "https://")):
        return _from_checkout(status_url(text), timeout_seconds)
    return Target(text, None)


def status_url(checkout_url: str) -> str:
    """The address of the JSON behind `SERVER/i/ID` or `SERVER/invoice?id=ID`."""
    parts = urlsplit(checkout_url)
    if match := _CHECKOUT_PATH.fullmatch(parts.path):
        before, invoice_id = match["before"], match["id"]
    else:
        before, last, rest = parts.path.rpartition("/invoice")
        invoice_id = "".join(parse_qs(parts.query).get("id", []))
        if not last or rest or not re.fullmatch("[A-Za-z0-9]+", invoice_id):
            raise RegtestError(
                f"{checkout_url} is no checkout page; it should look like http://127.0.0.1:8000/i/INVOICE"
            )
    return f"{parts.scheme}://{parts.netloc}{before}/i/{invoice_id}/status"


def parse_bitcoin(text: str, what: str = "amount") -> int:
    """Satoshis from a decimal text in BTC. Raises RegtestError for anything finer than a satoshi, or below zero."""
    try:
        sats = Decimal(text) * SATS_PER_BITCOIN
    except ArithmeticError:
        raise RegtestError(f"{what} {text!r} is not a number of BTC, such as 0.0015") from None
    if not sats.is_finite() or not 0 <= sats <= MOST_SATS or sats != int(sats):
        limits = "at most 21 million, with at most eight decimal places"
        raise RegtestError(f"{what} {text!r} cannot be paid; give BTC, {limits}")
    return int(sats)


def _from_uri(uri: str) -> Target:
    address, _, query = uri.partition(":")[2].partition("?")
    amount = parse_qs(query).get("amount")
    # An upper-case address (QR codes are smaller with one) is the bech32 of the same in lower case.
    destination = address.lower() if address.isupper() else address
    return Target(destination, parse_bitcoin(amount[0]) if amount else None)


def _from_checkout(url: str, timeout_seconds: float) -> Target:
    try:
        response = requests.get(url, timeout=timeout_seconds, headers={"Accept": "application/json"})
        response.raise_for_status()
        status = response.json()
        return Target(str(status["address"]), parse_bitcoin(str(status["due"]), "due"))
    except (requests.RequestException, KeyError, TypeError) as error:
        raise RegtestError(f"the checkout page did not say what is due at {url}: {error!r}") from error
