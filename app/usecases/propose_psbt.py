"""What the worker asks the merchant's own wallet for, where the node has it: a transaction to sign. Outcomes stay."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.db.audit import note
from app.db.queries import reading
from app.db.queries_payouts import held_payout, psbts_due, wallets_of_store
from app.db.session import change
from app.domain.audit import Kind
from app.domain.payout import PayoutState
from app.domain.psbt import Proposal, PsbtJob, PsbtState
from app.domain.pull_payment import Refusal
from app.errors import NotFound, Refused

AGAIN = timedelta(minutes=5)  # a wallet may be loaded meanwhile, or get coins
AT_ONCE = 10


def due_psbts(network: str, now: datetime) -> Sequence[PsbtJob]:
    """Some of the payouts that a transaction is to be proposed for."""
    session = reading()
    session.rollback()
    return [
        PsbtJob(
            row.id,
            row.destination,
            row.value_sats or 0,
            tuple(wallet.descriptor for wallet in wallets_of_store(session, row.store_id)),
        )
        for row in psbts_due(session, network, now, AT_ONCE)
    ]


def keep_proposal(payout_id: str, proposal: Proposal, now: datetime) -> None:
    """Store what came of it, unless the payout was paid or cancelled meanwhile. What failed is tried again later."""
    with change() as session:
        row = held_payout(session, payout_id)
        if row is None or row.psbt_due_at is None:
            return
        row.psbt_state, row.psbt_message, row.psbt = proposal.state.value, proposal.message, proposal.psbt
        row.psbt_at = now
        row.psbt_due_at = None if proposal.state is PsbtState.MADE else now + AGAIN


def ask_for_psbt(payout_id: str, now: datetime) -> None:
    """Have the worker propose a transaction anew: the coins of the old one may be spent. NotFound, Refused."""
    with change() as session:
        row = held_payout(session, payout_id)
        if row is None:
            raise NotFound(f"there is no payout {payout_id}")
        if row.state != PayoutState.AWAITING_PAYMENT.value:
            said = f"the payout is {row.state}; only one that is AwaitingPayment is to be paid"
            raise Refused(Refusal.INVALID_STATE, said)
        note(session, Kind.PSBT_ASKED, row.id, row.store_id)
        row.psbt_state, row.psbt_message, row.psbt, row.psbt_due_at = PsbtState.WAITING.value, "", None, now
