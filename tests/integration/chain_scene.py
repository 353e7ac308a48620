"""An explorer around a real node, with a store in memory: what the explorer's tests are told with."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

from app.chain.derivation import Destination, parse_account_key
from app.chain.explorer import Explorer
from app.chain.networks import network_named
from app.chain.rpc import Rpc
from app.chain.rpc_line import NodeAddress
from app.chain.signals import Heard
from app.clock import Clock
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable
from regtest.node import Node
from regtest.rawtx import Output, with_outputs
from regtest.waiting import wait_until
from tests.integration.chain_store import MemoryStore

ACCOUNT = parse_account_key(
    "tpubDD7tXK8KeQ3YY83yWq755fHY2JW8Ha8Q765tknUM5rSvjPcGWfUppDFMpQ1ScziKfW3ZNtZvAD7M3u7bSs7HofjTD3KP3YxPK7X6hwV8Rk2",
    "regtest",
)
INDEXES = count()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REFUSE_LOW_FEES = "-minrelaytxfee=0.0001"  # 10 sat/vB, five times what the payer pays


class Stopped(Clock):
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


class CountingRpc(Rpc):
    """Notes which calls are made. The cable breaks at the method `cut_at`."""

    def __init__(self, *nodes: NodeAddress) -> None:
        super().__init__(*nodes)
        self.asked: Counter[str] = Counter()
        self.cut_at = ""

    def call(self, method: str, *params: object) -> object:
        self.asked[method] += 1
        return super().call(method, *params)

    def batch(self, method: str, params: Sequence[Sequence[object]]) -> list[object]:
        self.asked[method] += bool(params)
        if method == self.cut_at:
            raise NodeUnavailable(NodeState.UNREACHABLE, f"the cable broke at {method}")
        return super().batch(method, params)


class Scene:
    """An explorer with a store of its own and one address of ours, following the node from its tip on."""

    def __init__(self, node: Node, rpc: Rpc | None = None) -> None:
        self.node = node
        self.ours: Destination = ACCOUNT.at(next(INDEXES))
        self.store = MemoryStore({self.ours.script_pubkey})
        self.rpc = rpc or Rpc(address(node))
        self.explorer = self.new_explorer()
        self.sync()

    def new_explorer(self, clock: Clock | None = None) -> Explorer:
        return Explorer(self.rpc, self.store, network_named("regtest"), clock or Stopped())

    def sync(self) -> None:
        """A look at everything, as after a loss of signals."""
        self.explorer.forget()
        self.explorer.hurry()
        self.settle()

    def settle(self) -> None:
        """Look until everything was looked at, and what the node announced has had the time to arrive."""
        wait_until(self.explorer.sync, "everything to have been looked at")

    def pay(self, sats: int = 50_000) -> str:
        return self.node.payer.pay(self.ours.address, sats)

    def raw(self, txid: str) -> bytes:
        return bytes.fromhex(self.node.wallet("gettransaction", txid)["hex"])

    def announce(self, txid: str) -> None:
        self.explorer.hear(Heard([self.raw(txid)]))

    def standing(self, txid: str) -> str:
        return self.store.standing(txid)

    def pay_from(self, parent: str, vout: int = 0, fee: int = 300) -> str:
        """A payment to us that spends an output of an unconfirmed transaction."""
        value = self.node.unspent(parent, vout)
        assert value is not None
        draft = with_outputs([Output(self.ours.script_pubkey.hex(), value - fee)], [(parent, vout)])
        signed = self.node.wallet("signrawtransactionwithwallet", draft)["hex"]
        return self.node.payer.send(signed)


def address(node: Node) -> NodeAddress:
    """Where a node of the harness takes calls."""
    return NodeAddress(node.rpc_url, node.cookie)
