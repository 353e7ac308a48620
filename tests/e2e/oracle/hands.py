"""What a program can do: the verbs of payer, cheat, miner, reorganiser and vandal.

A verb does nothing where there is nothing to act upon, and takes its numbers modulo what there is: so any list of verbs
is a program, and a part of one is one as well.
"""

from collections.abc import Sequence
from contextlib import suppress

from regtest.chain import to_sats
from regtest.errors import NotEnoughCoins, RpcError
from regtest.rawtx import Output, with_outputs
from tests.e2e.oracle.bounds import Sent
from tests.e2e.oracle.world import PRICE_SATS, Bill, World

DEEPEST_REORG = 10
FEE_SATS = 1_000


class Payer:
    """Pays invoices, in one piece or several, with confirmed coins or upon other payments."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._node = world.node
        self._payer = world.node.payer

    def pay(self, which: int, sats: int) -> None:
        """One output to one invoice."""
        self._send(self._payer.prepare([(self._bill(which).address, sats)]))

    def pay_final(self, which: int, sats: int) -> None:
        """The same, not signalling that it can be replaced."""
        self._send(self._payer.prepare([(self._bill(which).address, sats)], replaceable=False))

    def pay_several(self, which: int, other: int, sats: int) -> None:
        """One transaction: two outputs to one invoice, and one to another (or the same)."""
        bill, second = self._bill(which), self._bill(other)
        self._send(self._payer.prepare([(bill.address, sats), (second.address, PRICE_SATS), (bill.address, sats)]))

    def pay_upon(self, which: int, sats: int) -> None:
        """A payment with coins that are themselves unconfirmed, and that nobody knows."""
        parent = self._send(self._payer.prepare([(self._node.new_address(), sats + FEE_SATS)]))
        self._spend(parent, 0, [(self._bill(which).script, sats)])

    def pay_from_change(self, which: int, upon: int, sats: int) -> None:
        """A payment with the change of one that waits for its block."""
        waiting = self._waiting()
        if waiting:
            txid = waiting[upon % len(waiting)].txid
            self._spend(txid, -1, [(self._bill(which).script, sats)])

    def pay_dust(self, which: int, sats: int) -> None:
        """Outputs that no node would relay, in a block at once."""
        raw = self._payer.prepare_as_is([(self._bill(which).script, sats), (self._bill(which).script, 0)])
        self._world.remember(raw)
        self._node.mine_with(raw)

    def pay_by_mining(self, which: int) -> None:
        """The miner's own coins."""
        [block_hash] = self._node.mine(to=self._bill(which).address)
        coinbase = self._node.rpc("getblock", block_hash)["tx"][0]
        self._world.remember(self._node.rpc("getrawtransaction", coinbase, False, block_hash))

    # Cheating

    def bump(self, which: int) -> None:
        """The same for a higher fee."""
        if victim := self._victim(which):
            with suppress(RpcError):  # what stands on it would have to be paid for as well
                self._keep(self._payer.bump(victim.txid))

    def double_spend(self, which: int) -> None:
        """The same coins to the payer."""
        if victim := self._victim(which):
            with suppress(NotEnoughCoins):
                self._send(self._payer.prepare_replacement(victim.txid, []))

    def pay_otherwise(self, which: int, to: int, sats: int) -> None:
        """The same coins to an invoice again, the same or another, perhaps less."""
        if victim := self._victim(which):
            with suppress(NotEnoughCoins):
                self._send(self._payer.prepare_replacement(victim.txid, [(self._bill(to).address, sats)]))

    def double_spend_in_a_block(self, which: int) -> None:
        """The same coins to the payer, in a block before anybody hears of it."""
        if victim := self._victim(which):
            with suppress(RpcError, NotEnoughCoins):  # its own coins may be unconfirmed
                raw = self._payer.prepare_replacement(victim.txid, [])
                self._world.remember(raw)
                self._node.mine_with(raw)

    def mine_what_was_replaced(self, which: int) -> None:
        """A miner who never heard of the replacement."""
        if self._world.sent:
            with suppress(RpcError):  # too late, or it is in a block already
                self._node.mine_with(self._world.sent[which % len(self._world.sent)].raw)

    # How

    def _bill(self, which: int) -> Bill:
        return self._world.bills[which % len(self._world.bills)]

    def _send(self, raw: str) -> str:
        txid = self._world.remember(raw)
        with suppress(RpcError):  # a chain of 25 unconfirmed, or a replacement that evicts too many
            self._payer.send(raw)
        return txid

    def _keep(self, txid: str) -> None:
        self._world.remember(self._node.wallet("gettransaction", txid)["hex"])

    def _waiting(self) -> list[Sent]:
        mempool = set(self._node.mempool())
        return [tx for tx in self._world.sent if tx.txid in mempool]

    def _victim(self, which: int) -> Sent | None:
        waiting = self._waiting()
        return waiting[which % len(waiting)] if waiting else None

    def _spend(self, txid: str, vout: int, outputs: Sequence[tuple[str, int]]) -> None:
        """Spend one output of an unconfirmed transaction; the rest goes back to the payer."""
        if txid not in self._node.mempool():
            return
        coins = self._node.wallet("gettransaction", txid, True, True)["decoded"]["vout"]
        vout %= len(coins)
        rest = to_sats(coins[vout]["value"]) - sum(sats for _, sats in outputs) - FEE_SATS
        script = self._node.rpc("validateaddress", self._node.new_address())["scriptPubKey"]
        change = [(script, rest)] if rest > FEE_SATS else []
        draft = with_outputs([Output(*output) for output in (*outputs, *change)], [(txid, vout)])
        signed = self._node.wallet("signrawtransactionwithwallet", draft)
        if signed["complete"]:
            self._send(signed["hex"])


