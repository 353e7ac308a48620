"""Payment links: bitcoin:ADDRESS?amount=COINS (BIP21)."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qsl

from app.domain.money import coins_text
from app.errors import BadInput

SCHEME = "bitcoin:"
FIELD = "Destination"


@dataclass(frozen=True)
class Link:
    """What a link asks for; `amount` in coins, None when it leaves that open."""

    address: str
    amount: Decimal | None = None


def payment_link(address: str, sats: int) -> str:
    """The link that asks to pay so much to the address."""
    return f"{SCHEME}{address}?amount={coins_text(sats)}"


def read_link(text: str) -> Link:
    """A link, or an address alone. BadInput: it is too much for us to honour."""
    bare = text.strip()
    if bare[: len(SCHEME)].lower() != SCHEME:
        return Link(bare)
    address, _, query = bare[len(SCHEME) :].partition("?")
    given = {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)}
    unknown = [name for name in given if name.startswith("req-")]
    if unknown:
        raise BadInput(FIELD, bare, f"the link insists on {unknown[0]}, which we do not know; give the address alone")
    return Link(address, _amount(bare, given["amount"]) if given.get("amount") else None)


def _amount(link: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise BadInput(FIELD, link, "its amount is no number") from None
    if not amount.is_finite() or amount <= 0 or amount >= 21_000_000:
        raise BadInput(FIELD, link, "its amount is none that could be paid")
    return amount
