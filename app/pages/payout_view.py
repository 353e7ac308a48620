"""What pages and commands say of payouts. Strings are ready to be shown; money in them is exact."""

from dataclasses import dataclass
from datetime import datetime

from app.db.models import Payout
from app.domain.bip21 import payment_link
from app.domain.money import coins_text
from app.domain.payout import PayoutState
from app.domain.psbt import PsbtState
from app.pages.checkout_view import money

TO_CUSTOMER = {
    PayoutState.AWAITING_APPROVAL: "The shop has your address and has to approve it.",
    PayoutState.AWAITING_PAYMENT: "Approved. The shop pays it from its own wallet.",
    PayoutState.IN_PROGRESS: "Paid. The Bitcoin network is confirming it.",
    PayoutState.COMPLETED: "Paid and confirmed.",
    PayoutState.CANCELLED: "Turned down by the shop. Please ask it.",
}
TO_MERCHANT = {
    PayoutState.AWAITING_APPROVAL: "waits for your approval",
    PayoutState.AWAITING_PAYMENT: "waits to be paid by you",
    PayoutState.IN_PROGRESS: "on its way",
    PayoutState.COMPLETED: "paid",
    PayoutState.CANCELLED: "cancelled",
}
ABOUT_PSBT = {
    PsbtState.WAITING: "The worker is asking the node for it.",
    PsbtState.MADE: "Sign it with your wallet and send it.",
    PsbtState.NO_WALLET: "There is none: the node has no wallet loaded that watches the store's key. "
    "Nothing is wrong with that; pay by the link or the code.",
    PsbtState.NOT_ENOUGH: "There is none: the wallet on the node has not enough coins that it could spend.",
    PsbtState.REFUSED: "There is none: the wallet on the node refused.",
}


@dataclass(frozen=True)
class PayoutView:
    """One payout. `coins` and `link` are there once it is approved."""

    id: str
    state: PayoutState
    is_marked: bool
    name: str
    asked: str
    coins: str | None
    rate: str | None
    destination: str
    link: str | None
    txid: str | None
    created_at: datetime
    psbt_words: str | None
    psbt_message: str
    psbt: str | None

    @property
    def for_customer(self) -> str:
        return TO_CUSTOMER[self.state]

    @property
    def for_merchant(self) -> str:
        return TO_MERCHANT[self.state]

    @property
    def may_approve(self) -> bool:
        return self.state is PayoutState.AWAITING_APPROVAL

    @property
    def is_to_be_paid(self) -> bool:
        return self.state is PayoutState.AWAITING_PAYMENT

    @property
    def may_cancel(self) -> bool:
        return self.may_approve or self.is_to_be_paid

    @property
    def may_be_marked(self) -> bool:
        return self.state in (PayoutState.AWAITING_PAYMENT, PayoutState.IN_PROGRESS)

    @property
    def is_final(self) -> bool:
        return self.state in (PayoutState.COMPLETED, PayoutState.CANCELLED)


def payout_view(row: Payout) -> PayoutView:
    """The view of a payout row."""
    state = PayoutState(row.state)
    sats = row.value_sats
    proposed = row.psbt_state is not None and state is PayoutState.AWAITING_PAYMENT
    return PayoutView(
        id=row.id,
        state=state,
        is_marked=row.marked is not None,
        name=row.pull_payment.name if row.pull_payment else "A payout of your own",
        asked=money(row.original_amount, row.original_currency),
        coins=None if sats is None else coins_text(sats),
        rate=money(row.rate, row.original_currency) if row.rate and row.original_currency != "BTC" else None,
        destination=row.destination,
        link=None if sats is None else payment_link(row.destination, sats),
        txid=row.output.txid if row.output else None,
        created_at=row.created_at,
        psbt_words=ABOUT_PSBT[PsbtState(row.psbt_state)] if proposed and row.psbt_state else None,
        psbt_message=row.psbt_message if proposed else "",
        psbt=row.psbt if proposed else None,
    )
