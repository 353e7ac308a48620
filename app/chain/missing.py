"""What became of an unconfirmed transaction of ours that is not in the mempool (chain-tracking C5)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

from app.chain.rpc import ALREADY_IN_CHAIN, VERIFY_ERROR, Rpc
from app.chain.rpc_line import RpcError
from app.chain.store import ChainStore
from app.domain.chain import Outpoint, Unconfirmed

log = logging.getLogger(__name__)

LOW_FEE = ("min fee not met", "min relay fee", "mempool full")  # "mempool min fee not met", "min relay fee not met"


class Missing:
    """Decides, in this order: mined, replaced, broadcast again, evicted or dead. Used by one thread.

    `see` records transactions of the mempool: a replacement that pays us as well is recorded in the very change that
    lets the replaced one fall, so that a fee bump never looks like a payment taken back.
    """

    def __init__(self, rpc: Rpc, store: ChainStore, see: Callable[[Sequence[str]], None]) -> None:
        self._rpc = rpc
        self._store = store
        self._see = see
        self._dead: set[str] = set()  # the chain spent their inputs: only a reorg can bring them back

    def forget(self) -> None:
        """The chain was reorganised: what was decided may be otherwise now."""
        self._dead.clear()

    def decide(self, ours: Sequence[Unconfirmed], present: set[str]) -> None:
        """`ours` are unconfirmed transactions, `present` those of them that are in the mempool."""
        missing = []
        for tx in ours:
            if tx.txid in present:
                self._dead.discard(tx.txid)
                if tx.at_risk or tx.replaced:
                    self._store.mark_in_mempool(tx.txid)
            elif tx.txid not in self._dead:
                missing.append(tx)
        if missing:
            self._decide(missing)

    def _decide(self, missing: Sequence[Unconfirmed]) -> None:
        alive = {tx.txid for tx in self._store.unconfirmed()} - self._dead
        spenders = self._rpc.mempool_spenders([outpoint for tx in missing for outpoint in tx.inputs])
        self._see(sorted(set(spenders.values())))
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
            if self._store.has_gap() or not self._on_the_tip():
                return  # a block that we have not seen may hold it
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
        return missing and self._is_any_gone([outpoint for outpoint in tx.inputs if outpoint.txid not in alive])

    def _on_the_tip(self) -> bool:
        tip = self._store.tip()
        return tip is not None and self._rpc.best_block_hash() == tip.hash

    def _is_any_gone(self, outpoints: Sequence[Outpoint]) -> bool:
        return None in self._rpc.unspent(outpoints)


def _parents_first(transactions: Iterable[Unconfirmed]) -> Iterator[Unconfirmed]:
    """Each transaction after those of the same list that it spends from."""
    waiting = {tx.txid: tx for tx in transactions}
    while waiting:
        ready = [tx for tx in waiting.values() if not any(outpoint.txid in waiting for outpoint in tx.inputs)]
        for tx in ready:
            del waiting[tx.txid]
        yield from ready
