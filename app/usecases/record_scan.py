"""Write what a scan found: payments that we missed, coins that no invoice accounts for, and where the index goes on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from app.db.models import Payment, Prompt, StrayOutput, WalletScan
from app.db.queries import reading, tip_to_assess_on
from app.db.queries_chain import block_at, close_gaps, inputs_of, prompts_paid, whole_invoices
from app.db.queries_wallet import newest_done, payments_at, raise_next_index, strays_of, wallets_on
from app.db.session import assessing_change
from app.domain.chain import LostTransaction, Outpoint, Sighting, Tip, Transaction
from app.domain.scan import Evidence, FoundOutput, pays_invoice
from app.usecases.record_payments import record_payments
from app.usecases.record_payouts import refresh_payouts
from app.usecases.refresh_invoice import refresh_invoice
from app.usecases.touched import Touched


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
        strays, missed = [], []
        for coin in found:
            prompt, proof = known.prompts.get(coin.script_pubkey), evidence.get(coin.outpoint)
            if known.is_recorded(coin):
                continue
            if prompt is None or (proof and not pays_invoice(proof.header.time, prompt.invoice.created_at)):
                strays.append(coin)
            elif proof and tip and _stands(session, network, coin, tip):
                missed.append(coin)
        touched = _record(session, network, missed, evidence, now)
        _keep_strays(session, network, wallet_id, strays, now)
        raise_next_index(session, wallet_id, max((coin.address_index + 1 for coin in found), default=0))
        scan.state, scan.progress_percent, scan.range_end, scan.finished_at = "done", 100, range_end, now
        scan.found_outputs, scan.found_payments, scan.message = len(found), len(missed), ""
        _close_gaps(session, network, now)
        session.flush()
        if tip is not None:
            for row in whole_invoices(session, touched.invoices):
                refresh_invoice(session, row, tip, now)
        refresh_payouts(session, network, touched, now)
        return len(missed)


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


def _record(
    session: Session, network: str, coins: Sequence[FoundOutput], evidence: Mapping[Outpoint, Evidence], now: datetime
) -> Touched:
    """Record the transactions that made these coins, as the explorer would have: what conflicts with them falls."""
    touched = Touched()
    for txid, made in _by_txid(coins).items():
        proof = evidence[made[0].outpoint]
        tx = proof.transaction or _without_bytes(session, network, txid, made)
        # the node's own word is what we have
        sighting = Sighting(tx, verified=frozenset(coin.outpoint for coin in made))
        can_pay = partial(_can_pay, proof)
        touched.update(record_payments(session, network, [sighting], proof.header, now, can_pay=can_pay))
    return touched


def _can_pay(proof: Evidence, prompt: Prompt) -> bool:
    return pays_invoice(proof.header.time, prompt.invoice.created_at)


def _by_txid(coins: Iterable[FoundOutput]) -> dict[str, list[FoundOutput]]:
    found: dict[str, list[FoundOutput]] = {}
    for coin in coins:
        found.setdefault(coin.outpoint.txid, []).append(coin)
    return found


def _without_bytes(session: Session, network: str, txid: str, made: Sequence[FoundOutput]) -> Transaction:
    """What the coins tell of their transaction, and what it spends if we saw it once.

    It may have signalled that it can be replaced: nobody knows (invoice-states 3).
    """
    outputs = [(0, b"")] * (1 + max(coin.outpoint.vout for coin in made))
    for coin in made:
        outputs[coin.outpoint.vout] = (coin.value_sats, coin.script_pubkey)
    spent = [outpoint.raw for outpoint in inputs_of(session, network, [txid]).get(txid, ())]
    return LostTransaction(bytes.fromhex(txid), 0, 0, 0, spent, outputs, True, made[0].is_coinbase)


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
