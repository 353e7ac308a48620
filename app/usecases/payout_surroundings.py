"""What the use cases of pull payments and payouts need of the process."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy.orm import Session

from app.db.queries_new_invoice import newest_quote
from app.db.queries_payouts import is_destination, wallets_of_store
from app.domain.bip21 import FIELD
from app.domain.money import SATS_PER_COIN
from app.errors import BadInput, NoQuote
from app.usecases.create_invoice import QUOTE_VALID

LOOKED_BEHIND = 200  # indexes of a wallet below its next one: those given out are found among the prompts
LOOKED_AHEAD = 100


class Destination(Protocol):
    """Where a payout goes."""

    @property
    def address(self) -> str: ...

    @property
    def script_pubkey(self) -> bytes: ...


@dataclass(frozen=True)
class PayoutSurroundings:
    """Chain, rate source, currencies' digits (None: not a currency we know), addresses, and whether a descriptor holds
    a scriptPubKey at some indexes."""

    network: str
    rate_source: str
    currency_digits: Callable[[str], int | None]
    destination_of: Callable[[str], Destination]  # BadInput
    holds: Callable[[str, bytes, Iterable[int]], bool]

    def digits_of(self, currency: str, field: str = "Currency") -> int:
        """The decimals of a currency. BadInput."""
        digits = self.currency_digits(currency)
        if digits is None:
            raise BadInput(field, currency, "use an ISO 4217 code, or BTC")
        return digits

    def rate_now(self, session: Session, currency: str, now: datetime) -> tuple[Decimal, str]:
        """`currency` per coin, and who says so. NoQuote."""
        if currency in ("BTC", "SATS"):
            return Decimal(1 if currency == "BTC" else SATS_PER_COIN), "none"
        quote = newest_quote(session, self.rate_source, f"BTC_{currency}")
        if quote is None or (quote.source != "fixed" and quote.at < now - QUOTE_VALID):
            raise NoQuote(f"{self.rate_source} has no fresh rate for BTC_{currency}; try again in a minute")
        return quote.rate, quote.source

    def require_foreign(self, session: Session, store_id: str, script_pubkey: bytes) -> None:
        """BadInput for an address that pays into a wallet of ours: it would be taken for a payment of an invoice."""
        if is_destination(session, self.network, script_pubkey) or any(
            self.holds(
                wallet.descriptor,
                script_pubkey,
                range(max(wallet.next_index - LOOKED_BEHIND, 0), wallet.next_index + LOOKED_AHEAD),
            )
            for wallet in wallets_of_store(session, store_id)
        ):
            raise BadInput(FIELD, "this address", "it belongs to the shop itself; give one of your own wallet")
