"""The node's mempool as we see it: what is new in it, and which payments of ours have left it.

The view is kept by the node's announcements and compared, in number, with what the node says of itself. A snapshot is
taken only when the two differ, after a loss and at the start (chain-tracking B3, B4, C2).
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from app.chain.codec import Undecodable, decode_transaction
from app.chain.missing import Missing
from app.chain.rpc import MempoolInfo, Rpc
from app.chain.signals import Heard, Move
from app.chain.store import ChainStore
from app.chain.verify import verified
from app.clock import Clock
from app.domain.chain import Sighting, Transaction, Unconfirmed
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable

log = logging.getLogger(__name__)

FETCH_BATCH = 100  # transactions asked for in one round trip
MATCH_BATCH = 2_000  # announced transactions matched at once: the burst of a block is a few batches
SNAPSHOT_SECONDS = 60  # at most one snapshot in this time
GRACE_SECONDS = 1.0  # an entry announced without its bytes is fetched after this time
SETTLE_SECONDS = 0.25  # what was announced longer ago than this has arrived
BLOCKS_REMEMBERED = 6  # rawtx repeats the transactions of a block


class Mempool:
    """Used by the explorer's one thread. What it remembers saves work; forgetting it costs only time.

    `note_time` is told when, by the node's clock, transactions of ours entered.
    """

    def __init__(self, rpc: Rpc, store: ChainStore, note_time: Callable[[datetime], None]) -> None:
        self._rpc = rpc
        self._store = store
        self._note_time = note_time
        self._missing = Missing(rpc, store, self._see)
        self._view: set[bytes] | None = None  # txids in the mempool; None: unknown, a snapshot is needed
        self._matched: set[bytes] = set()  # those that were looked at
        self._mined: deque[set[bytes]] = deque(maxlen=BLOCKS_REMEMBERED)
        self._next_move = 0  # the number from which on announcements are news to the view
        self._without_bytes: dict[bytes, float] = {}  # entered, not seen yet: since when
        self._agreed: MempoolInfo | None = None  # what the node said when the view agreed with it last
        self._stirred = False  # has anything been announced since?
        self._agreeing: tuple[float, datetime] | None = None  # the first agreement of a row, by either clock
        self._differs = False  # did the last comparison find a difference?
        self._snapshot_not_before = 0.0  # monotonic

    def forget(self) -> None:
        """Announcements were lost, or another node answers: the view is worth nothing."""
        self._view = None

    # what is announced

    def hear(self, heard: Heard) -> list[Unconfirmed]:
        """Match what was announced and follow the view. Returns transactions of ours that left the mempool."""
        if heard.lost:
            self.forget()
        self._stirred |= bool(heard.moves)
        announced = list(_decoded(heard.raw_transactions))
        for start in range(0, len(announced), MATCH_BATCH):
            self._match(announced[start : start + MATCH_BATCH])
        left = self._follow(heard.moves)
        return self._store.watched([txid.hex() for txid in left]) if left else []

    def fetch_unheard(self) -> None:
        """Ask for what entered without its bytes being announced."""
        if not self._without_bytes:
            return
        ripe = Clock.monotonic() - GRACE_SECONDS
        wanted = [txid for txid, since in self._without_bytes.items() if since <= ripe]
        for txid in wanted:
            del self._without_bytes[txid]
        self._fetch_and_match([txid for txid in wanted if txid not in self._matched])

    def _follow(self, moves: Sequence[Move]) -> list[bytes]:
        """Returns the txids that left the mempool, otherwise than into a block."""
        left = []
        for txid, number, entered in moves:
            if not entered:
                left.append(txid)
                self._matched.discard(txid)  # if it comes back it is looked at again
            if self._view is not None:
                self._move(self._view, txid, entered=entered, is_news=number >= self._next_move)
        return left

    def has_matched(self, tx: Transaction) -> bool:
        """Was it looked at in the mempool? What is not on record of it was asked for later."""
        return tx.txid_bytes in self._matched

    def _move(self, view: set[bytes], txid: bytes, *, entered: bool, is_news: bool) -> None:
        """Follow one announcement. What is older than the snapshot says nothing of where the transaction is now."""
        if is_news and not entered:
            view.discard(txid)
            self._without_bytes.pop(txid, None)
        elif is_news and not any(txid in block for block in self._mined):
            view.add(txid)
        if txid in view and txid not in self._matched:
            self._without_bytes.setdefault(txid, Clock.monotonic())

    # what the chain does to it

    def connected(self, transactions: Iterable[Transaction]) -> None:
        """A block took these: they leave the mempool without a word (B3)."""
        self._stirred = True
        mined = {tx.txid_bytes for tx in transactions}
        self._mined.append(mined)
        if self._view is not None:
            self._view -= mined
        self._matched -= mined  # `hear` knows them by `_mined`; after a reorg they are looked at again

    def disconnected(self, *, is_known: bool) -> None:
        """A block left the chain: what it held enters again, and what was dead may live. Could the node show it?"""
        self._stirred = True
        self._mined.clear()
        self._missing.forget(is_known=is_known)

    # the whole

    def info(self) -> MempoolInfo:
        """What the node says of its mempool. NodeUnavailable while it is still loading."""
        info = self._rpc.mempool_info()
        if not info.is_loaded:
            raise NodeUnavailable(NodeState.LOADING_MEMPOOL, "the node is still loading its mempool")
        return info

    def whole_up_to(self, info: MempoolInfo, asked_at: datetime) -> datetime | None:
        """The time up to which everything in the mempool has been looked at; None when that cannot be said (yet).

        The view must hold as much as the node said when it was asked, and every change must have been announced. After
        a change that is still no proof: of what was on its way, one may have left and another entered. So then the
        second agreement counts, for the time of the first.
        """
        explained = self._stirred or self._agreed in (None, info)
        if self._view is None or len(self._view) != info.size or not explained:
            self._agreeing = None
            return None
        if self._stirred or self._agreed is None:
            since, first_asked_at = self._agreeing = self._agreeing or (Clock.monotonic(), asked_at)
            if Clock.monotonic() - since < SETTLE_SECONDS:
                return None
            asked_at = first_asked_at
        self._agreed, self._stirred, self._differs, self._agreeing = info, False, False, None
        return asked_at

    @property
    def is_settling(self) -> bool:
        """Did the view agree with the node, and what is on its way has not arrived yet?"""
        return self._agreeing is not None

    def snapshot_is_due(self) -> bool:
        """After a loss, or at the second difference: after the first, an announcement may still be on its way."""
        differed, self._differs = self._differs or self._view is None, True
        return differed and Clock.monotonic() >= self._snapshot_not_before

    def hurry(self) -> None:
        """The next snapshot need not wait for its time: time itself was moved."""
        self._snapshot_not_before = 0.0
        self._agreeing = None

    def take_snapshot(self) -> None:
        """Match what is new in the mempool. What it lacks, `check_ours` decides."""
        txids, self._next_move = self._rpc.mempool()
        view = {bytes.fromhex(txid) for txid in txids}
        self._without_bytes.clear()
        self._matched &= view
        fresh = sorted(view - self._matched)
        if len(fresh) > FETCH_BATCH:
            log.info("looking at %s transactions of the mempool", len(fresh))
        self._fetch_and_match(fresh)
        self._view, self._differs, self._agreed = view, False, None
        self._snapshot_not_before = Clock.monotonic() + SNAPSHOT_SECONDS

    def check_ours(self, ours: Sequence[Unconfirmed] | None = None) -> None:
        """Ask the node about unconfirmed transactions that carry payments of ours, all unless given."""
        asked = self._store.unconfirmed() if ours is None else ours
        entries = self._rpc.mempool_entries([tx.txid for tx in asked])
        present = {tx.txid for tx, entry in zip(asked, entries, strict=True) if entry is not None}
        self._missing.decide(asked, present)

    # matching

    def _see(self, txids: Sequence[str]) -> None:
        self._fetch_and_match([bytes.fromhex(txid) for txid in txids])

    def _fetch_and_match(self, txids: Sequence[bytes]) -> None:
        for start in range(0, len(txids), FETCH_BATCH):
            self._match(list(self._fetch([txid.hex() for txid in txids[start : start + FETCH_BATCH]])))

    def _fetch(self, txids: Sequence[str]) -> Iterator[Transaction]:
        return _decoded(raw for raw in self._rpc.raw_transactions(txids) if raw is not None)

    def _match(self, transactions: Sequence[Transaction]) -> None:
        """`rawtx` repeats for blocks, so only mempool membership counts as a sighting (B5)."""
        fresh = {txid: tx for tx in transactions if not self._is_known(txid := tx.txid_bytes)}
        if not fresh:
            return
        ours = self._store.concerning(list(fresh.values()))
        left_again = self._record(ours)  # when the node fails here, they have not been looked at
        self._matched.update(fresh.keys() - left_again)
        for txid in fresh:
            self._without_bytes.pop(txid, None)

    def _is_known(self, txid: bytes) -> bool:
        return txid in self._matched or any(txid in block for block in self._mined)

    def _record(self, transactions: Sequence[Transaction]) -> set[bytes]:
        """Store sightings. Returns the txids that are not in the mempool, or not any more.

        Unconfirmed parents are watched from the same change on: what replaces one of them takes our payment along.
        """
        txids = [tx.txid for tx in transactions]
        entries = self._rpc.mempool_entries(txids)
        sightings, parents = [], []
        for tx, entry in zip(transactions, entries, strict=True):
            stands_on = list(self._fetch(self._rpc.mempool_parents(tx.txid))) if entry and entry.has_parents else []
            if entry is None or (entry.has_parents and not stands_on):
                continue  # it has left again
            sightings.append(Sighting(tx, entry.since))
            parents += stands_on
            self._note_time(entry.since)
        if sightings:
            confirmed = verified(self._rpc, self._store.to_verify([each.tx for each in sightings], None))
            self._store.see_mempool([replace(each, verified=confirmed) for each in sightings], parents)
        return {bytes.fromhex(txid) for txid in txids} - {each.tx.txid_bytes for each in sightings}


def _decoded(raw_transactions: Iterable[bytes]) -> Iterator[Transaction]:
    for raw in raw_transactions:
        try:
            yield decode_transaction(raw)
        except Undecodable as error:
            log.warning("skipped a transaction: %s", error)
