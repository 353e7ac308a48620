"""What the node says of itself, for the checks of the installation; nothing here changes what we follow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.chain.rpc import Rpc
from app.chain.rpc_line import RpcError
from app.errors import NodeUnavailable

UNKNOWN_METHOD = -32601  # getzmqnotifications of a node that was built without ZMQ


@dataclass(frozen=True)
class Publisher:
    """A ZMQ notification. `topic` is rawtx, hashblock, …; `high_water_mark` is in messages, 0 for no limit."""

    topic: str
    address: str
    high_water_mark: int


@dataclass(frozen=True)
class NodeReport:
    """The node now. `version` counts as 280000 for 28.0; `prune_height` is the first block it has, None if it has all.

    `ahead` is how far its clock runs ahead of ours.
    """

    name: str
    version: int
    chain: str
    genesis_hash: str | None
    blocks: int
    headers: int
    initial_block_download: bool
    prune_height: int | None
    publishers: tuple[Publisher, ...]
    ahead: timedelta


def ask_node(rpc: Rpc, now: Callable[[], datetime]) -> NodeReport:
    """Ask the node about itself. `now` is this machine's clock. Raises NodeUnavailable."""
    try:
        chain, network = rpc.blockchain_info(), rpc.call("getnetworkinfo")
        return NodeReport(
            name=str(network["subversion"]).strip("/"),
            version=int(network["version"]),
            chain=str(chain["chain"]),
            genesis_hash=rpc.block_hash(0),
            blocks=int(chain["blocks"]),
            headers=int(chain["headers"]),
            initial_block_download=bool(chain["initialblockdownload"]),
            prune_height=int(chain["pruneheight"]) if "pruneheight" in chain else None,
            publishers=_publishers(rpc),
            ahead=rpc.clock_ahead(now),
        )
    except RpcError as error:
        raise NodeUnavailable("refused", f"the node refuses a call that Sattle needs: {error}") from error


def _publishers(rpc: Rpc) -> tuple[Publisher, ...]:
    try:
        found = rpc.call("getzmqnotifications")
    except RpcError as error:
        if error.code != UNKNOWN_METHOD:
            raise
        return ()
    return tuple(Publisher(str(p["type"]).removeprefix("pub"), str(p["address"]), int(p["hwm"])) for p in found)
