"""The explorer: what NBXplorer is to BTCPay. One idempotent sync(); signals only say "look now" (chain-tracking C)."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from app.chain.codec import Undecodable, decode_block
from app.chain.mempool import Mempool
from app.chain.networks import Network
from app.chain.node_check import NodeCheck
from app.chain.rpc import Rpc
from app.chain.rpc_line import RpcError
from app.chain.signals import Heard
from app.chain.store import ChainStore
from app.chain.verify import verified
from app.clock import Clock
from app.domain.chain import BlockHeader, Transaction, beneath
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable, WrongNode

log = logging.getLogger(__name__)

READ_AHEAD = 100  # headers asked for in one round trip while catching up
LOOK_BACK = 287  # blocks before the tip; a node that prunes keeps the 288 last
BLOCK_TIME_TOLERANCE = timedelta(hours=2)  # consensus: a block's time lies at most so far ahead
FETCHED_BYTES = 4_000_000  # of blocks in one round trip, about


class Explorer:
    """Turns what the node says into facts in the store. Used by one thread.

    `stopping` is asked between two blocks: a long catch-up ends early when the process is to end. `progress` is told
    of each block connected: its height, and that of the node's chain.
    """

    def __init__(
        self,
        rpc: Rpc,
        store: ChainStore,
        network: Network,
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda _height, _of: None,
    ) -> None:
        self._rpc = rpc
        self._store = store
        self._network = network
        self._clock = clock
        self._stopping = stopping
        self._progress = progress
        self._check = NodeCheck(rpc, store, network, clock)
        self._mempool = Mempool(rpc, store, self._check.note_time)

    # looking

    def sync(self) -> bool:
        """Bring the store to the node's chain and mempool. Raises NodeUnavailable; what was done stays done.

        False when the mempool may hold what we have not seen yet: look again soon.
        """
        with self._whole_or_forgotten(), self._trouble_named():
            if self._check.is_due():
                if self._check.run():
                    self._mempool.forget()
                if self._store.tip() is None:
                    self._begin()
            whole_up_to = self._look()
            if self._check.is_new_connection:
                whole_up_to = None  # another node may answer now, with another mempool
            self._store.review_settled()
        if whole_up_to is not None and not self._store.has_gap():
            self._store.observed(whole_up_to)
        return whole_up_to is not None

    def hear(self, heard: Heard) -> None:
        """Answer what the node announced. Raises NodeUnavailable; the next sync finds what was not answered then."""
        with self._whole_or_forgotten(), self._trouble_named():
            if heard.rang:  # what a reorg puts back enters the mempool after its block has left the chain
                self._follow_chain()
            gone = self._mempool.hear(heard)
            if gone:
                self._follow_chain()  # blocks first: one of them may hold what left the mempool
                self._mempool.check_ours(gone)
            self._store.review_settled()

    def idle(self) -> None:
        """Between two signals: ask for what was announced in part. Raises NodeUnavailable."""
        with self._whole_or_forgotten(), self._trouble_named():
            self._mempool.fetch_unheard()

    def forget(self) -> None:
        """What was announced went unheard: look at everything at the next sync."""
        self._mempool.forget()

    def hurry(self) -> None:
        """Time itself was moved: what has an hour has it now."""
        self._mempool.hurry()
        self._check.hurry()

    @property
    def is_settling(self) -> bool:
        """Is only what the node announced in the last moment still on its way? Then look again in that time."""
        return self._mempool.is_settling

    @property
    def node(self) -> int:
        """Which of the nodes is in use."""
        return self._rpc.active

    def state(self) -> tuple[NodeState, str, int]:
        """How we stand with a node that answered the last sync: a name, a sentence, the height of its chain."""
        if self._store.has_gap():
            lost = "blocks were gone before we could look at them; the node's unspent outputs are scanned instead"
            return NodeState.HISTORY_LOST, lost, self._check.height
        return *self._check.state, self._check.height

    def _look(self) -> datetime | None:
        """Up to when everything was looked at; None: look again.

        The mempool is asked before the chain: what leaves the one between two questions is found in the other.
        """
        while not self._stopping():
            asked_at, info = self._clock.now(), self._mempool.info()
            if self._follow_chain():
                continue
            whole_up_to = self._mempool.whole_up_to(info, asked_at)
            if whole_up_to is not None or self._mempool.is_settling or not self._mempool.snapshot_is_due():
                return whole_up_to
            self._mempool.take_snapshot()
            if not self._follow_chain():
                self._mempool.check_ours()
                return asked_at
        return None

    # the chain

    def _begin(self) -> None:
        """The first start stands on the node's tip, or on a block older than all invoices: web made some already."""
        oldest = self._store.oldest_invoice_at()
        tip = self._rpc.active_header(self._rpc.best_block_hash())
        if tip is None:
            raise NodeUnavailable(NodeState.SYNCING, "the node's tip changed while we asked for it")
        self._store.start_at(tip if oldest is None else self._before(tip, oldest), self._network.genesis_hash)

    def _before(self, tip: BlockHeader, moment: datetime) -> BlockHeader:
        """A block that was there at `moment`; the oldest we look at if none was. One round trip."""
        first = max(tip.height - LOOK_BACK, 0)
        found = self._rpc.active_headers(self._rpc.block_hashes(first, tip.height - first))
        headers = [header for header in found if header is not None] or [tip]
        older = [header for header in headers if header.median_time < moment - BLOCK_TIME_TOLERANCE]
        return older[-1] if older else headers[0]

    def _follow_chain(self) -> bool:
        """Disconnect what left the chain, connect what joined it, block by block. True if anything did."""
        first = self._tip()
        tip, best = first, self._rpc.best_block_hash()
        while tip.hash != best and not self._stopping():
            tip = self._step_back_to_fork(tip)
            for header, raw in self._blocks(self._headers_after(tip)):
                self._connect(header, raw)
                tip = header
                if self._stopping():
                    break
            best = self._rpc.best_block_hash()
        if tip.hash == first.hash:
            return False
        self._mempool.check_ours()
        return True

    def _headers_after(self, tip: BlockHeader) -> list[BlockHeader]:
        """The next headers of the active chain, as far as each builds on the one before: the chain may move between
        two questions."""
        chained: list[BlockHeader] = []
        for header in self._rpc.active_headers(self._rpc.block_hashes(tip.height + 1, READ_AHEAD)):
            before = chained[-1] if chained else tip
            if header is None or header.prev_hash != before.hash:
                break
            chained.append(header)
        return chained

    def _blocks(self, headers: Sequence[BlockHeader]) -> Iterator[tuple[BlockHeader, bytes]]:
        """The headers' blocks; small ones are fetched many at once."""
        at, count = 0, 1
        while at < len(headers):
            wanted = headers[at : at + count]
            blocks = self._rpc.blocks([header.hash for header in wanted])
            yield from zip(wanted, blocks, strict=True)
            at += count
            count = min(max(FETCHED_BYTES // max(map(len, blocks)), 1), READ_AHEAD)

    def _step_back_to_fork(self, tip: BlockHeader) -> BlockHeader:
        """Disconnect our blocks that the node's chain has not. Returns the newest block that both have."""
        fork = self._fork_height(tip)
        while tip.height > fork:
            log.warning("block %s at height %s left the chain", tip.hash, tip.height)
            raw = self._rpc.kept_block(tip.hash)
            self._mempool.disconnected(is_known=raw is not None)
            self._store.disconnect_block(tip, [] if raw is None else _transactions(tip, raw))
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
                    NodeState.FORK_TOO_DEEP,
                    f"the node's chain has none of our blocks from {height + 1} to {tip.height}; was it reset? "
                    "Nothing was changed, an operator must decide",
                )
            ours = older
        return height

    def _tip(self) -> BlockHeader:
        tip = self._store.tip()
        if tip is None:
            raise WrongNode(NodeState.FORK_TOO_DEEP, "the last block that we knew is gone")
        return tip

    def _connect(self, header: BlockHeader, raw: bytes) -> None:
        transactions = _transactions(header, raw)
        ours = self._store.concerning(transactions)
        known = {tx.txid for tx in ours if self._mempool.has_matched(tx)}
        confirmed = verified(self._rpc, self._store.to_verify(ours, header))
        self._store.connect_block(header, ours, confirmed, beneath(ours, transactions), known)
        self._mempool.connected(transactions)
        self._check.height = max(self._check.height, header.height)
        self._progress(header.height, self._check.height)

    def reread(self, height: int) -> None:
        """Look once more for payments in our block at `height`. Raises NodeUnavailable."""
        with self._trouble_named():
            header = self._rpc.active_header(self._rpc.block_hash(height) or "")
            if header is None or self._store.header_at(height) not in (None, header.hash):
                raise NodeUnavailable(NodeState.SYNCING, f"the block at height {height} is being replaced")
            (raw,) = self._rpc.blocks([header.hash])
            transactions = _transactions(header, raw)
            ours = self._store.concerning(transactions)
            if ours:
                confirmed = verified(self._rpc, self._store.to_verify(ours, header))
                self._store.reread_block(header, ours, confirmed, beneath(ours, transactions))

    @contextmanager
    def _whole_or_forgotten(self) -> Iterator[None]:
        """What was begun and not finished is not known to be looked at: the next sync looks at everything."""
        try:
            yield
        except BaseException:
            self._mempool.forget()
            raise

    @contextmanager
    def _trouble_named(self) -> Iterator[None]:
        """A node that refuses a call we rely on (too old, say) is a state that an operator can read. After any trouble
        the node is checked anew, another one if there are several."""
        try:
            yield
        except RpcError as error:
            self._check.fail()
            raise NodeUnavailable(NodeState.REFUSED, f"the node refuses a call that Sattle needs: {error}") from error
        except NodeUnavailable:
            self._check.fail()
            raise


def _transactions(header: BlockHeader, raw: bytes) -> list[Transaction]:
    try:
        return decode_block(raw)
    except Undecodable as error:  # skipping a block could lose a payment; standing still is seen
        raise NodeUnavailable(NodeState.UNDECODABLE, f"block {header.hash} cannot be read: {error}") from error
