"""Is this the node of our chain, and is it ready? Asked at each new connection, after trouble, and now and then."""

import logging
from datetime import datetime, timedelta
from typing import Any

from app.chain.networks import Network
from app.chain.rpc import Rpc
from app.chain.store import ChainStore
from app.clock import Clock
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable, WrongNode

log = logging.getLogger(__name__)

CHECK_SECONDS = 300
LAGGING_HEADERS = 6  # a node this far behind its headers is still syncing
CLOCK_TOLERANCE = timedelta(seconds=5)
IN_STEP = (NodeState.READY, "the node answers and is in step")


class NodeCheck:
    """`state` is how we stand with a node that answers; a node that cannot be used is raised."""

    def __init__(self, rpc: Rpc, store: ChainStore, network: Network, clock: Clock) -> None:
        self._rpc = rpc
        self._store = store
        self._network = network
        self._clock = clock
        self._checked: tuple[int, int] | None = None  # the connection that was found good
        self._not_before = 0.0
        self.height = 0  # of the node's chain, when it was last asked
        self.state = IN_STEP

    @property
    def is_new_connection(self) -> bool:
        """Does a node answer that we have not looked at, or one that was away meanwhile?"""
        return self._checked != self._rpc.connection

    def is_due(self) -> bool:
        """Is the connection new, or was it long ago that we looked?"""
        return self.is_new_connection or Clock.monotonic() >= self._not_before

    def hurry(self) -> None:
        """The next look begins with a check."""
        self._not_before = 0.0

    def fail(self) -> None:
        """Something went wrong: the next look begins with a check, at the next node if there are several."""
        self._checked = None
        self._rpc.move_on()

    def run(self) -> bool:
        """True when the connection is not the one that was found good before.

        Raises NodeUnavailable, or WrongNode, where the node cannot be used.
        """
        info = self._rpc.blockchain_info()
        if info["chain"] != self._network.chain:
            raise WrongNode(
                NodeState.WRONG_NETWORK, f"the node follows {info['chain']!r}, we need {self._network.chain!r}"
            )
        genesis = self._store.genesis_hash() or self._network.genesis_hash
        if self._rpc.block_hash(0) != genesis:
            raise WrongNode(
                NodeState.WRONG_NETWORK, f"the node's chain does not begin with the block that we know, {genesis}"
            )
        self.height = int(info["blocks"])
        behind = info["headers"] - info["blocks"]
        if self._network.name != "regtest" and (info["initialblockdownload"] or behind > LAGGING_HEADERS):
            raise NodeUnavailable(
                NodeState.SYNCING, f"the node is syncing: {info['blocks']} of {info['headers']} blocks"
            )
        self._skip_what_was_pruned(info)
        self.state = self._clock_state()
        known, self._checked = self._checked, self._rpc.connection
        self._not_before = Clock.monotonic() + CHECK_SECONDS
        return known != self._checked

    def _skip_what_was_pruned(self, info: dict[str, Any]) -> None:
        """Go on from the node's tip where it has deleted blocks that we need (C7). The store remembers the gap; until
        the unspent outputs were scanned in their place, nothing expires."""
        tip = self._store.tip()
        if tip is None or tip.height + 1 >= info.get("pruneheight", 0):
            return
        header = self._rpc.active_header(info["bestblockhash"])
        if header is None:
            raise NodeUnavailable(NodeState.SYNCING, "the node's tip changed while we asked for it")
        log.error("the node has deleted blocks %s to %s unseen by us", tip.height + 1, info["pruneheight"] - 1)
        self._store.skip_to(header, tip.height + 1)

    def note_time(self, moment: datetime) -> None:
        """The node did something at `moment`, by its clock: that cannot lie in our future."""
        ahead = moment - self._clock.now()
        if ahead > CLOCK_TOLERANCE:
            self.state = _differing(ahead)

    def _clock_state(self) -> tuple[NodeState, str]:
        ahead = self._rpc.clock_ahead(self._clock.machine_now)
        return IN_STEP if abs(ahead) <= CLOCK_TOLERANCE else _differing(ahead)


def _differing(ahead: timedelta) -> tuple[NodeState, str]:
    seconds = abs(ahead.total_seconds())
    direction = "ahead of" if ahead > timedelta(0) else "behind"
    return NodeState.CLOCK_DIFFERS, f"the node's clock runs {seconds:.0f} s {direction} this machine's"
