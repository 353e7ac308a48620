"""What became of an unconfirmed transaction of ours that is not in the mempool (chain-tracking C5)."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from app.chain.rpc import ALREADY_IN_CHAIN, VERIFY_ERROR, Rpc
from app.chain.rpc_line import RpcError
from app.chain.store import ChainStore
from app.domain.chain import Outpoint, Unconfirmed

log = logging.getLogger(__name__)

LOW_FEE = ("min fee not met", "min relay fee", "mempool full")  # "mempool min fee not met", "min relay fee not met"


class Missing:
    """Decides, in this order: mined, replaced, broadcast again, evicted or dead. Used by one thread.

    What was replaced is not broadcast again: it would revive a double spend that the node has merely forgotten. It
    counts again when it comes back by itself, or when the chain takes back the block that spent its coins.

    `see` records transactions of the mempool: a replacement that pays us as well is recorded in the very change that
    lets the replaced one fall, so that a fee bump never looks like a payment taken back.
    """

    def __init__(self, rpc: Rpc, store: ChainStore, see: Callable[[Sequence[str]], None]) -> None:
        self._rpc = rpc
        self._store = store
        self._see = see
        self._dead: set[str] = set()  # the chain spent their inputs: only a reorg can bring them back
        self._freed: set[str] = set()  # a reorg may have: they are offered again, whatever replaced them
        self._is_blind = False  # did a block leave the chain whose transactions nobody could show us?

    def forget(self, *, is_known: bool) -> None:
        """A block left the chain: what was decided may be otherwise now. Does the store know what was in it?"""
        self._freed |= self._dead
        self._dead.clear()
        self._is_blind |= not is_known

    def decide(self, ours: Sequence[Unconfirmed], present: set[str]) -> None:
        """`ours` are unconfirmed transactions, `present` those of them that are in the mempool."""
        missing = []
        for tx in ours:
            if tx.txid in present:
                self._dead.discard(tx.txid)
                self._freed.discard(tx.txid)
                if tx.at_risk or tx.replaced:
                    self._store.mark_in_mempool(tx.txid)
            elif tx.txid not in self._dead:
                missing.append(tx)
        if missing:
            self._decide(missing)

    def _decide(self, missing: Sequence[Unconfirmed]) -> None:
        left = self._without_replaced(missing)
        known = {tx.txid: tx for tx in self._store.unconfirmed()}  # what stood on a replaced one has fallen with it
        alive = {txid: tx for txid, tx in known.items() if not tx.replaced and txid not in self._dead}
        waiting = list(_parents_first(known.get(tx.txid, tx) for tx in left))
        here: list[Unconfirmed] = []  # those that the node has taken back
        for tx in (tx for tx in waiting if not tx.replaced):
            if _has_rival(tx, here):
                alive.pop(tx.txid, None)  # it fell when the rival was taken back
            elif self._offer_again(tx, alive, known):
                here.append(tx)
        named = []
        for tx in (tx for tx in waiting if tx.replaced):
            if tx.replaced_by and tx.txid not in self._freed:
                named.append(tx)
            elif not _has_rival(tx, alive.values()) and self._offer_again(tx, alive, known):
                alive[tx.txid] = tx
        self._note_dead(named, known)

    def _without_replaced(self, missing: Sequence[Unconfirmed]) -> list[Unconfirmed]:
        """Let fall what another transaction of the mempool replaces. Returns the others."""
        spenders = self._rpc.mempool_spenders([outpoint for tx in missing for outpoint in tx.inputs])
        self._see(sorted(set(spenders.values())))
        left = []
        for tx in _parents_first(missing):
            other = next((spenders[outpoint] for outpoint in tx.inputs if outpoint in spenders), None)
            if other is None:
                left.append(tx)
            elif other != tx.txid:
                self._freed.discard(tx.txid)
                self._replaced(tx, other)
        return left

    def _offer_again(self, tx: Unconfirmed, alive: dict[str, Unconfirmed], known: Collection[str]) -> bool:
        """Does the node have it now?"""
        refusal = self._rpc.broadcast(tx.raw)
        if refusal is None:
            log.info("%s had left the mempool and was broadcast again", tx.txid)
            self._freed.discard(tx.txid)
            self._store.mark_in_mempool(tx.txid)
            return True
        if refusal.code == ALREADY_IN_CHAIN:
            return False  # a block we have not connected yet
        if self._is_dead(tx, refusal, alive, known):
            if not self._store.has_gap() and self._on_the_tip():  # else a block that we have not seen may hold it
                alive.pop(tx.txid, None)
                self._freed.discard(tx.txid)
                self._dead.add(tx.txid)
                self._replaced(tx, None)
        elif not tx.at_risk and not tx.replaced:
            log.info("%s left the mempool: %s", tx.txid, refusal.message)
            self._store.mark_evicted(tx.txid)
        return False

    def _note_dead(self, replaced: Sequence[Unconfirmed], unconfirmed: Collection[str]) -> None:
        """Of what is not offered again, remember what the chain has spent the coins of: a reorg may free them."""
        asked = [(tx.txid, spent) for tx in replaced for spent in tx.inputs if spent.txid not in unconfirmed]
        unspent = self._rpc.unspent([spent for _, spent in asked])
        self._dead.update(txid for (txid, _), found in zip(asked, unspent, strict=True) if found is None)
        for tx in replaced:  # parents first
            if any(outpoint.txid in self._dead for outpoint in tx.inputs):
                self._dead.add(tx.txid)

    def _replaced(self, tx: Unconfirmed, by: str | None) -> None:
        if not tx.replaced:
            self._store.mark_replaced(tx.txid, by)

    def _is_dead(self, tx: Unconfirmed, refusal: RpcError, alive: Collection[str], known: Collection[str]) -> bool:
        """Is an input spent by the chain, or gone with a parent? A low fee alone kills nothing.

        What payments of ours stand on is `known` as long as it is in no block. So where the node has not heard of a
        parent that is not known, that parent is in a block and its output is spent, unless it was in a block which
        left the chain unseen: then nobody can say.
        """
        if any(text in refusal.message for text in LOW_FEE):
            return False
        if not tx.inputs:
            return True  # a coinbase whose block left the chain
        telling = [
            outpoint
            for outpoint in tx.inputs
            if outpoint.txid not in alive and (outpoint.txid in known or not self._is_blind)
        ]
        missing = refusal.code == VERIFY_ERROR or "missing" in refusal.message
        return missing and self._is_any_gone(telling)

    def _on_the_tip(self) -> bool:
        tip = self._store.tip()
        return tip is not None and self._rpc.best_block_hash() == tip.hash

    def _is_any_gone(self, outpoints: Sequence[Outpoint]) -> bool:
        return None in self._rpc.unspent(outpoints)


def _has_rival(tx: Unconfirmed, among: Iterable[Unconfirmed]) -> bool:
    """Does any other transaction spend the same coins?"""
    return any(other.txid != tx.txid and not set(tx.inputs).isdisjoint(other.inputs) for other in among)


def _parents_first(transactions: Iterable[Unconfirmed]) -> Iterator[Unconfirmed]:
    """Each transaction after those of the same list that it spends from."""
    waiting = {tx.txid: tx for tx in transactions}
    while waiting:
        ready = [tx for tx in waiting.values() if not any(outpoint.txid in waiting for outpoint in tx.inputs)]
        for tx in ready:
            del waiting[tx.txid]
        yield from ready
