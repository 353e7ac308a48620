"""The explorer on a real node: what happens to a payment on the chain, and what the store is told of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from app.chain.explorer import Explorer
from app.chain.networks import network_named
from app.chain.rpc import Rpc
from app.chain.rpc_line import NodeAddress, RpcError
from app.chain.signals import Heard, Move
from app.errors import NodeUnavailable, WrongNode
from regtest.node import Node
from regtest.ports import free_port
from regtest.waiting import wait_until
from tests.integration.chain_scene import NOW, REFUSE_LOW_FEES, Scene, Stopped, address


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of this module: its chain is reorganised and it is restarted."""
    with Node(tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture
def scene(own_node: Node) -> Iterator[Scene]:
    yield Scene(own_node)
    own_node.mine()


# Starting


def test_the_first_start_stands_on_the_nodes_tip(own_node: Node) -> None:
    scene = Scene(own_node)
    tip = scene.store.tip()
    assert tip is not None
    assert (tip.hash, tip.height, len(scene.store.blocks)) == (own_node.tip(), own_node.height(), 1)
    assert scene.store.genesis == own_node.rpc("getblockhash", 0)
    assert scene.store.observed_at == NOW


def test_looking_again_says_nothing_new(scene: Scene) -> None:
    scene.pay()
    scene.sync()
    scene.node.mine()
    scene.sync()
    said = list(scene.store.said)
    scene.sync()
    scene.new_explorer().sync()
    assert scene.store.said == said


# The mempool


def test_a_payment_that_nobody_announced_is_found_with_the_nodes_time(scene: Scene) -> None:
    txid = scene.pay()
    scene.sync()
    assert scene.standing(txid) == "in mempool"
    first_seen = scene.store.known[txid].first_seen
    assert first_seen is not None
    assert int(first_seen.timestamp()) == scene.node.rpc("getmempoolentry", txid)["time"]


def test_an_announced_payment_is_recorded_once(scene: Scene) -> None:
    txid = scene.pay()
    for _ in range(3):
        scene.announce(txid)
    scene.sync()
    assert scene.store.said == [f"seen {txid}"]


def test_what_does_not_concern_us_is_not_recorded(scene: Scene) -> None:
    txid = scene.node.payer.pay(scene.node.new_address(), 10_000)
    scene.announce(txid)
    scene.sync()
    assert scene.store.said == []


def test_an_announcement_by_a_block_is_no_sighting(scene: Scene) -> None:
    txid = scene.pay()
    scene.node.mine()
    scene.announce(txid)
    assert scene.standing(txid) == "unknown"
    scene.sync()
    assert scene.standing(txid) == "confirmed"


def test_a_late_announcement_of_a_replaced_payment_is_no_sighting(scene: Scene) -> None:
    txid = scene.pay()
    scene.node.payer.double_spend(txid)
    scene.announce(txid)
    scene.sync()
    assert scene.standing(txid) == "unknown"


def test_a_payment_that_came_and_was_replaced_while_we_were_away_is_not_recorded(scene: Scene) -> None:
    txid = scene.pay()
    scene.node.payer.double_spend(txid)
    scene.node.mine()
    scene.sync()
    assert scene.standing(txid) == "unknown"


def test_an_undecodable_announcement_is_skipped(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.explorer.hear(Heard([b"\x01\x02"]))
    assert scene.store.said == []
    assert "skipped a transaction" in caplog.text


def test_an_undecodable_transaction_hides_no_other(own_node: Node, caplog: pytest.LogCaptureFixture) -> None:
    class Garbling(Rpc):
        def raw_transactions(self, txids: object) -> list[bytes | None]:
            return [
                raw if raw and scene.ours.script_pubkey in raw else b"\x01" for raw in super().raw_transactions(txids)
            ]  # type: ignore[arg-type]

    scene = Scene(own_node, Garbling(address(own_node)))
    own_node.payer.pay(own_node.new_address(), 10_000)
    txid = scene.pay()
    scene.sync()
    assert scene.standing(txid) == "in mempool"
    assert "skipped a transaction" in caplog.text
    own_node.mine()


# Blocks


def test_blocks_of_a_time_when_we_were_away_are_connected_one_by_one(scene: Scene) -> None:
    height = scene.node.height()
    first = scene.pay()
    scene.node.mine(2)
    second = scene.pay()
    scene.node.mine()
    scene.sync()
    assert scene.store.said == [f"connect {height + step}" for step in (1, 2, 3)]
    assert [scene.standing(txid) for txid in (first, second)] == ["confirmed", "confirmed"]
    assert [header.hash for header in scene.store.blocks[1:]] == [
        scene.node.rpc("getblockhash", height + step) for step in (1, 2, 3)
    ]


def test_a_block_says_which_of_its_transactions_were_looked_at_before_anybody_asked_for_them(scene: Scene) -> None:
    scene.store.scripts.clear()
    early = scene.pay()
    scene.sync()
    scene.store.scripts.add(scene.ours.script_pubkey)
    late = scene.pay()
    scene.node.mine()
    scene.sync()
    assert scene.standing(early) == scene.standing(late) == "confirmed"
    assert scene.store.known_before == {early}


def test_a_payment_that_is_in_both_branches_is_confirmed_by_the_new_one(scene: Scene) -> None:
    txid = scene.pay()
    scene.node.mine()
    scene.sync()
    scene.node.reorg(1)
    scene.sync()
    assert scene.standing(txid) == "confirmed"
    assert scene.store.known[txid].block == scene.node.block_of(txid)


def test_a_payment_of_the_old_branch_waits_in_the_mempool_again(scene: Scene) -> None:
    txid = scene.pay()
    scene.node.mine()
    scene.sync()
    scene.node.reorg(1, keep_transactions=False)
    scene.sync()
    assert scene.standing(txid) == "in mempool"


def test_a_chain_that_is_shorter_for_a_moment_is_followed(scene: Scene) -> None:
    txid = scene.pay()
    (block_hash,) = scene.node.mine()
    scene.sync()
    scene.node.disconnect(1)
    scene.sync()
    assert scene.standing(txid) == "in mempool"
    scene.node.return_to(block_hash)
    scene.sync()
    assert scene.standing(txid) == "confirmed"


def test_six_blocks_are_replaced_while_we_were_away(scene: Scene) -> None:
    txid = scene.pay()
    scene.node.mine(6)
    scene.sync()
    top = scene.node.height()
    scene.store.said.clear()
    scene.node.reorg(6)
    scene.sync()
    steps = [f"disconnect {top - back}" for back in range(6)] + [f"connect {top - 5 + step}" for step in range(7)]
    assert scene.store.said == steps
    assert scene.standing(txid) == "confirmed"


def test_a_payment_that_is_reorged_out_for_good_falls(scene: Scene) -> None:
    txid = scene.pay()
    scene.node.mine()
    scene.sync()
    replacement = scene.node.payer.reorg_out(txid)
    scene.sync()
    assert scene.standing(txid) == "replaced"
    assert scene.store.known[txid].replaced_by == replacement


def test_a_coinbase_payment_falls_with_its_block(scene: Scene) -> None:
    (block_hash,) = scene.node.mine(to=scene.ours.address)
    txid = scene.node.rpc("getblock", block_hash, 1)["tx"][0]
    scene.sync()
    assert scene.standing(txid) == "confirmed"
    scene.node.reorg(1)
    scene.sync()
    assert scene.standing(txid) == "replaced"


class Meddling(Rpc):
    """A node whose chain moves right after it was asked a certain question for the nth time."""

    question = ""
    countdown = 0
    meddle: Callable[[], object] = staticmethod(lambda: None)

    def call(self, method: str, *params: object) -> object:
        answer = super().call(method, *params)
        self._asked(method)
        return answer

    def batch(self, method: str, params: Sequence[Sequence[object]]) -> list[object]:
        answers = super().batch(method, params)
        self._asked(method)
        return answers

    def _asked(self, method: str) -> None:
        if method == self.question:
            self.countdown -= 1
            if self.countdown == 0:
                self.meddle()


@pytest.mark.parametrize(
    ("question", "nth"),
    [
        *[("getblockhash", nth) for nth in (1, 2)],
        *[(question, nth) for question in ("getbestblockhash", "getblock", "gettxout") for nth in (1, 2)],
        *[(question, 1) for question in ("getblockheader", "getmempoolinfo", "getrawmempool")],
    ],
)
@pytest.mark.parametrize("what", ["a block", "a reorg"])
def test_the_chain_may_move_between_any_two_questions(own_node: Node, question: str, nth: int, what: str) -> None:
    rpc = Meddling(address(own_node))
    scene = Scene(own_node, rpc)
    own_node.mine()
    scene.sync()
    txids = [scene.pay()]
    own_node.mine(2)
    txids.append(scene.pay())
    rpc.meddle = own_node.mine if what == "a block" else lambda: own_node.reorg(3)
    rpc.question, rpc.countdown = question, nth
    scene.sync()
    assert rpc.countdown <= 0, "the question was asked"
    tip = scene.store.tip()
    assert tip is not None
    assert tip.hash == own_node.tip(), "what counts as observed is the chain as it was in the end"
    assert [scene.standing(txid) for txid in txids] == ["confirmed", "confirmed"]


# Replaced


@pytest.mark.parametrize("heard", [True, False], ids=["announced", "missed"])
def test_a_double_spend_takes_the_payment_back_without_waiting_for_a_block(scene: Scene, heard: bool) -> None:
    txid = scene.pay()
    scene.sync()
    other = scene.node.payer.double_spend(txid)
    if heard:
        scene.announce(other)
    else:
        scene.sync()
    assert scene.standing(txid) == "replaced"
    assert scene.store.known[txid].replaced_by == other


def test_a_fee_bump_is_a_payment_of_its_own_and_the_first_one_falls(scene: Scene) -> None:
    txid = scene.pay()
    scene.sync()
    bumped = scene.node.payer.bump(txid)
    scene.sync()
    assert (scene.standing(txid), scene.standing(bumped)) == ("replaced", "in mempool")


def test_a_conflict_that_only_a_block_shows_takes_the_payment_back(scene: Scene) -> None:
    txid = scene.pay()
    scene.sync()
    scene.node.payer.double_spend(txid)
    scene.node.mine()
    scene.sync()
    assert scene.standing(txid) == "replaced"


def test_a_replaced_payment_may_still_be_mined(scene: Scene) -> None:
    txid = scene.pay()
    raw = scene.raw(txid).hex()
    scene.sync()
    scene.node.payer.double_spend(txid)
    scene.sync()
    scene.node.mine_with(raw)
    scene.sync()
    assert scene.standing(txid) == "confirmed"


def test_a_payment_falls_with_the_transaction_it_stands_on(scene: Scene) -> None:
    parent = scene.node.payer.pay(scene.node.new_address(), 100_000)
    child = scene.pay_from(parent)
    scene.sync()
    assert scene.standing(child) == "in mempool"
    other = scene.node.payer.double_spend(parent)
    scene.announce(other)
    assert scene.standing(child) == "replaced"


def test_a_payment_falls_with_its_parent_when_a_block_brings_the_news(scene: Scene) -> None:
    parent = scene.node.payer.pay(scene.node.new_address(), 100_000)
    child = scene.pay_from(parent)
    scene.announce(child)
    scene.node.payer.double_spend(parent)
    scene.node.mine()
    scene.sync()
    assert scene.standing(child) == "replaced"


class Offering(Rpc):
    """Notes what is broadcast."""

    def __init__(self, *nodes: NodeAddress) -> None:
        super().__init__(*nodes)
        self.offered: list[bytes] = []

    def broadcast(self, raw: bytes) -> RpcError | None:
        self.offered.append(raw)
        return super().broadcast(raw)


def test_a_payment_that_a_block_replaced_is_not_offered_again(own_node: Node) -> None:
    scene = Scene(own_node, rpc := Offering(address(own_node)))
    txid = scene.pay()
    scene.sync()
    own_node.payer.double_spend(txid)
    own_node.mine()
    for _ in range(4):
        scene.sync()
    assert (rpc.offered, scene.standing(txid)) == ([], "replaced")


@pytest.mark.parametrize("worker", ["the same", "another"])
def test_a_double_spend_that_the_node_has_forgotten_is_not_revived(own_node: Node, worker: str) -> None:
    scene = Scene(own_node, rpc := Offering(address(own_node)))
    txid = scene.pay()
    scene.sync()
    scene.announce(own_node.payer.double_spend(txid))
    own_node.restart(keep_mempool=False)
    if worker == "another":
        scene.explorer = scene.new_explorer()
    scene.sync()
    own_node.mine()
    scene.sync()
    assert (rpc.offered, own_node.mempool(), scene.standing(txid)) == ([], [], "replaced")
    own_node.payer.send(scene.raw(txid).hex())
    scene.sync()
    assert scene.standing(txid) == "in mempool", "it came back by itself"
    own_node.mine()


def test_of_payments_with_the_same_coins_the_node_gets_that_back_which_was_alive(own_node: Node) -> None:
    """In whatever order they are listed; and in no look at the books does the other one count."""
    scene = Scene(own_node, rpc := Offering(address(own_node)))
    pairs = []
    for _ in range(4):
        txid = scene.pay()
        scene.sync()
        pairs.append((txid, own_node.payer.bump(txid)))
        scene.sync()
    scene.store.said.clear()
    own_node.restart(keep_mempool=False)
    scene.sync()
    for txid, bumped in pairs:
        assert (scene.standing(txid), scene.standing(bumped)) == ("replaced", "in mempool")
        assert scene.raw(txid) not in rpc.offered
        assert f"back {txid}" not in scene.store.said
    own_node.mine()


def test_of_payments_whose_coins_a_reorg_frees_the_one_that_was_confirmed_is_offered(own_node: Node) -> None:
    scene = Scene(own_node, rpc := Offering(address(own_node)))
    txid = scene.pay()
    scene.sync()
    bumped = own_node.payer.bump(txid)
    own_node.mine()
    scene.sync()
    own_node.disconnect(1)
    own_node.restart(keep_mempool=False)
    scene.sync()
    assert own_node.mempool() == [bumped]
    assert (scene.standing(txid), scene.standing(bumped)) == ("replaced", "in mempool")
    assert scene.raw(txid) not in rpc.offered
    own_node.mine()


def test_what_a_double_spent_payment_stands_on_is_not_revived_either(own_node: Node) -> None:
    scene = Scene(own_node, rpc := Offering(address(own_node)))
    parent = own_node.payer.pay(own_node.new_address(), 100_000)
    child = scene.pay_from(parent)
    scene.sync()
    scene.announce(own_node.payer.double_spend(parent))
    own_node.restart(keep_mempool=False)
    scene.sync()
    assert (rpc.offered, scene.standing(child)) == ([], "replaced")


def test_a_dead_payment_lives_again_when_a_reorg_frees_its_coins(scene: Scene) -> None:
    txid = scene.pay()
    scene.sync()
    scene.node.payer.double_spend(txid)
    scene.node.mine()
    scene.sync()
    assert scene.standing(txid) == "replaced"
    scene.node.disconnect(1)
    scene.node.restart(keep_mempool=False)
    scene.sync()
    assert scene.standing(txid) == "in mempool"
    assert txid in scene.node.mempool()


def test_a_replaced_payment_that_enters_again_is_recorded_again(own_node: Node) -> None:
    """The node announces: it came, it was replaced, the replacement is gone, it came once more."""
    scene = Scene(own_node)
    txid = scene.pay()
    raw, number = scene.raw(txid), scene.rpc.mempool()[1]
    scene.explorer.hear(Heard([raw], [Move(bytes.fromhex(txid), number, True)]))
    other = own_node.payer.double_spend(txid)
    left, came = Move(bytes.fromhex(txid), number + 1, False), Move(bytes.fromhex(other), number + 2, True)
    scene.explorer.hear(Heard([scene.raw(other)], [left, came]))
    assert scene.standing(txid) == "replaced"
    own_node.restart(keep_mempool=False)  # stands for a replacement that was evicted
    own_node.payer.send(raw.hex())
    left, came = Move(bytes.fromhex(other), number + 3, False), Move(bytes.fromhex(txid), number + 4, True)
    scene.explorer.hear(Heard([raw], [left, came]))
    assert scene.standing(txid) == "in mempool"
    own_node.mine()


def test_what_left_and_entered_again_in_one_breath_is_asked_for(own_node: Node) -> None:
    """Between two looks at the queue; whether a snapshot was taken in the meantime or not."""
    for is_older_than_the_snapshot in (False, True):
        scene = Scene(own_node)
        txid = scene.pay()
        raw, number = scene.raw(txid), scene.rpc.mempool()[1]
        scene.explorer.hear(Heard([raw], [Move(bytes.fromhex(txid), number, True)]))
        scene.store.mark_replaced(txid, "somebody whom we heard of elsewhere")
        after = number - 2 if is_older_than_the_snapshot else number + 1
        moves = [Move(bytes.fromhex(txid), after, False), Move(bytes.fromhex(txid), after + 1, True)]
        scene.explorer.hear(Heard([raw], moves))

        def is_back(scene: Scene = scene, txid: str = txid) -> bool:
            scene.explorer.idle()
            return scene.standing(txid) == "in mempool"

        wait_until(is_back, "the payment to count again")
        own_node.mine()


# Missing, not replaced


def test_a_payment_that_a_restarted_node_forgot_is_broadcast_again(scene: Scene) -> None:
    txid = scene.pay()
    scene.sync()
    scene.node.restart(keep_mempool=False)
    assert scene.node.mempool() == []
    scene.sync()
    assert txid in scene.node.mempool()
    assert scene.standing(txid) == "in mempool"
    assert f"replaced {txid}" not in scene.store.said


def test_a_forgotten_payment_is_broadcast_after_the_parent_it_needs(scene: Scene) -> None:
    parent = scene.node.payer.pay(scene.node.new_address(), 100_000)
    child = scene.pay_from(parent)
    scene.sync()
    scene.node.restart(keep_mempool=False)
    scene.sync()
    assert set(scene.node.mempool()) == {parent, child}
    assert scene.standing(child) == "in mempool"


class Forgetful(Rpc):
    """A node that cannot show the blocks that left its chain."""

    def kept_block(self, block_hash: str) -> bytes | None:
        return None


@pytest.mark.parametrize("rpc", [Rpc, Forgetful])
def test_a_payment_that_came_in_one_block_with_its_parent_lives_when_the_node_forgets_both(
    own_node: Node, rpc: type[Rpc]
) -> None:
    scene = Scene(own_node, rpc(address(own_node)))
    parent = own_node.payer.pay(own_node.new_address(), 100_000)
    child = scene.pay_from(parent)
    own_node.mine()
    scene.sync()
    own_node.disconnect(1)
    own_node.restart(keep_mempool=False)
    scene.sync()
    assert set(own_node.mempool()) == {parent, child}
    assert scene.standing(child) == "in mempool"
    own_node.mine()


@pytest.mark.parametrize(("rpc", "standing"), [(Rpc, "in mempool"), (Forgetful, "at risk")])
def test_a_payment_whose_parents_block_left_the_chain_too_is_not_dead(
    own_node: Node, rpc: type[Rpc], standing: str
) -> None:
    """Its parent was in an earlier block, and nobody watched it there. Where no node can show that block, it waits."""
    scene = Scene(own_node, rpc(address(own_node)))
    parent = own_node.payer.pay(own_node.new_address(), 100_000)
    own_node.mine()
    child = scene.pay_from(parent)
    own_node.mine()
    raws = [scene.raw(txid).hex() for txid in (parent, child)]
    scene.sync()
    own_node.disconnect(2)
    own_node.restart(keep_mempool=False)
    scene.sync()
    assert scene.standing(child) == standing
    own_node.mine_with(*raws)
    scene.sync()
    assert scene.standing(child) == "confirmed"


def test_a_payment_whose_parents_coins_another_branch_spends_is_dead(own_node: Node) -> None:
    scene = Scene(own_node)
    parent = own_node.payer.pay(own_node.new_address(), 100_000)
    thief = own_node.payer.prepare_replacement(parent, [])
    own_node.mine()
    child = scene.pay_from(parent)
    scene.sync()
    own_node.disconnect(1)
    own_node.restart(keep_mempool=False)
    own_node.mine_with(thief)
    own_node.mine()
    scene.sync()
    assert scene.standing(child) == "replaced"


def test_an_evicted_payment_is_at_risk_and_comes_back(scene: Scene) -> None:
    txid = scene.pay()
    scene.sync()
    scene.node.restart(REFUSE_LOW_FEES, keep_mempool=False)
    scene.sync()
    scene.sync()
    assert scene.standing(txid) == "at risk"
    assert scene.store.said.count(f"evicted {txid}") == 1
    scene.node.restart(keep_mempool=False)
    scene.sync()
    assert scene.standing(txid) == "in mempool"
    assert txid in scene.node.mempool()


def test_a_payment_evicted_with_its_parent_is_at_risk_and_not_dead(scene: Scene) -> None:
    parent = scene.node.payer.pay(scene.node.new_address(), 100_000)
    child = scene.pay_from(parent)
    scene.sync()
    scene.node.restart(REFUSE_LOW_FEES, keep_mempool=False)
    scene.sync()
    assert scene.standing(child) == "at risk"
    scene.node.restart(keep_mempool=False)
    scene.sync()
    assert scene.standing(child) == "in mempool"


def test_an_evicted_payment_that_is_mined_counts(scene: Scene) -> None:
    txid = scene.pay()
    raw = scene.raw(txid).hex()
    scene.sync()
    scene.node.restart(REFUSE_LOW_FEES, keep_mempool=False)
    scene.sync()
    scene.node.mine_with(raw)
    scene.sync()
    assert scene.standing(txid) == "confirmed"
    scene.node.restart()


# A node that cannot help


def refused_state(scene: Scene) -> str:
    before = list(scene.store.said)
    scene.store.observed_at = None
    with pytest.raises(NodeUnavailable) as caught:
        scene.sync()
    assert scene.store.said == before, "nothing was changed"
    assert scene.store.observed_at is None, "nothing counts as observed"
    return caught.value.state


def test_a_node_that_is_down_changes_nothing(scene: Scene) -> None:
    txid = scene.pay()
    scene.sync()
    scene.rpc = Rpc(NodeAddress(f"http://127.0.0.1:{free_port()}", scene.node.cookie))
    scene.explorer = scene.new_explorer()
    assert refused_state(scene) == "unreachable"
    assert scene.standing(txid) == "in mempool"


def test_a_node_of_another_chain_is_refused(scene: Scene) -> None:
    scene.explorer = Explorer(scene.rpc, scene.store, network_named("mainnet"), Stopped())
    assert refused_state(scene) == "wrong_network"


def test_a_database_of_another_chain_is_refused(scene: Scene) -> None:
    scene.store.genesis = "00" * 32
    scene.explorer = scene.new_explorer()
    assert refused_state(scene) == "wrong_network"


def test_a_chain_that_was_reset_costs_no_facts(scene: Scene, tmp_path: Path) -> None:
    txid = scene.pay()
    scene.node.mine()
    scene.sync()
    with Node(tmp_path / "another") as another:
        scene.rpc = Rpc(address(another))
        scene.explorer = scene.new_explorer()
        assert refused_state(scene) == "fork_too_deep"
        with pytest.raises(WrongNode, match="was it reset"):
            scene.sync()
    assert scene.standing(txid) == "confirmed"


class Answering(Rpc):
    """A node that gives one answer of its own."""

    answers: dict[str, dict[str, object]]

    def call(self, method: str, *params: object) -> object:
        answer = super().call(method, *params)
        return {**answer, **self.answers[method]} if method in self.answers else answer


@pytest.mark.parametrize(
    ("method", "answer", "state"),
    [
        ("getmempoolinfo", {"loaded": False}, "loading_mempool"),
    ],
)
def test_a_node_that_is_not_ready_is_a_named_state(
    scene: Scene, method: str, answer: dict[str, object], state: str
) -> None:
    txid = scene.pay()
    scene.sync()
    rpc = Answering(address(scene.node))
    rpc.answers = {method: answer}
    scene.rpc = rpc
    scene.explorer = scene.new_explorer()
    assert refused_state(scene) == state
    assert scene.standing(txid) == "in mempool"


@pytest.mark.parametrize("answer", [{"initialblockdownload": True}, {"headers": 1_000_000}])
def test_a_node_that_is_syncing_is_a_named_state_except_on_regtest(scene: Scene, answer: dict[str, object]) -> None:
    rpc = Answering(address(scene.node))
    rpc.answers = {"getblockchaininfo": answer}
    scene.rpc = rpc
    scene.explorer = scene.new_explorer()
    scene.sync()
    rpc.answers = {"getblockchaininfo": {**answer, "chain": "main"}}
    scene.explorer = Explorer(rpc, scene.store, network_named("mainnet"), Stopped())
    assert refused_state(scene) == "syncing"


def test_a_node_that_lacks_a_call_is_a_named_state(scene: Scene) -> None:
    class Old(Rpc):
        def call(self, method: str, *params: object) -> object:
            return super().call("nosuchcall" if method == "getmempoolinfo" else method, *params)

    scene.rpc = Old(address(scene.node))
    scene.explorer = scene.new_explorer()
    assert refused_state(scene) == "refused"


def test_a_block_that_cannot_be_read_is_not_skipped(scene: Scene) -> None:
    class Garbling(Rpc):
        def blocks(self, hashes: Sequence[str]) -> list[bytes]:
            return [raw[:-1] for raw in super().blocks(hashes)]

    scene.rpc = Garbling(address(scene.node))
    scene.explorer = scene.new_explorer()
    scene.node.mine()
    assert refused_state(scene) == "undecodable"
