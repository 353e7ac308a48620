"""Write what transactions mean for us: payments by outpoint, where they stand, and what falls because of them.

All of it inside the caller's change, for one transaction or a whole block: the number of statements does not grow with
the number of payments.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.db import queries_chain as queries
from app.db.models import Payment, Prompt
from app.domain.chain import BlockHeader, Outpoint, Sighting, Transaction
from app.domain.invoice import NetworkFeeMode
from app.domain.payment import fee_for_new_payment, paid_at
from app.usecases.record_payouts import outputs_fall, record_outputs, set_outputs_standing
from app.usecases.touched import Touched

IN_MEMPOOL = "mempool"  # in place of a block's hash: where an unconfirmed output was verified


def record_payments(
    session: Session,
    network: str,
    seen: Sequence[Sighting],
    header: BlockHeader | None,
    now: datetime,
    known: Collection[str] = (),
    can_pay: Callable[[Prompt], bool] = lambda _: True,
) -> Touched:
    """Upsert the payments in `seen`, and the outputs that pay payouts; let what conflicts with them fall.

    They were seen in the block `header`, or in the mempool; `known` are those that had been in the mempool before.
    Prompts that the transactions cannot have been made for are left out.
    """
    return _Recording(session, network, seen, header, now, can_pay).run(known)


def let_fall(session: Session, network: str, txids: Collection[str], by: str | None) -> Touched:
    """Unconfirmed payments of `txids` are out of account, because of `by` or for a reason nobody named.

    What was replaced once can be replaced, whatever it signals: from now on it settles in a block only.
    """
    touched = Touched(payouts=outputs_fall(session, network, txids, by))
    for payment in queries.payments_of(session, network, txids):
        if payment.height is None and not payment.conflicted_by:
            payment.conflicted_by = by or ""
            payment.at_risk = False
            payment.signals_rbf = True
            touched.invoices.add(payment.invoice_id)
    return touched


def stand_again(session: Session, network: str, txids: Collection[str]) -> Touched:
    """Watched transactions are in the mempool, and what they stand on is: their payments count, what conflicts falls.

    Both in the caller's change, so that no coin ever counts twice. While a block that we hold has one of the rivals,
    nothing changes: the mempool is that of another chain, which is to be followed first.
    """
    standing = set(txids) | queries.ancestors(session, network, txids)
    spent = {
        outpoint.raw: txid
        for txid, outpoints in queries.inputs_of(session, network, standing).items()
        for outpoint in outpoints
    }
    rivals = [
        (other, spent[outpoint])
        for outpoint, spenders in queries.spenders(session, network, spent).items()
        for other in spenders - {spent[outpoint]}
    ]
    if buried(session, network, [other for other, _ in rivals]):
        return Touched()
    touched = Touched(payouts=set_outputs_standing(session, network, standing, at_risk=False))
    for other, by in rivals:
        touched.update(let_fall(session, network, {other} | queries.descendants(session, network, other), by))
    for payment in queries.payments_of(session, network, standing):
        if payment.height is None and (payment.at_risk or payment.conflicted_by is not None):
            payment.at_risk, payment.conflicted_by = False, None
            touched.invoices.add(payment.invoice_id)
    return touched


def buried(session: Session, network: str, txids: Collection[str]) -> set[str]:
    """Those of `txids` that a block of the chain we stand on holds."""
    return {row.txid for row in queries.watched(session, network, txids) if row.height is not None}


def watch(
    session: Session, network: str, transactions: Iterable[Transaction], now: datetime, height: int | None = None
) -> None:
    """Keep these transactions, and what they spend, in view: for conflicts, and for broadcasting them again.

    `height` is that of their block.
    """
    wanted = {tx.txid: tx for tx in transactions}
    with session.no_autoflush:
        known = queries.watched(session, network, wanted)
    for row in known:
        del wanted[row.txid]
        row.height = height if height is not None else row.height
    # One without its bytes is buried deeper than any reorganisation goes.
    queries.add_watched(session, network, {txid: tx for txid, tx in wanted.items() if tx.raw}, height, now)


class _Recording:
    """What is known of the transactions beforehand, read at once."""

    def __init__(
        self,
        session: Session,
        network: str,
        seen: Sequence[Sighting],
        header: BlockHeader | None,
        now: datetime,
        can_pay: Callable[[Prompt], bool],
    ) -> None:
        self._session = session
        self._network = network
        self._seen = seen
        self._header = header
        self._now = now
        self._touched = Touched()
        self._spenders = queries.spenders(session, network, {spent for each in seen for spent in each.tx.spent})
        scripts = {script for each in seen for _, script in each.tx.outputs}
        prompts = queries.prompts_paid(session, network, scripts)
        self._prompts = {script: prompt for script, prompt in prompts.items() if can_pay(prompt)}
        payments = queries.payments_of(session, network, {each.tx.txid for each in seen})
        self._payments = {(payment.txid, payment.vout): payment for payment in payments}
        others = set[str]().union(*self._spenders.values()) if header is None else set()
        self._buried = buried(session, network, others)

    def run(self, known: Collection[str]) -> Touched:
        for sighting in self._seen:
            self._record(sighting, sighting.tx.txid)
        paid_out = record_outputs(self._session, self._network, self._seen, self._header, known, self._now)
        self._touched.payouts.update(*paid_out.values())
        height = self._header.height if self._header else None
        ours = [each.tx for each in self._seen if each.tx.txid in paid_out or self._is_ours(each.tx)]
        watch(self._session, self._network, ours, self._now, height)
        return self._touched

    def _is_ours(self, tx: Transaction) -> bool:
        """Does it carry payments, or do payments stand on it? Then its own inputs are watched already."""
        pays = any(script in self._prompts for _, script in tx.outputs)
        return pays or any(tx.txid in self._spenders.get(spent, ()) for spent in tx.spent)

    def _record(self, sighting: Sighting, txid: str) -> None:
        losers = self._losers(sighting.tx, txid)
        if losers:
            self._touched.update(let_fall(self._session, self._network, losers, txid))
        for vout, (value_sats, script) in enumerate(sighting.tx.outputs):
            prompt = self._prompts.get(script)
            if prompt is None:
                continue
            payment = self._payments.get((txid, vout))
            if payment is None:
                payment = self._new_payment(sighting.tx, Outpoint(txid, vout), value_sats, prompt, losers)
            self._place(payment, sighting, prompt, losers)
            self._touched.invoices.add(prompt.invoice_id)

    def _losers(self, tx: Transaction, txid: str) -> set[str]:
        """Watched transactions that spend what this one spends, and everything built on them."""
        direct = {other for spent in tx.spent for other in self._spenders.get(spent, ())} - {txid}
        built = (queries.descendants(self._session, self._network, other) for other in direct)
        return direct.union(*built) - {txid}

    def _new_payment(
        self, tx: Transaction, outpoint: Outpoint, value_sats: int, prompt: Prompt, losers: Collection[str]
    ) -> Payment:
        earlier = [payment for payment in prompt.invoice.payments if payment.prompt_id == prompt.id]
        payment = Payment(
            network=self._network,
            txid=outpoint.txid,
            vout=outpoint.vout,
            prompt_id=prompt.id,
            prompt=prompt,
            invoice=prompt.invoice,
            value_sats=value_sats,
            fee_sats=fee_for_new_payment(
                NetworkFeeMode(prompt.invoice.network_fee_mode),
                prompt.fee_sats,
                len(earlier),
                (payment.fee_sats for payment in earlier if payment.txid in losers),
            ),
            recorded_at=self._now,
            paid_at=self._now,
            signals_rbf=tx.signals_rbf,
            is_coinbase=tx.is_coinbase,
            announced=False,
        )
        self._session.add(payment)
        self._payments[outpoint.txid, outpoint.vout] = payment
        return payment

    def _place(self, payment: Payment, sighting: Sighting, prompt: Prompt, losers: Collection[str]) -> None:
        """Where the payment stands now, and the earliest time at which it can have been made."""
        header = self._header
        moment = paid_at(
            payment.recorded_at,
            sighting.since,
            header.time if header else None,
            header.median_time if header else None,
            [other.paid_at for other in prompt.invoice.payments if other.txid in losers],
        )
        payment.paid_at = min(payment.paid_at, moment)
        payment.conflicted_by, payment.at_risk = min(self._buried.intersection(losers), default=None), False
        payment.signals_rbf |= payment.conflicted_by is not None
        if header is not None:
            payment.height, payment.block_hash = header.height, header.hash
        if Outpoint(payment.txid, payment.vout) in sighting.verified:
            payment.verified_in = header.hash if header else IN_MEMPOOL
