"""The node's moods: each has a name, and a remedy where there is one (chain-tracking C2, C7)."""

from enum import StrEnum


class NodeState(StrEnum):
    """What stands between us and the chain."""

    UNKNOWN = "unknown"
    READY = "ready"
    CLOCK_DIFFERS = "clock_differs"
    UNREACHABLE = "unreachable"
    UNAUTHORIZED = "unauthorized"
    BUSY = "busy"
    WARMING_UP = "warming_up"
    SYNCING = "syncing"
    CATCHING_UP = "catching_up"
    LOADING_MEMPOOL = "loading_mempool"
    HISTORY_LOST = "history_lost"
    WRONG_NETWORK = "wrong_network"
    FORK_TOO_DEEP = "fork_too_deep"
    REFUSED = "refused"
    UNDECODABLE = "undecodable"

    @property
    def in_step(self) -> bool:
        """Do our facts follow the node's chain and mempool now? After a loss of history, from its end on."""
        return self in (NodeState.READY, NodeState.CLOCK_DIFFERS, NodeState.HISTORY_LOST)

    @property
    def remedy(self) -> str:
        """What an operator can do; empty where waiting or nothing is right."""
        return REMEDIES.get(self, "")


REMEDIES = {
    NodeState.UNKNOWN: "start the worker: flask worker",
    NodeState.CLOCK_DIFFERS: "let both machines take their time from an NTP server",
    NodeState.UNREACHABLE: "start bitcoind, or correct SATTLE_NODE_URL",
    NodeState.UNAUTHORIZED: (
        "correct SATTLE_NODE_COOKIE, or SATTLE_NODE_USER and SATTLE_NODE_PASSWORD, or the node's rpcallowip"
    ),
    NodeState.BUSY: "raise the node's rpcthreads and rpcworkqueue",
    NodeState.WARMING_UP: "wait: the node is starting",
    NodeState.SYNCING: "wait until the node has caught up with its network",
    NodeState.CATCHING_UP: "wait: the worker is reading the blocks that it has not seen",
    NodeState.LOADING_MEMPOOL: "wait: the node is reading the mempool that it saved",
    NodeState.HISTORY_LOST: (
        "wait until the unspent outputs were scanned (flask wallet list); a node that prunes should keep more (prune=)"
    ),
    NodeState.WRONG_NETWORK: "point SATTLE_NODE_URL at a node of the network in SATTLE_NETWORK",
    NodeState.FORK_TOO_DEEP: (
        "check which node this is; if its chain was reset on purpose, begin with an empty database"
    ),
    NodeState.REFUSED: "use Bitcoin Core 28 or newer",
    NodeState.UNDECODABLE: "update Sattle, and tell its makers the block's hash",
}
