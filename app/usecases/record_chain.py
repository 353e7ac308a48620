"""Write what the chain says: blocks, payments, conflicts; assess every invoice that is touched, in the same change."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta

from flask import Flask, has_app_context
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db import queries_chain as queries
from app.db import queries_payouts
from app.db.matching import concerning, stood_on
from app.db.models import ChainBlock, ChainState
from app.db.queries import oldest_invoice_at, reading, tip_to_assess_on
from app.db.session import assessing_change
from app.domain.chain import (
    WATCHED_DEPTH,
    BlockHeader,
    Claim,
    Outpoint,
    Sighting,
    Transaction,
    Unconfirmed,
    beneath,
)
from app.errors import SattleError
from app.usecases.claims import claims_on
from app.usecases.list_unconfirmed import list_unconfirmed
from app.usecases.record_payments import let_fall, record_payments, stand_again, watch
from app.usecases.record_payouts import outputs_leave_block, refresh_payouts, set_outputs_standing
from app.usecases.refresh_invoice import refresh_invoice
from app.usecases.request_scan import note_gap
from app.usecases.review_settled import review_settled
from app.usecases.touched import Touched

PATIENCE = timedelta(days=30)  # with a transaction that is in no block; nodes forget one after 14 days


class ChainRecord:
    """The explorer's store, kept in the database: every method that writes is one change."""

    def __init__(self, app: Flask, network: str, clock: Clock, on_change: Callable[[], None]) -> None:
        self._app = app
        self._network = network
        self._clock = clock
        self._on_change = on_change
        self._needs_review = True  # has anything changed since the last one?

    # what we know

    def tip(self) -> BlockHeader | None:
        """The block our facts stand on."""
        with self._reading() as session:
            row = queries.newest_block(session, self._network)
            return _header(row) if row else None

    def header_at(self, height: int) -> str | None:
        """The hash of our block at `height`."""
        with self._reading() as session:
            row = queries.block_at(session, self._network, height)
            return row.hash if row else None

    def genesis_hash(self) -> str | None:
        """The chain this database belongs to; None before the first start."""
        with self._reading() as session:
            state = session.get(ChainState, self._network)
            return state.genesis_hash if state else None

    def oldest_invoice_at(self) -> datetime | None:
        """When the first invoice was made; None while there is none."""
        with self._reading() as session:
            return oldest_invoice_at(session, self._network)

    def has_gap(self) -> bool:
        """Were blocks lost that nothing has made up for yet?"""
        with self._reading() as session:
            return bool(queries.open_gaps(session, self._network))

    def concerning(self, transactions: Sequence[Transaction]) -> list[Transaction]:
        """Those of `transactions` that have to do with payments of ours."""
        with self._reading() as session:
            return concerning(session, self._network, transactions)

    def watched(self, txids: Collection[str]) -> list[Unconfirmed]:
        """Those of `txids` that carry payments of ours, or that such payments stand on, and are in no block."""
        with self._reading() as session:
            rows = queries.watched(session, self._network, txids)
            return list_unconfirmed(session, self._network, [row for row in rows if row.height is None])

    def unconfirmed(self) -> list[Unconfirmed]:
        """All of these that have not waited too long."""
        with self._reading() as session:
            rows = queries.unconfirmed_transactions(session, self._network, self._clock.now() - PATIENCE)
            return list_unconfirmed(session, self._network, rows)

    def to_verify(self, transactions: Sequence[Transaction], header: BlockHeader | None) -> list[Claim]:
        """The outputs that would settle if `transactions` were recorded: in the block `header`, or in the mempool."""
        with self._reading() as session:
            return claims_on(session, self._network, transactions, header)

    # what we are told

    def start_at(self, header: BlockHeader, genesis_hash: str) -> None:
        """Stand on `header`, the first block of this database.

        Invoices that are older may have been paid in blocks below: nothing expires until those were made up for.
        """
        with self._changing() as (session, _):
            self._state(session).genesis_hash = genesis_hash
            if header.height > 0 and oldest_invoice_at(session, self._network) is not None:
                note_gap(session, self._network, 0, header.height - 1, self._clock.now())
            queries.add_block(session, self._network, header)

    def skip_to(self, header: BlockHeader, lost_from: int) -> None:
        """Stand on `header`; the blocks from `lost_from` to the one before it are not to be had any more."""
        with self._changing() as (session, _):
            note_gap(session, self._network, lost_from, header.height - 1, self._clock.now())
            queries.add_block(session, self._network, header)

    def see_mempool(self, sightings: Sequence[Sighting], parents: Sequence[Transaction] = ()) -> None:
        """These transactions are in the mempool. They stand on `parents`, which need not pay us."""
        with self._changing() as (session, touched):
            watch(session, self._network, parents, self._clock.now())
            if parents:
                touched.update(stand_again(session, self._network, {tx.txid for tx in parents}))
            touched.update(record_payments(session, self._network, sightings, None, self._clock.now()))

    def connect_block(
        self,
        header: BlockHeader,
        transactions: Sequence[Transaction],
        verified: frozenset[Outpoint],
        parents: Sequence[Transaction] = (),
        known: Collection[str] = (),
    ) -> None:
        """Stand on `header`; `transactions` are those of the block that concern us, `parents` what they stand on.

        `known`: the txids of those that had been looked at in the mempool.
        """
        with self._changing() as (session, touched):
            self._require_tip(session, header.prev_hash)
            queries.add_block(session, self._network, header)
            if header.height % WATCHED_DEPTH == 0:
                queries.forget_spent(session, self._network, header.height - WATCHED_DEPTH)
                long_ago = self._clock.now() - PATIENCE
                queries_payouts.let_go(session, self._network, header.height - WATCHED_DEPTH, long_ago)
            watch(session, self._network, parents, self._clock.now(), header.height)
            touched.update(self._confirm(session, header, transactions, verified, known))

    def reread_block(
        self,
        header: BlockHeader,
        transactions: Sequence[Transaction],
        verified: frozenset[Outpoint],
        parents: Sequence[Transaction] = (),
    ) -> None:
        """Record what a block below the one we stand on holds, once more."""
        with self._changing() as (session, touched):
            watch(session, self._network, parents, self._clock.now(), header.height)
            touched.update(self._confirm(session, header, transactions, verified))

    def disconnect_block(self, header: BlockHeader, transactions: Sequence[Transaction] = ()) -> None:
        """`header`, our newest block, left the chain: its payments are unconfirmed, and so is what payments stand on.

        `transactions` are those that it held, as far as the node can say.
        """
        with self._changing() as (session, touched):
            self._require_tip(session, header.hash)
            needed = stood_on(session, self._network, transactions)
            watch(session, self._network, [*needed, *beneath(needed, transactions)], self._clock.now())
            session.delete(session.get_one(ChainBlock, (self._network, header.height)))
            session.flush()
            for payment in queries.payments_from(session, self._network, header.height - WATCHED_DEPTH):
                touched.invoices.add(payment.invoice_id)  # it is less deep by one
                if payment.block_hash == header.hash:
                    payment.height, payment.block_hash = None, None
            touched.payouts.update(outputs_leave_block(session, self._network, header.hash))
            queries.unbury(session, self._network, header.height, self._clock.now())

    def mark_replaced(self, txid: str, by: str | None) -> None:
        """`txid` can no longer confirm: `by` spends its inputs, or the node did not say what does."""
        with self._changing() as (session, touched):
            fallen = {txid} | queries.descendants(session, self._network, txid)
            touched.update(let_fall(session, self._network, fallen, by))

    def mark_evicted(self, txid: str) -> None:
        """`txid` left the mempool without a conflict: it stays accounted, at risk."""
        with self._changing() as (session, touched):
            for payment in queries.payments_of(session, self._network, [txid]):
                if payment.conflicted_by is None and not payment.at_risk:
                    payment.at_risk = True
                    touched.invoices.add(payment.invoice_id)
            touched.payouts.update(set_outputs_standing(session, self._network, [txid], at_risk=True))

    def mark_in_mempool(self, txid: str) -> None:
        """`txid` is in the mempool again: it counts, and what spends its coins otherwise falls, in one change."""
        with self._changing() as (session, touched):
            touched.update(stand_again(session, self._network, [txid]))

    def review_settled(self) -> None:
        """Look for payments that had settled and are in the chain no more; raise an alert for each."""
        if not self._needs_review:
            return
        with self._changing() as (session, touched):
            touched.invoices.update(review_settled(session, self._network, self._clock.now()))
        self._needs_review = bool(touched)

    def observed(self, at: datetime) -> None:
        """Chain and mempool were looked at as a whole, starting at `at`."""
        with self._changing() as (session, _):
            state = self._state(session)
            state.observed_at = max(at, state.observed_at or at)

    # how

    def _context(self) -> AbstractContextManager[object]:
        """The application's context, a new one unless the caller has one open for many calls."""
        return nullcontext() if has_app_context() else self._app.app_context()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        """What was read before is forgotten."""
        with self._context():
            session = reading()
            session.rollback()
            yield session

    @contextmanager
    def _changing(self) -> Iterator[tuple[Session, Touched]]:
        """One change; the invoices and payouts that it is told of are assessed before it commits."""
        touched = Touched()
        with self._context(), assessing_change() as session:
            yield session, touched
            if touched.invoices:
                with session.no_autoflush:  # what is new is written once, with the status that it gets here
                    self._refresh(session, touched.invoices)
            refresh_payouts(session, self._network, touched, self._clock.now())
        if touched:
            self._needs_review = True
            self._on_change()

    def _refresh(self, session: Session, touched: set[str]) -> None:
        tip = tip_to_assess_on(session, self._network)
        if tip is None:
            return
        for row in queries.whole_invoices(session, touched):
            refresh_invoice(session, row, tip, self._clock.now())

    def _state(self, session: Session) -> ChainState:
        state = session.get(ChainState, self._network)
        if state is None:
            state = ChainState(network=self._network)
            session.add(state)
        return state

    def _require_tip(self, session: Session, block_hash: str) -> None:
        """Heights are never trusted without the hash: somebody else may have written meanwhile."""
        newest = queries.newest_hash(session, self._network)
        if newest != block_hash:
            raise SattleError(f"our chain ends in {newest}, not in {block_hash}")

    def _confirm(
        self,
        session: Session,
        header: BlockHeader,
        transactions: Sequence[Transaction],
        verified: frozenset[Outpoint],
        known: Collection[str] = (),
    ) -> Touched:
        """Record a block's transactions, and the verified payments of earlier blocks that are deep enough with it."""
        touched = Touched()
        for payment, _, _ in queries.waiting_payments(session, self._network) if verified else ():
            if Outpoint(payment.txid, payment.vout) in verified:
                payment.verified_in = payment.block_hash
                touched.invoices.add(payment.invoice_id)
        if transactions:
            seen = [Sighting(tx, verified=verified) for tx in transactions]
            touched.update(record_payments(session, self._network, seen, header, self._clock.now(), known))
        return touched


def _header(row: ChainBlock) -> BlockHeader:
    return BlockHeader(row.hash, row.prev_hash, row.height, row.time, row.median_time)
