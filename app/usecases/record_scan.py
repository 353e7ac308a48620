"""Write what a scan found: payments that we missed, coins that no invoice accounts for, and where the index goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.db.models import Invoice, Payment, Prompt, SpentOutpoint, StrayOutput, WalletScan, WatchedTransaction
from app.db.queries import reading, stored_tip
from app.db.queries_chain import block_at, prompts_paid
from app.db.queries_wallet import payments_at, raise_next_index, strays_of
from app.db.session import change
from app.domain.chain import Outpoint, Tip, Transaction
from app.domain.invoice import NetworkFeeMode
from app.domain.payment import fee_for_new_payment, paid_at
from app.domain.scan import Evidence, FoundOutput, pays_invoice
from app.usecases.refresh_invoice import refresh_invoice


@dataclass(frozen=True)
class Known:
    """What the database has on the coins found: prompts by scriptPubKey, payments by outpoint."""

    prompts: Mapping[bytes, Prompt]
    payments: Mapping[tuple[str, int], Payment]

    @classmethod
    def of(cls, session: Session, network: str, found: Sequence[FoundOutput]) -> "Known":
        prompts = prompts_paid(session, network, (coin.script_pubkey for coin in found))
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
    with change() as session:
        scan = session.get_one(WalletScan, scan_id)
        wallet_id, network = scan.wallet_id, scan.wallet.network
        known, tip = Known.of(session, network, found), stored_tip(session, network)
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
        session.flush()
        for invoice_id in sorted(set(touched)):
            row = session.get_one(Invoice, invoice_id, with_for_update=True, populate_existing=True)
            session.refresh(row, ["payments"])
            if tip is not None:
                refresh_invoice(session, row, tip, now)
        return len(touched)


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
    payment.conflicted_by, payment.at_risk = None, False
    _watch(session, payment, proof.transaction)


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


def _watch(session: Session, payment: Payment, transaction: Transaction | None) -> None:
    """The transaction as the explorer keeps it: its block may leave the chain yet.

    A node that has deleted the bytes has buried the block deeper than any reorganisation goes.
    """
    row = session.get(WatchedTransaction, (payment.network, payment.txid))
    if row is not None:
        row.unconfirmed = False
    elif transaction is not None:
        session.add(
            WatchedTransaction(network=payment.network, txid=payment.txid, raw=transaction.raw, unconfirmed=False)
        )
        for spent in transaction.inputs:
            session.merge(
                SpentOutpoint(network=payment.network, prev_txid=spent.txid, prev_vout=spent.vout, txid=payment.txid)
            )
    session.flush()


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
