"""What the use cases of pull payments and payouts need of the process."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.db.queries_payouts import is_destination, wallets_of_store
from app.db.queries_rates import rates_now, rates_of_store
from app.domain.bip21 import FIELD
from app.domain.rate_rules import ONE_MONEY
from app.domain.rates import Pair
from app.domain.refund import COIN
from app.errors import BadInput, NoQuote
from app.usecases.destination import Destination

LOOKED_BEHIND = 200  # indexes of a wallet below its next one: those given out are found among the prompts
LOOKED_AHEAD = 100


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

    def rate_now(self, session: Session, store_id: str, currency: str, now: datetime) -> tuple[Decimal, str]:
        """`currency` per coin by the store's rules, and who says so. NoQuote."""
        pair = Pair(COIN, currency)
        store = rates_of_store(session, store_id)
        found = rates_now(session, store.rates, self.rate_source, [pair], now)[pair] if store else None
        if found is None or found.rate is None:
            raise NoQuote(f"there is no fresh rate for {pair}; try again in a minute")
        return found.rate.bid, found.source if currency not in ONE_MONEY else "none"

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
