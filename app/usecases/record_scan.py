"""Write what a scan found: payments that we missed, coins that no invoice accounts for, and where the index goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.db.models import Payment, Prompt, StrayOutput, WalletScan, WatchedTransaction
from app.db.queries import reading, tip_to_assess_on
from app.db.queries_chain import block_at, close_gaps, prompts_paid, whole_invoices
from app.db.queries_wallet import newest_done, payments_at, raise_next_index, strays_of, wallets_on
from app.db.session import assessing_change
from app.domain.chain import Outpoint, Tip
from app.domain.invoice import NetworkFeeMode
from app.domain.payment import fee_for_new_payment, paid_at
from app.domain.scan import Evidence, FoundOutput, pays_invoice
from app.usecases.record_payments import watch
from app.usecases.refresh_invoice import refresh_invoice


@dataclass(frozen=True)
class Known:
    """What the database has on the coins found: prompts by scriptPubKey, payments by outpoint."""

    prompts: Mapping[bytes, Prompt]
    payments: Mapping[tuple[str, int], Payment]

    @classmethod
    def of(cls, session: Session, network: str, found: Sequence[FoundOutput]) -> "Known":
        prompts = prompts_paid(session, network, {coin.script_pubkey for coin in found})
        return cls(prompts, payments_at(session, network, (coin.outpoint.txid for coin in found)))

    def payment(self, coin: FoundOutput) -> Payment | None:
        return self.payments.get((coin.outpoint.txid, coin.outpoint.vout))

    def is_recorded(self, coin: FoundOutput) -> bool:
        payment = self.payment(coin)
        return payment is not None and payment.height is not None


def unrecorded(network: str, found: Sequence[FoundOutput]) -> list[FoundOutput]:
    """The coins at destinations of ours that are no payments in a block yet: their evidence is wanted."""
    known = Known.of(reading(), network, found)
    return [coin for coin in found if coin.script_pubkey in known.prompts and not known.is_recorded(coin)]


def record_scan(
    scan_id: int, found: Sequence[FoundOutput], evidence: Mapping[Outpoint, Evidence], range_end: int, now: datetime
) -> int:
    """The end of a scan, in one change. Returns the number of payments recorded.

    A coin above the block that we stand on, or in another block than ours of that height, is left to the explorer: it
    is about to get there.
    """
    with assessing_change() as session:
        scan = session.get_one(WalletScan, scan_id)
        wallet_id, network = scan.wallet_id, scan.wallet.network
        known, tip = Known.of(session, network, found), tip_to_assess_on(session, network)
        strays = []
        touched = []
        for coin in found:
            prompt, proof = known.prompts.get(coin.script_pubkey), evidence.get(coin.outpoint)
            if known.is_recorded(coin):
                continue
            if prompt is None or (proof and not pays_invoice(proof.header.time, prompt.invoice.created_at)):
                strays.append(coin)
            elif proof and tip and _stands(session, network, coin, tip):
                _record_payment(session, coin, prompt, known.payment(coin), proof, now)
                touched.append(prompt.invoice_id)
        _keep_strays(session, network, wallet_id, strays, now)
        raise_next_index(session, wallet_id, max((coin.address_index + 1 for coin in found), default=0))
        scan.state, scan.progress_percent, scan.range_end, scan.finished_at = "done", 100, range_end, now
        scan.found_outputs, scan.found_payments, scan.message = len(found), len(touched), ""
        _close_gaps(session, network, now)
        session.flush()
        if tip is not None:
            for row in whole_invoices(session, touched):
                refresh_invoice(session, row, tip, now)
        return len(touched)


def _close_gaps(session: Session, network: str, now: datetime) -> None:
    """Blocks that were lost are made up for when every wallet has been scanned since."""
    session.flush()
    begun = [newest_done(session, wallet.id) for wallet in wallets_on(session, network)]
    if None not in begun:
        close_gaps(session, network, min((moment for moment in begun if moment), default=now), now)


def _stands(session: Session, network: str, coin: FoundOutput, tip: Tip) -> bool:
    """Is the coin's block below our tip, and none that we have otherwise? We may not have seen it at all."""
    ours = block_at(session, network, coin.height)
    return coin.height <= tip.height and (ours is None or ours.hash == coin.block_hash)


def _record_payment(
    session: Session, coin: FoundOutput, prompt: Prompt, known: Payment | None, proof: Evidence, now: datetime
) -> None:
    payment = known or _new_payment(session, coin, prompt, proof, now)
    header = proof.header
    payment.paid_at = min(payment.paid_at, paid_at(payment.recorded_at, None, header.time, header.median_time))
    payment.height, payment.block_hash = coin.height, coin.block_hash
    payment.verified_in = coin.block_hash  # the node's own word is what we have
    payment.conflicted_by, payment.at_risk = None, False
    known_row = session.get(WatchedTransaction, (payment.network, payment.txid))
    if known_row is not None:
        known_row.height = coin.height
    elif proof.transaction is not None:  # else it is buried deeper than any reorganisation goes
        watch(session, payment.network, [proof.transaction], now, coin.height)


def _new_payment(session: Session, coin: FoundOutput, prompt: Prompt, proof: Evidence, now: datetime) -> Payment:
    earlier = [payment for payment in prompt.invoice.payments if payment.prompt_id == prompt.id]
    mode = NetworkFeeMode(prompt.invoice.network_fee_mode)
    payment = Payment(
        network=prompt.network,
        txid=coin.outpoint.txid,
        vout=coin.outpoint.vout,
        prompt_id=prompt.id,
        invoice_id=prompt.invoice_id,
        value_sats=coin.value_sats,
        fee_sats=fee_for_new_payment(mode, prompt.fee_sats, len(earlier)),
        recorded_at=now,
        paid_at=now,
        signals_rbf=proof.transaction.signals_rbf if proof.transaction else False,
        is_coinbase=coin.is_coinbase,
        announced=False,
    )
    session.add(payment)
    session.flush()
    session.refresh(prompt.invoice, ["payments"])
    return payment


def _keep_strays(session: Session, network: str, wallet_id: int, strays: Sequence[FoundOutput], now: datetime) -> None:
    kept = {(row.txid, row.vout): row for row in strays_of(session, wallet_id)}
    for coin in strays:
        row = kept.get((coin.outpoint.txid, coin.outpoint.vout))
        if row is None:
            row = StrayOutput(
                network=network,
                txid=coin.outpoint.txid,
                vout=coin.outpoint.vout,
                wallet_id=wallet_id,
                address_index=coin.address_index,
                value_sats=coin.value_sats,
                is_coinbase=coin.is_coinbase,
                found_at=now,
            )
            session.add(row)
        row.height, row.block_hash = coin.height, coin.block_hash
