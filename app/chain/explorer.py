"""The explorer: what NBXplorer is to BTCPay. One idempotent sync(); signals only say "look now" (chain-tracking C)."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from app.chain.codec import Undecodable, decode_block, decode_transaction
from app.chain.networks import Network
from app.chain.rpc import ALREADY_IN_CHAIN, VERIFY_ERROR, Rpc, RpcError
from app.chain.store import ChainStore
from app.domain.chain import BlockHeader, Outpoint, Transaction, Unconfirmed
from app.errors import NodeUnavailable, WrongNode

log = logging.getLogger(__name__)

FETCH_BATCH = 100  # transactions asked for in one round trip
LAGGING_HEADERS = 6  # a node this far behind its headers is still syncing
LOW_FEE = ("min fee not met", "min relay fee", "mempool full")


class Explorer:
    """Turns what the node says into facts in the store. Used by one thread."""

    def __init__(self, rpc: Rpc, store: ChainStore, network: Network, now: Callable[[], datetime]) -> None:
        self._rpc = rpc
        self._store = store
        self._network = network
        self._now = now
        self._looked_at: set[str] = set()  # mempool txids already matched; forgotten when they leave

    def sync(self) -> None:
        """Bring the store to the node's chain and mempool. Raises NodeUnavailable; what was done stays done."""
        started = self._now()
        self._check_node()
        if self._store.tip() is None:
            self._begin()
        self._follow_chain()
        while not self._reconcile_mempool():
            self._follow_chain()
        self._store.observed(started)

    def see_transaction(self, raw: bytes) -> None:
        """A transaction was announced. `rawtx` repeats for blocks, so only mempool membership counts as a sighting."""
        try:
            tx = decode_transaction(raw)
        except Undecodable as error:
            log.warning("skipped an announced transaction: %s", error)
            return
        if tx.txid in self._looked_at:
            return
        if tx.txid not in self._store.concerns([tx]):
            return
        first_seen = self._rpc.mempool_time(tx.txid)
        if first_seen is not None:
            self._looked_at.add(tx.txid)
            self._store.see_mempool(tx, first_seen)

    # the chain

    def _check_node(self) -> None:
        info = self._rpc.blockchain_info()
        if info["chain"] != self._network.chain:
            raise WrongNode("wrong_network", f"the node follows {info['chain']!r}, we need {self._network.chain!r}")
        genesis = self._store.genesis_hash()
        if genesis is not None and self._rpc.block_hash(0) != genesis:
            raise WrongNode("wrong_network", "the node's chain begins with another block than the one we know")
        behind = info["headers"] - info["blocks"]
        if self._network.chain != "regtest" and (info["initialblockdownload"] or behind > LAGGING_HEADERS):
            raise NodeUnavailable("syncing", f"the node is syncing: {info['blocks']} of {info['headers']} blocks")

    def _begin(self) -> None:
        """The first start stands on the node's tip: no invoice of ours is older."""
        header = self._rpc.active_header(self._rpc.best_block_hash())
        genesis = self._rpc.block_hash(0)
        if header is None or genesis is None:
            raise NodeUnavailable("syncing", "the node's tip changed while we asked for it")
        self._store.start_at(header, genesis)

    def _follow_chain(self) -> None:
        """Disconnect what left the chain, connect what joined it, block by block."""
        while True:
            tip = self._disconnect_stale()
            block_hash = self._rpc.block_hash(tip.height + 1)
            if block_hash is None:
                if self._rpc.best_block_hash() == tip.hash:
                    return
                continue
            header = self._rpc.active_header(block_hash)
            if header is None or header.prev_hash != tip.hash:
                continue  # the chain moved between two questions
            self._connect(header)

    def _disconnect_stale(self) -> BlockHeader:
        """Step back to a block that the node's chain has. Returns it."""
        while True:
            tip = self._store.tip()
            if tip is None:
                raise WrongNode(
                    "fork_too_deep", "no block that we know is on the node's chain; an operator must decide"
                )
            if self._rpc.block_hash(tip.height) == tip.hash:
                return tip
            if self._store.header_at(tip.height - 1) is None:
                raise WrongNode(
                    "fork_too_deep",
                    f"the node's chain has none of our blocks down to {tip.height}; an operator must decide",
                )
            log.warning("block %s at height %s left the chain", tip.hash, tip.height)
            self._looked_at.clear()
            self._store.disconnect_block(tip)

    def _connect(self, header: BlockHeader) -> None:
        transactions = decode_block(self._rpc.block(header.hash))
        ours = self._store.concerns(transactions)
        self._store.connect_block(header, [tx for tx in transactions if tx.txid in ours])

    # the mempool

    def _reconcile_mempool(self) -> bool:
        """Match what is new, decide what is missing. False when the tip moved meanwhile: look again."""
        tip = self._store.tip()
        if not self._rpc.mempool_is_loaded():
            raise NodeUnavailable("loading_mempool", "the node is still loading its mempool")
        present = set(self._rpc.mempool())
        if tip is None or self._rpc.best_block_hash() != tip.hash:
            return False
        self._looked_at &= present
        fresh = sorted(present - self._looked_at)
        for start in range(0, len(fresh), FETCH_BATCH):
            self._match(fresh[start : start + FETCH_BATCH])
        for payment in self._store.unconfirmed():
            self._decide(payment, present)
        return True

    def _match(self, txids: Sequence[str]) -> None:
        fetched = self._rpc.raw_transactions(txids)
        transactions = [decode_transaction(raw) for raw in fetched if raw is not None]
        ours = self._store.concerns(transactions)
        for tx in transactions:
            if tx.txid in ours:
                self._see(tx)
            self._looked_at.add(tx.txid)

    def _see(self, tx: Transaction) -> None:
        first_seen = self._rpc.mempool_time(tx.txid)
        if first_seen is not None:
            self._store.see_mempool(tx, first_seen)

    def _decide(self, tx: Unconfirmed, present: set[str]) -> None:
        """An unconfirmed payment that is not in the mempool (C5). Blocks were looked at before."""
        if tx.txid in present:
            if tx.at_risk or tx.replaced:
                self._store.mark_in_mempool(tx.txid)
            return
        spenders = self._rpc.mempool_spenders(tx.inputs)
        other = next((txid for txid in spenders.values() if txid != tx.txid), None)
        if other is not None:
            if not tx.replaced:
                self._store.mark_replaced(tx.txid, other)
            return
        self._offer_again(tx)

    def _offer_again(self, tx: Unconfirmed) -> None:
        refusal = self._rpc.broadcast(tx.raw)
        if refusal is None:
            self._store.mark_in_mempool(tx.txid)
        elif refusal.code == ALREADY_IN_CHAIN:
            return  # a block we have not connected yet
        elif self._is_dead(tx, refusal):
            if not tx.replaced:
                self._store.mark_replaced(tx.txid, None)
        elif not tx.at_risk and not tx.replaced:
            log.info("%s left the mempool: %s", tx.txid, refusal.message)
            self._store.mark_evicted(tx.txid)

    def _is_dead(self, tx: Unconfirmed, refusal: RpcError) -> bool:
        """Is an input spent by the chain, or gone with a parent? A low fee alone kills nothing."""
        if any(text in refusal.message for text in LOW_FEE):
            return False
        if not tx.inputs:
            return True  # a coinbase whose block left the chain
        missing = refusal.code == VERIFY_ERROR or "missing" in refusal.message
        return missing and any(self._is_gone(outpoint) for outpoint in tx.inputs)

    def _is_gone(self, outpoint: Outpoint) -> bool:
        return not self._rpc.is_unspent(outpoint, with_mempool=True)
