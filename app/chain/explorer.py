"""The explorer: what NBXplorer is to BTCPay. One idempotent sync(); signals only say "look now" (chain-tracking C)."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from app.chain.codec import Undecodable, decode_block, decode_transaction
from app.chain.mempool import Mempool
from app.chain.networks import Network
from app.chain.rpc import Rpc, RpcError
from app.chain.store import ChainStore
from app.domain.chain import BlockHeader
from app.errors import NodeUnavailable, WrongNode

log = logging.getLogger(__name__)

LAGGING_HEADERS = 6  # a node this far behind its headers is still syncing


class Explorer:
    """Turns what the node says into facts in the store. Used by one thread."""

    def __init__(self, rpc: Rpc, store: ChainStore, network: Network, now: Callable[[], datetime]) -> None:
        self._rpc = rpc
        self._store = store
        self._network = network
        self._now = now
        self._mempool = Mempool(rpc, store)

    def sync(self) -> None:
        """Bring the store to the node's chain and mempool. Raises NodeUnavailable; what was done stays done."""
        started = self._now()
        with _refusals_named():
            self._check_node()
            if self._store.tip() is None:
                self._begin()
            self._follow_chain()
            while not self._reconcile_mempool():
                self._follow_chain()
        self._store.observed(started)

    def see_transaction(self, raw: bytes) -> None:
        """A transaction was announced: record it if it concerns us and is in the mempool. Raises NodeUnavailable."""
        try:
            tx = decode_transaction(raw)
        except Undecodable as error:
            log.warning("skipped an announced transaction: %s", error)
            return
        with _refusals_named():
            self._mempool.see(tx)

    # is this our node, and is it ready

    def _check_node(self) -> None:
        info = self._rpc.blockchain_info()
        if info["chain"] != self._network.chain:
            raise WrongNode("wrong_network", f"the node follows {info['chain']!r}, we need {self._network.chain!r}")
        genesis = self._store.genesis_hash() or self._network.genesis_hash
        if self._rpc.block_hash(0) != genesis:
            raise WrongNode("wrong_network", f"the node's chain does not begin with the block that we know, {genesis}")
        behind = info["headers"] - info["blocks"]
        if self._network.name != "regtest" and (info["initialblockdownload"] or behind > LAGGING_HEADERS):
            raise NodeUnavailable("syncing", f"the node is syncing: {info['blocks']} of {info['headers']} blocks")
        self._check_history(info)

    def _check_history(self, info: dict[str, Any]) -> None:
        tip = self._store.tip()
        first = info.get("pruneheight", 0)
        if tip is not None and tip.height + 1 < first:
            raise NodeUnavailable(
                "pruned",
                f"the node has deleted the blocks from {tip.height + 1} to {first - 1} that we have not seen; "
                "connect a node that has them",
            )

    # the chain

    def _begin(self) -> None:
        """The first start stands on the node's tip: no invoice of ours is older."""
        header = self._rpc.active_header(self._rpc.best_block_hash())
        if header is None:
            raise NodeUnavailable("syncing", "the node's tip changed while we asked for it")
        self._store.start_at(header, self._network.genesis_hash)

    def _follow_chain(self) -> None:
        """Disconnect what left the chain, connect what joined it, block by block."""
        while True:
            tip = self._step_back_to_fork()
            block_hash = self._rpc.block_hash(tip.height + 1)
            if block_hash is None:
                if self._rpc.best_block_hash() == tip.hash:
                    return
                continue
            header = self._rpc.active_header(block_hash)
            if header is None or header.prev_hash != tip.hash:
                continue  # the chain moved between two questions
            self._connect(header)

    def _step_back_to_fork(self) -> BlockHeader:
        """Disconnect our blocks that the node's chain has not. Returns the newest block that both have."""
        tip = self._tip()
        fork = self._fork_height(tip)
        while tip.height > fork:
            log.warning("block %s at height %s left the chain", tip.hash, tip.height)
            self._mempool.forget()
            self._store.disconnect_block(tip)
            tip = self._tip()
        return tip

    def _fork_height(self, tip: BlockHeader) -> int:
        """Found before anything is taken back: a node of another chain must cost us no facts."""
        height, ours = tip.height, tip.hash
        while self._rpc.block_hash(height) != ours:
            height -= 1
            older = self._store.header_at(height)
            if older is None:
                raise WrongNode(
                    "fork_too_deep",
                    f"the node's chain has none of our blocks from {height + 1} to {tip.height}; was it reset? "
                    "Nothing was changed, an operator must decide",
                )
            ours = older
        return height

    def _tip(self) -> BlockHeader:
        tip = self._store.tip()
        if tip is None:
            raise WrongNode("fork_too_deep", "the last block that we knew is gone; an operator must decide")
        return tip

    def _connect(self, header: BlockHeader) -> None:
        try:
            transactions = decode_block(self._rpc.block(header.hash))
        except Undecodable as error:  # skipping a block could lose a payment; standing still is seen
            raise NodeUnavailable("undecodable", f"block {header.hash} cannot be read: {error}") from error
        ours = self._store.concerns(transactions)
        self._store.connect_block(header, [tx for tx in transactions if tx.txid in ours])

    # the mempool

    def _reconcile_mempool(self) -> bool:
        """False when the tip moved while the snapshot was taken: follow the chain first, then look again."""
        if not self._rpc.mempool_is_loaded():
            raise NodeUnavailable("loading_mempool", "the node is still loading its mempool")
        present = set(self._rpc.mempool())
        if self._rpc.best_block_hash() != self._tip().hash:
            return False
        self._mempool.reconcile(present)
        return True


@contextmanager
def _refusals_named() -> Iterator[None]:
    """A node that refuses a call we rely on (too old, say) is a state that an operator can read."""
    try:
        yield
    except RpcError as error:
        raise NodeUnavailable("refused", f"the node refuses a call that Sattle needs: {error}") from error
