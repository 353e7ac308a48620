"""The node's mempool against our payments: what is new, and what became of a payment that is there no more (C5)."""

import logging
from collections.abc import Iterable, Iterator, Sequence

from app.chain.codec import Undecodable, decode_transaction
from app.chain.rpc import ALREADY_IN_CHAIN, VERIFY_ERROR, Rpc, RpcError
from app.chain.store import ChainStore
from app.domain.chain import Outpoint, Transaction, Unconfirmed

log = logging.getLogger(__name__)

FETCH_BATCH = 100  # transactions asked for in one round trip
LOW_FEE = ("min fee not met", "min relay fee", "mempool full")  # "mempool min fee not met", "min relay fee not met"


class Mempool:
    """Used by the explorer's one thread. What it remembers saves work; forgetting it costs only time."""

    def __init__(self, rpc: Rpc, store: ChainStore) -> None:
        self._rpc = rpc
        self._store = store
        self._looked_at: set[str] = set()  # matched already; forgotten when they leave the mempool
        self._dead: set[str] = set()  # the chain spent their inputs: only a reorg can bring them back

    def forget(self) -> None:
        """The chain was reorganised: what was decided may be otherwise now."""
        self._looked_at.clear()
        self._dead.clear()

    def see(self, tx: Transaction) -> None:
        """A transaction was announced. `rawtx` repeats for blocks, so only mempool membership counts as a sighting."""
        if tx.txid in self._looked_at:
            return
        if tx.txid not in self._store.concerns([tx]) or self._record(tx):
            self._looked_at.add(tx.txid)

    def reconcile(self, present: set[str]) -> None:
        """Match what is new among `present`, the txids of the mempool; decide what is missing."""
        self._looked_at &= present
        fresh = sorted(present - self._looked_at)
        for start in range(0, len(fresh), FETCH_BATCH):
            self._match(fresh[start : start + FETCH_BATCH])
        self._decide(present)

    # what is new

    def _match(self, txids: Sequence[str]) -> None:
        fetched = list(self._fetch(txids))
        ours = self._store.concerns(fetched)
        self._looked_at.update(tx.txid for tx in fetched if tx.txid not in ours or self._record(tx))

    def _fetch(self, txids: Sequence[str]) -> Iterator[Transaction]:
        for txid, raw in zip(txids, self._rpc.raw_transactions(txids), strict=True):
            if raw is None:
                continue
            try:
                yield decode_transaction(raw)
            except Undecodable as error:
                log.warning("skipped %s of the mempool: %s", txid, error)

    def _record(self, tx: Transaction) -> bool:
        """Store a sighting, unless the transaction left again. Its unconfirmed parents are watched with it: what
        replaces one of them takes our payment along."""
        entry = self._rpc.mempool_entry(tx.txid)
        if entry is None:
            return False
        self._store.see_mempool(tx, entry.since)
        if entry.has_parents:
            self._store.watch(list(self._fetch(self._rpc.mempool_parents(tx.txid))))
        return True

    # what is missing

    def _decide(self, present: set[str]) -> None:
        unconfirmed = self._store.unconfirmed()
        self._dead &= {tx.txid for tx in unconfirmed} - present
        missing = []
        for tx in unconfirmed:
            if tx.txid in present:
                if tx.at_risk or tx.replaced:
                    self._store.mark_in_mempool(tx.txid)
            elif tx.txid not in self._dead:
                missing.append(tx)
        self._decide_missing(missing, {tx.txid for tx in unconfirmed} - self._dead)

    def _decide_missing(self, missing: Sequence[Unconfirmed], alive: set[str]) -> None:
        """`alive` are the unconfirmed transactions that may still confirm; blocks were looked at before."""
        spenders = self._rpc.mempool_spenders([outpoint for tx in missing for outpoint in tx.inputs])
        for tx in _parents_first(missing):
            other = next((spenders[outpoint] for outpoint in tx.inputs if outpoint in spenders), None)
            if other is not None and other != tx.txid:
                alive.discard(tx.txid)
                self._replaced(tx, other)
            elif other is None:
                self._offer_again(tx, alive)

    def _offer_again(self, tx: Unconfirmed, alive: set[str]) -> None:
        refusal = self._rpc.broadcast(tx.raw)
        if refusal is None:
            log.info("%s had left the mempool and was broadcast again", tx.txid)
            self._store.mark_in_mempool(tx.txid)
        elif refusal.code == ALREADY_IN_CHAIN:
            return  # a block we have not connected yet
        elif self._is_dead(tx, refusal, alive):
            alive.discard(tx.txid)
            self._dead.add(tx.txid)
            self._replaced(tx, None)
        elif not tx.at_risk and not tx.replaced:
            log.info("%s left the mempool: %s", tx.txid, refusal.message)
            self._store.mark_evicted(tx.txid)

    def _replaced(self, tx: Unconfirmed, by: str | None) -> None:
        if not tx.replaced:
            self._store.mark_replaced(tx.txid, by)

    def _is_dead(self, tx: Unconfirmed, refusal: RpcError, alive: set[str]) -> bool:
        """Is an input spent by the chain, or gone with a parent? A low fee alone kills nothing."""
        if any(text in refusal.message for text in LOW_FEE):
            return False
        if not tx.inputs:
            return True  # a coinbase whose block left the chain
        missing = refusal.code == VERIFY_ERROR or "missing" in refusal.message
        return missing and any(self._is_gone(outpoint) for outpoint in tx.inputs if outpoint.txid not in alive)

    def _is_gone(self, outpoint: Outpoint) -> bool:
        return not self._rpc.is_unspent(outpoint, with_mempool=True)


def _parents_first(transactions: Iterable[Unconfirmed]) -> Iterator[Unconfirmed]:
    """Each transaction after those of the same list that it spends from."""
    waiting = {tx.txid: tx for tx in transactions}
    while waiting:
        ready = [tx for tx in waiting.values() if not any(outpoint.txid in waiting for outpoint in tx.inputs)]
        for tx in ready:
            del waiting[tx.txid]
        yield from ready