class Miner:
    """Mines, and changes his mind."""

    def __init__(self, world: World) -> None:
        self._node = world.node
        self._floor = world.arena.floor
        self._left: list[tuple[int, str]] = []  # where branches that the node left begin

    def mine(self, blocks: int) -> None:
        """Blocks with everything."""
        self._node.mine(blocks)

    def mine_empty(self, blocks: int) -> None:
        """Blocks that leave everything waiting."""
        self._node.mine_empty(blocks)

    def mine_one(self, which: int) -> None:
        """A block with one transaction that stands on none."""
        waiting = self._node.rpc("getrawmempool", True)
        ready = sorted(txid for txid, entry in waiting.items() if entry["ancestorcount"] == 1)
        if ready:
            self._node.mine_with(ready[which % len(ready)])

    def disconnect(self, depth: int) -> None:
        """Take blocks away; for now there are no others."""
        depth = min(depth, self._node.height() - self._floor)
        if depth > 0:
            first = self._node.disconnect(depth)[0]
            self._left.append((self._node.height() + 1, first))

    def reorg(self, depth: int, keep_transactions: bool) -> None:
        """Replace blocks by one more of others."""
        self.disconnect(depth)
        (self._node.mine if keep_transactions else self._node.mine_empty)(depth + 1)

    def go_back(self) -> None:
        """Return to the branch that was left last; the other one is not to be followed any more."""
        if self._left:
            height, first = self._left.pop()
            if self._node.height() >= height:
                other = self._node.rpc("getblockhash", height)
                self._node.rpc("invalidateblock", other)
                self._left.append((height, other))
            self._node.return_to(first)


class Vandal:
    """Cuts cables and kills programs."""

    def __init__(self, world: World) -> None:
        self._node = world.node
        self._cable = world.place.cable
        self._sattle = world.sattle

    def cut(self, what: str) -> None:
        """rpc, zmq or both."""
        if what in ("rpc", "both"):
            self._cable.rpc.cut()
        if what in ("zmq", "both"):
            self._cable.zmq.cut()

    def mend(self) -> None:
        """The cable is whole again."""
        self._cable.mend()

    def lose(self, every: int) -> None:
        """Some of the node's messages."""
        self._cable.zmq.lose(every=every)

    def repeat(self) -> None:
        """All of the node's messages."""
        self._cable.zmq.repeat()

    def drop(self, method: str, nth: int) -> None:
        """One answer of the node, after it has done what it was asked."""
        self._cable.rpc.drop(method, asked=True, nth=nth)

    def kill_worker(self) -> None:
        """SIGKILL, unless it is dead."""
        self._sattle.worker.kill()

    def start_worker(self) -> None:
        """Again, if it is dead."""
        if not self._sattle.worker.alive:
            self._sattle.worker.start()

    def kill_web(self) -> None:
        """SIGKILL, and start it again."""
        self._sattle.web.kill()
        self._sattle.web.start()

    def restart_node(self, keep_mempool: bool) -> None:
        """The node comes back with its mempool, or has forgotten all that waited."""
        self._node.restart(keep_mempool=keep_mempool)
