"""Write what the chain says: payments, blocks, conflicts; assess every invoice that is touched, in the same change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db import queries_chain as queries
from app.db.models import ChainBlock, ChainState, Invoice, Payment, Prompt, SpentOutpoint, WatchedTransaction
from app.db.queries import reading
from app.db.session import change
from app.domain.chain import BlockHeader, Tip, Transaction, Unconfirmed
from app.domain.invoice import NetworkFeeMode
from app.domain.payment import fee_for_new_payment, paid_at
from app.usecases.refresh_invoice import refresh_invoice

NEVER = datetime.min.replace(tzinfo=UTC)  # before the first observation nothing expires


@dataclass(frozen=True)
class Sighting:
    """Where and when a transaction was seen: in the mempool (`mempool_time` if the node told it) or in a block."""

    header: BlockHeader | None = None
    mempool_time: datetime | None = None


class ChainRecord:
    """The explorer's store, kept in the database: every method that writes is one change."""

    def __init__(self, app: Flask, network: str, clock: Clock, on_change: Callable[[], None]) -> None:
        self._app = app
        self._network = network
        self._clock = clock
        self._on_change = on_change

    # what we know

    def tip(self) -> BlockHeader | None:
        """The block our facts stand on."""
        with self._app.app_context():
            row = queries.newest_block(reading(), self._network)
            return _header(row) if row else None

    def header_at(self, height: int) -> str | None:
        """The hash of our block at `height`."""
        with self._app.app_context():
            row = queries.block_at(reading(), self._network, height)
            return row.hash if row else None

    def genesis_hash(self) -> str | None:
        """The chain this database belongs to; None before the first start."""
        with self._app.app_context():
            state = reading().get(ChainState, self._network)
            return state.genesis_hash if state else None

    def concerns(self, transactions: Sequence[Transaction]) -> set[str]:
        """The txids among `transactions` that have to do with payments of ours."""
        with self._app.app_context():
            return queries.concerned(reading(), self._network, transactions)

    def unconfirmed(self) -> list[Unconfirmed]:
        """The transactions behind payments that are in no block."""
        with self._app.app_context():
            session = reading()
            rows = queries.unconfirmed_transactions(session, self._network)
            inputs = queries.inputs_of(session, self._network, (row.txid for row in rows))
            payments = queries.payments_of(session, self._network, [row.txid for row in rows])
            risky = {payment.txid for payment in payments if payment.at_risk}
            replaced = {payment.txid for payment in payments if payment.conflicted_by is not None}
            return [
                Unconfirmed(row.txid, row.raw, tuple(inputs.get(row.txid, ())), row.txid in risky, row.txid in replaced)
                for row in rows
            ]

    # what we are told

    def start_at(self, header: BlockHeader, genesis_hash: str) -> None:
        """Stand on `header`, the first block of this database."""
        with self._changing() as (session, _):
            state = self._state(session)
            state.genesis_hash = genesis_hash
            session.add(_block_row(self._network, header))

    def see_mempool(self, tx: Transaction, first_seen: datetime | None) -> None:
        """`tx` is in the mempool, since `first_seen` by the node's clock."""
        with self._changing() as (session, touched):
            touched.update(self._record(session, tx, Sighting(mempool_time=first_seen)))

    def watch(self, transactions: Sequence[Transaction]) -> None:
        """A payment of ours stands on these mempool transactions, which need not pay us."""
        with self._changing() as (session, _):
            for tx in transactions:
                self._watch(session, tx, confirmed=False)

    def connect_block(self, header: BlockHeader, transactions: Sequence[Transaction]) -> None:
        """Stand on `header`; `transactions` are those of the block that concern us."""
        with self._changing() as (session, touched):
            session.add(_block_row(self._network, header))
            session.flush()
            for tx in transactions:
                touched.update(self._record(session, tx, Sighting(header=header)))
            touched.update(queries.invoices_waiting_for_blocks(session))

    def disconnect_block(self, header: BlockHeader) -> None:
        """`header`, our newest block, left the chain: its payments are unconfirmed again."""
        with self._changing() as (session, touched):
            for payment in queries.payments_in_block(session, self._network, header.hash):
                payment.height, payment.block_hash = None, None
                touched.add(payment.invoice_id)
                session.get_one(WatchedTransaction, (self._network, payment.txid)).unconfirmed = True
            session.delete(session.get_one(ChainBlock, (self._network, header.height)))
            touched.update(queries.invoices_waiting_for_blocks(session))

    def mark_replaced(self, txid: str, by: str | None) -> None:
        """`txid` can no longer confirm: `by` spends its inputs, or the node did not say what does."""
        with self._changing() as (session, touched):
            touched.update(self._fall(session, txid, by))

    def mark_evicted(self, txid: str) -> None:
        """`txid` left the mempool without a conflict: it stays accounted, at risk."""
        self._set_standing(txid, at_risk=True)

    def mark_in_mempool(self, txid: str) -> None:
        """`txid` is in the mempool again."""
        self._set_standing(txid, at_risk=False)

    def observed(self, at: datetime) -> None:
        """Chain and mempool were looked at as a whole, starting at `at`."""
        with self._changing() as (session, _):
            state = self._state(session)
            state.observed_at = max(at, state.observed_at or at)

    # how

    @contextmanager
    def _changing(self) -> Iterator[tuple[Session, set[str]]]:
        """One change; the invoices put into the set are assessed before it commits."""
        with self._app.app_context():
            with change() as session:
                touched: set[str] = set()
                yield session, touched
                session.flush()
                self._refresh(session, touched)
            if touched:
                self._on_change()

    def _refresh(self, session: Session, touched: set[str]) -> None:
        block = queries.newest_block(session, self._network)
        if block is None or not touched:
            return
        observed_at = self._state(session).observed_at or NEVER
        tip = Tip(block.height, block.hash, observed_at)
        for invoice_id in sorted(touched):
            row = session.get_one(Invoice, invoice_id)
            session.refresh(row, ["payments"])
            refresh_invoice(session, row, tip, self._clock.now())

    def _state(self, session: Session) -> ChainState:
        state = session.get(ChainState, self._network)
        if state is None:
            state = ChainState(network=self._network)
            session.add(state)
        return state

    def _record(self, session: Session, tx: Transaction, sighting: Sighting) -> set[str]:
        """Upsert the payments of `tx`, and let what conflicts with it fall. Returns the invoices touched."""
        touched = set()
        losers = self._losers(session, tx)
        for loser in losers:
            touched.update(self._fall(session, loser, tx.txid))
        known = {payment.vout: payment for payment in queries.payments_of(session, self._network, [tx.txid])}
        prompts = queries.prompts_paid(session, self._network, (out.script_pubkey for out in tx.outputs))
        for vout, output in enumerate(tx.outputs):
            prompt = prompts.get(output.script_pubkey)
            if prompt is None:
                continue
            if vout not in known:
                known[vout] = self._new_payment(session, tx, vout, prompt, losers)
            self._place(known[vout], prompt, sighting, losers, session)
            touched.add(prompt.invoice_id)
        if known or queries.watched(session, self._network, [tx.txid]):
            self._watch(session, tx, confirmed=sighting.header is not None)
        return touched

    def _new_payment(
        self, session: Session, tx: Transaction, vout: int, prompt: Prompt, losers: Iterable[str]
    ) -> Payment:
        earlier = [payment for payment in prompt.invoice.payments if payment.prompt_id == prompt.id]
        replaced = [payment for payment in earlier if payment.txid in set(losers)]
        now = self._clock.now()
        payment = Payment(
            network=self._network,
            txid=tx.txid,
            vout=vout,
            prompt_id=prompt.id,
            invoice_id=prompt.invoice_id,
            value_sats=tx.outputs[vout].value_sats,
            fee_sats=fee_for_new_payment(
                NetworkFeeMode(prompt.invoice.network_fee_mode),
                prompt.fee_sats,
                len(earlier),
                (payment.fee_sats for payment in replaced),
            ),
            recorded_at=now,
            paid_at=now,
            signals_rbf=tx.signals_rbf,
            is_coinbase=tx.is_coinbase,
            announced=False,
        )
        session.add(payment)
        session.flush()
        session.refresh(prompt.invoice, ["payments"])
        return payment

    def _place(self, payment: Payment, prompt: Prompt, sighting: Sighting, losers: set[str], session: Session) -> None:
        """Where the payment stands now, and the earliest time at which it can have been made."""
        header = sighting.header
        inherited = [p.paid_at for p in prompt.invoice.payments if p.txid in losers]
        moment = paid_at(
            payment.recorded_at,
            sighting.mempool_time,
            header.time if header else None,
            header.median_time if header else None,
            inherited,
        )
        payment.paid_at = min(payment.paid_at, moment)
        payment.conflicted_by, payment.at_risk = None, False
        if header is not None:
            payment.height, payment.block_hash = header.height, header.hash
        session.flush()

    def _watch(self, session: Session, tx: Transaction, *, confirmed: bool) -> None:
        row = session.get(WatchedTransaction, (self._network, tx.txid))
        if row is None:
            session.add(WatchedTransaction(network=self._network, txid=tx.txid, raw=tx.raw, unconfirmed=not confirmed))
            for spent in tx.inputs:
                session.add(
                    SpentOutpoint(network=self._network, prev_txid=spent.txid, prev_vout=spent.vout, txid=tx.txid)
                )
        elif confirmed:
            row.unconfirmed = False
        session.flush()

    def _losers(self, session: Session, tx: Transaction) -> set[str]:
        """Watched transactions that spend what `tx` spends, and everything built on them."""
        direct = {txid for txids in queries.spenders(session, self._network, tx.inputs).values() for txid in txids}
        direct.discard(tx.txid)
        fallen = set(direct)
        for txid in direct:
            fallen |= queries.descendants(session, self._network, txid)
        return fallen - {tx.txid}

    def _fall(self, session: Session, txid: str, by: str | None) -> set[str]:
        """Unconfirmed payments of `txid` and of everything built on it are out of account."""
        fallen = {txid} | queries.descendants(session, self._network, txid)
        touched = set()
        for payment in queries.payments_of(session, self._network, fallen):
            if payment.height is None and payment.conflicted_by is None:
                payment.conflicted_by = by or ""
                payment.at_risk = False
                touched.add(payment.invoice_id)
        return touched

    def _set_standing(self, txid: str, *, at_risk: bool) -> None:
        with self._changing() as (session, touched):
            for payment in queries.payments_of(session, self._network, [txid]):
                if payment.at_risk != at_risk or payment.conflicted_by is not None:
                    payment.at_risk, payment.conflicted_by = at_risk, None
                    touched.add(payment.invoice_id)


def _header(row: ChainBlock) -> BlockHeader:
    return BlockHeader(row.hash, row.prev_hash, row.height, row.time, row.median_time)


def _block_row(network: str, header: BlockHeader) -> ChainBlock:
    return ChainBlock(
        network=network,
        height=header.height,
        hash=header.hash,
        prev_hash=header.prev_hash,
        time=header.time,
        median_time=header.median_time,
    )
