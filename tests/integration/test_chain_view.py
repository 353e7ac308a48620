"""What listening costs, and how soon a loss is noticed: the view of the mempool on a real node with its own signals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.chain.rpc_line import NodeAddress
from app.chain.signals import Heard, Signals
from app.chain.verify import verified
from app.domain.chain import Claim, Outpoint
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable, WrongNode
from regtest.node import Node
from regtest.ports import free_port
from regtest.waiting import wait_until
from tests.integration.chain_scene import REFUSE_LOW_FEES, CountingRpc, Scene, Stopped, address

SILENCE = 0.1  # seconds without a signal


class Listening:
    """A scene whose explorer hears what the node announces."""

    def __init__(self, node: Node) -> None:
        self.rpc = CountingRpc(address(node))
        self.signals = Signals(node.zmq_url)
        self.signals.start()
        self.scene = Scene(node, self.rpc)
        wait_until(self._is_heard, "the node's announcements to reach us")
        self.scene.sync()
        self.scene.settle()
        self.rpc.asked.clear()

    def _is_heard(self) -> bool:
        self.scene.node.mine()
        return self.take() != Heard()

    def take(self) -> Heard:
        """All that comes until there is silence."""
        heard = Heard()
        while (more := self.signals.take(SILENCE)) is not None:
            heard.raw_transactions += more.raw_transactions
            heard.moves += more.moves
            heard.rang |= more.rang
            heard.lost |= more.lost
        return heard

    def hear(self) -> Heard:
        """Take it, and let the explorer answer."""
        heard = self.take()
        self.scene.explorer.hear(heard)
        return heard


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of this module: it is restarted."""
    with Node(tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture
def listening(own_node: Node) -> Iterator[Listening]:
    made = Listening(own_node)
    yield made
    made.signals.stop()
    own_node.mine()


def test_a_look_at_a_quiet_node_costs_two_calls(listening: Listening) -> None:
    for _ in range(5):
        assert listening.scene.explorer.sync()
    assert listening.rpc.asked == {"getmempoolinfo": 5, "getbestblockhash": 5}


def test_what_is_announced_is_followed_without_asking_for_the_whole_mempool(listening: Listening) -> None:
    scene = listening.scene
    paid, others = scene.pay(), [scene.node.payer.pay(scene.node.new_address(), 10_000) for _ in range(3)]
    replaced = scene.node.payer.double_spend(others[0])
    listening.hear()
    assert scene.standing(paid) == "in mempool"
    scene.node.mine()
    listening.hear()
    scene.settle()
    assert scene.standing(paid) == "confirmed"
    assert replaced not in scene.node.mempool()
    scene.node.reorg(1, keep_transactions=False)
    listening.hear()
    scene.settle()
    assert scene.standing(paid) == "in mempool"
    assert "getrawmempool" not in listening.rpc.asked


def test_an_entry_whose_bytes_were_lost_is_fetched(listening: Listening) -> None:
    scene = listening.scene
    txid = scene.pay()
    heard = listening.take()
    scene.explorer.hear(Heard(moves=heard.moves))
    assert scene.standing(txid) == "unknown"

    def is_seen() -> bool:
        scene.explorer.idle()
        return scene.standing(txid) == "in mempool"

    wait_until(is_seen, "the bytes to be asked for")
    assert "getrawmempool" not in listening.rpc.asked


def test_a_payment_at_which_the_node_failed_us_is_looked_at_again(listening: Listening) -> None:
    scene = listening.scene
    txid = scene.pay()
    listening.rpc.cut_at = "getmempoolentry"
    with pytest.raises(NodeUnavailable):
        listening.hear()
    listening.rpc.cut_at = ""
    scene.sync()
    assert scene.standing(txid) == "in mempool"


@pytest.mark.parametrize("method", ["getrawtransaction", "getmempoolentry"])
def test_a_payment_whose_bytes_could_not_be_fetched_is_looked_at_again(listening: Listening, method: str) -> None:
    scene = listening.scene
    txid = scene.pay()
    scene.explorer.hear(Heard(moves=listening.take().moves))
    listening.rpc.cut_at = method

    def fails() -> bool:
        try:
            scene.explorer.idle()
        except NodeUnavailable:
            return True
        return False

    wait_until(fails, "the bytes to be asked for")
    listening.rpc.cut_at = ""
    scene.sync()
    assert scene.standing(txid) == "in mempool"


def test_a_look_that_broke_off_at_our_own_payments_is_made_again(listening: Listening) -> None:
    scene = listening.scene
    first = scene.pay()
    listening.hear()
    scene.node.payer.double_spend(first)
    listening.take()  # and nobody hears it
    scene.explorer.forget()
    listening.rpc.cut_at = "getmempoolentry"
    with pytest.raises(NodeUnavailable):
        scene.sync()
    listening.rpc.cut_at = ""
    scene.sync()
    assert scene.standing(first) == "replaced"


def test_a_lost_announcement_is_noticed_by_counting(listening: Listening) -> None:
    scene = listening.scene
    txid = scene.pay()
    listening.take()  # and nobody hears it
    scene.explorer.hurry()
    assert not scene.explorer.sync(), "it may be on its way"
    assert scene.explorer.sync()
    assert scene.standing(txid) == "in mempool"


def test_a_loss_that_leaves_the_number_as_it_was_is_noticed_by_bytes_and_fees(listening: Listening) -> None:
    scene = listening.scene
    first = scene.pay()
    listening.hear()
    scene.settle()
    bumped = scene.node.payer.bump(first)
    listening.take()  # one out, one in, and nobody hears it
    scene.explorer.hurry()
    assert [scene.explorer.sync() for _ in range(2)] == [False, True]
    assert (scene.standing(first), scene.standing(bumped)) == ("replaced", "in mempool")


def test_after_a_snapshot_the_next_one_waits_and_nothing_counts_as_seen_meanwhile(listening: Listening) -> None:
    scene = listening.scene
    first = scene.pay()
    listening.take()
    scene.store.observed_at = None
    assert [scene.explorer.sync() for _ in range(4)] == [False] * 4, "the scene was looked at just now"
    assert scene.store.observed_at is None
    assert "getrawmempool" not in listening.rpc.asked
    scene.explorer.hurry()
    assert scene.explorer.sync()
    assert scene.standing(first) == "in mempool"
    assert scene.store.observed_at is not None


def test_announcements_older_than_the_snapshot_change_nothing(listening: Listening) -> None:
    scene = listening.scene
    txid = scene.pay()
    scene.node.payer.double_spend(txid)
    scene.sync()  # the snapshot is younger than what waits in the queue
    listening.hear()
    scene.settle()
    assert listening.rpc.asked["getrawmempool"] == 1, "the view still counts what the node counts"


def test_equal_numbers_prove_nothing_while_announcements_are_on_their_way(listening: Listening) -> None:
    scene = listening.scene
    first = scene.pay()
    scene.pay()
    listening.hear()
    bumped = scene.node.payer.bump(first)  # one out, one in, and not here yet
    scene.store.observed_at = None
    assert not scene.explorer.sync()
    assert scene.store.observed_at is None
    listening.hear()
    scene.settle()
    assert (scene.standing(first), scene.standing(bumped)) == ("replaced", "in mempool")
    assert scene.store.observed_at is not None
    assert "getrawmempool" not in listening.rpc.asked


def test_a_payment_that_leaves_the_mempool_is_decided_when_it_is_heard(listening: Listening) -> None:
    scene = listening.scene
    txid = scene.pay()
    listening.hear()
    other = scene.node.payer.double_spend(txid)
    heard = listening.take()
    scene.explorer.hear(Heard(moves=heard.moves))  # the replacement's own bytes are lost
    assert scene.standing(txid) == "replaced"
    assert scene.store.known[txid].replaced_by == other


def test_a_restart_of_the_node_is_noticed_and_costs_no_payment(listening: Listening) -> None:
    scene = listening.scene
    txid = scene.pay()
    listening.hear()
    scene.node.restart(REFUSE_LOW_FEES, keep_mempool=False)
    scene.explorer.hurry()
    assert scene.explorer.sync(), "over a new connection everything is looked at"
    assert scene.standing(txid) == "at risk"
    scene.node.restart()
    scene.explorer.hurry()
    assert scene.explorer.sync()
    assert scene.standing(txid) == "in mempool"


def test_a_block_confirms_outputs_with_the_node_before_they_may_settle(listening: Listening) -> None:
    scene = listening.scene
    txid = scene.pay()
    listening.hear()
    assert scene.store.verified == {Outpoint(txid, 0)}, "in the mempool"
    scene.store.verified.clear()
    scene.node.mine()
    scene.explorer.sync()
    assert scene.store.verified == {Outpoint(txid, 0)}, "in the block"
    assert listening.rpc.asked["gettxout"] == 2


def test_a_clock_that_differs_from_the_nodes_is_a_named_state(own_node: Node) -> None:
    class Ahead(Stopped):
        @staticmethod
        def machine_now() -> datetime:
            return Stopped.machine_now() + timedelta(seconds=9)

    scene = Scene(own_node)
    assert scene.explorer.state()[0] is NodeState.READY
    scene.explorer = scene.new_explorer(Ahead())
    scene.sync()
    state, message, _ = scene.explorer.state()
    assert state is NodeState.CLOCK_DIFFERS
    assert state.in_step
    assert "9 s behind this machine's" in message


def test_a_payment_that_enters_in_our_future_shows_a_clock_that_differs(own_node: Node) -> None:
    scene = Scene(own_node)
    scene.pay()
    scene.sync()  # the scene's own clock stood still a good while ago
    state, message, _ = scene.explorer.state()
    assert state is NodeState.CLOCK_DIFFERS
    assert "ahead of this machine's" in message
    own_node.mine()


def test_another_node_is_asked_when_the_first_one_fails(own_node: Node) -> None:
    down = NodeAddress(f"http://127.0.0.1:{free_port()}", own_node.cookie)
    scene = Scene(own_node, CountingRpc(down, address(own_node)))
    assert scene.explorer.node == 1
    txid = scene.pay()
    scene.sync()
    assert scene.standing(txid) == "in mempool"
    own_node.mine()


def test_a_node_of_another_chain_is_passed_over_for_one_of_ours(own_node: Node, tmp_path: Path) -> None:
    with Node(tmp_path / "another") as another:
        scene = Scene(own_node)
        own_node.mine()
        scene.sync()
        scene.rpc = CountingRpc(address(another), address(own_node))
        scene.explorer = scene.new_explorer()
        with pytest.raises(WrongNode, match="none of our blocks"):
            scene.explorer.sync()
        assert scene.explorer.sync(), "the next look goes to the next node"
        assert scene.explorer.node == 1


def test_blocks_that_the_node_has_deleted_are_skipped_and_remembered_and_nothing_counts_as_seen(own_node: Node) -> None:
    class Pruned(CountingRpc):
        def blockchain_info(self) -> dict[str, object]:
            info = super().blockchain_info()
            return {**info, "pruned": True, "pruneheight": info["blocks"] - 1}

    scene = Scene(own_node)
    waiting = scene.pay()
    scene.sync()
    height = own_node.height()
    own_node.mine(4)
    scene.rpc = Pruned(address(own_node))
    scene.explorer = scene.new_explorer()
    scene.store.observed_at = None
    scene.sync()
    assert scene.store.gap == (height + 1, height + 3)
    assert scene.store.blocks[-1].hash == own_node.tip()
    assert scene.explorer.state()[0] is NodeState.HISTORY_LOST
    assert scene.store.observed_at is None, "what happened in the gap is not known"
    assert scene.standing(waiting) != "replaced", "it may be in a block that we never saw"


# What the node must confirm


def test_only_what_the_node_says_of_an_output_is_verified(own_node: Node) -> None:
    scene = Scene(own_node)
    txid = scene.pay(60_000)
    script = scene.ours.script_pubkey
    right = Claim(Outpoint(txid, 0), 60_000, script, None)
    wrong_value, wrong_script = replace(right, value_sats=60_001), replace(right, script_pubkey=b"\x51")
    nowhere = replace(right, outpoint=Outpoint("11" * 32, 0))
    assert verified(scene.rpc, [right]) == {right.outpoint}
    assert verified(scene.rpc, [wrong_value, wrong_script, nowhere]) == set()
    own_node.mine()


def test_an_output_that_was_spent_again_is_verified_by_where_its_transaction_stands(own_node: Node) -> None:
    scene = Scene(own_node)
    first = own_node.payer.pay(own_node.new_address(), 90_000)
    spent = Claim(Outpoint(first, 0), 90_000, b"", None)
    scene.pay_from(first)
    assert verified(scene.rpc, [spent]) == {spent.outpoint}, "its transaction is in the mempool"
    (block_hash,) = own_node.mine()
    assert verified(scene.rpc, [spent]) == set()
    assert verified(scene.rpc, [replace(spent, block_hash=block_hash)]) == {spent.outpoint}
    own_node.reorg(1)
    assert verified(scene.rpc, [replace(spent, block_hash=block_hash)]) == set(), "that block left the chain"
