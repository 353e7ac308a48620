"""The cable before the node: what passes, what it can do to what passes, and that it can be mended."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
import zmq

from regtest.errors import NodeUnreachable, RpcError
from regtest.node import Node
from regtest.proxy import NodeProxy
from regtest.rpc import Rpc
from regtest.waiting import wait_until


@pytest.fixture(scope="module")
def line(node: Node) -> Iterator[NodeProxy]:
    with NodeProxy(node) as running:
        yield running


@pytest.fixture
def cable(line: NodeProxy) -> Iterator[NodeProxy]:
    yield line
    line.mend()


@pytest.fixture
def rpc(node: Node, cable: NodeProxy) -> Rpc:
    return Rpc(cable.rpc.url, node.cookie, timeout_seconds=10)


Message = tuple[str, str, int]


class Listener:
    """What a subscriber of every topic has heard: topic, body in hex, counter."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        self._socket = socket
        self.heard: list[Message] = []

    def hears(self, count: int, topic: str) -> list[Message]:
        """Wait until at least `count` messages of a topic came; returns those of the topic."""
        wait_until(lambda: self._listen(topic) >= count, f"{count} messages of {topic}")
        return [message for message in self.heard if message[0] == topic]

    def listens_again(self, cable: NodeProxy) -> bool:
        """ZeroMQ renews a subscription only while its socket is used."""
        self._listen("")
        return cable.zmq.is_heard

    def _listen(self, topic: str) -> int:
        while self._socket.poll(10):
            name, body, counter = self._socket.recv_multipart()
            self.heard.append((name.decode(), body.hex(), int.from_bytes(counter, "little")))
        return sum(message[0] == topic for message in self.heard)


@contextmanager
def listening(cable: NodeProxy) -> Iterator[Listener]:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(cable.zmq.url)
        cable.zmq.wait_heard()
        yield Listener(socket)
    wait_until(lambda: not cable.zmq.is_heard, "the listener to be gone")


# Calls


def test_calls_pass_as_they_are_and_are_counted(rpc: Rpc, node: Node, cable: NodeProxy) -> None:
    before = cable.rpc.calls["getblockcount"]
    assert rpc("getblockcount") == node.height()
    assert rpc.wallet("buyer")("getwalletinfo")["walletname"] == "buyer"
    assert cable.rpc.calls["getblockcount"] == before + 1
    with pytest.raises(RpcError, match="out of range"):
        rpc("getblockhash", 1_000_000)


def test_credentials_pass_too(rpc: Rpc, cable: NodeProxy) -> None:
    assert requests.post(cable.rpc.url, json={"method": "getblockcount"}, timeout=10).status_code == 401


def test_the_second_call_is_refused_and_no_other(rpc: Rpc, cable: NodeProxy) -> None:
    cable.rpc.refuse("getblockcount", -5, "not today", nth=2)
    assert rpc("getblockcount")
    rpc("getbestblockhash")
    with pytest.raises(RpcError, match=r"not today \(code -5\)"):
        rpc("getblockcount")
    assert rpc("getblockcount")


def test_a_batch_is_refused_in_part(node: Node, cable: NodeProxy) -> None:
    cable.rpc.refuse("getblockcount", -5, "not today")
    calls = [{"version": "1.1", "id": n, "method": m, "params": []} for n, m in enumerate(["uptime", "getblockcount"])]
    login = tuple(node.cookie.read_text().split(":"))
    uptime, count = requests.post(cable.rpc.url, json=calls, auth=login, timeout=10).json()
    assert uptime["error"] is None
    assert (count["result"], count["error"]["message"]) == (None, "not today")


@pytest.mark.parametrize(
    "hurt",
    [
        lambda cable: cable.rpc.drop("getblockcount", times=1),
        lambda cable: cable.rpc.garble("getblockcount", times=1),
        lambda cable: cable.rpc.answer("getblockcount", status=503, times=1),
    ],
    ids=["dropped", "garbled", "busy"],
)
def test_an_answer_that_is_none_comes_once_and_the_next_is_right(rpc: Rpc, cable: NodeProxy, hurt) -> None:  # type: ignore[no-untyped-def]
    hurt(cable)
    with pytest.raises(NodeUnreachable):
        rpc("getblockcount")
    assert rpc("getblockcount") > 100


def test_a_lost_answer_does_not_undo_what_was_asked(rpc: Rpc, node: Node, cable: NodeProxy) -> None:
    raw = node.payer.prepare([(node.new_address(), 10_000)])
    cable.rpc.drop("sendrawtransaction", asked=True, times=1)
    with pytest.raises(NodeUnreachable):
        rpc("sendrawtransaction", raw)
    assert node.rpc("decoderawtransaction", raw)["txid"] in node.mempool()
    assert rpc("sendrawtransaction", raw)


def test_a_hanging_call_ends_when_the_cable_is_mended(node: Node, cable: NodeProxy) -> None:
    cable.rpc.hang("getblockcount")
    with pytest.raises(NodeUnreachable, match="timed out"):
        Rpc(cable.rpc.url, node.cookie, timeout_seconds=0.2)("getblockcount")
    cable.mend()
    assert Rpc(cable.rpc.url, node.cookie)("getblockcount")


def test_something_happens_between_two_questions(rpc: Rpc, node: Node, cable: NodeProxy) -> None:
    cable.rpc.before("getblockcount", node.mine_empty, nth=2)
    assert rpc("getblockcount") + 1 == rpc("getblockcount") == rpc("getblockcount")


def test_an_answer_is_altered_and_asked_twice(rpc: Rpc, cable: NodeProxy) -> None:
    cable.rpc.alter("getblockchaininfo", lambda said: {**said, "chain": "main"})
    cable.rpc.repeat("getblockchaininfo")
    assert rpc("getblockchaininfo")["chain"] == "main"
    cable.mend()
    assert rpc("getblockchaininfo")["chain"] == "regtest"


def test_a_cut_cable_refuses_and_breaks_connections_until_it_is_mended(rpc: Rpc, cable: NodeProxy) -> None:
    assert rpc("getblockcount")
    cable.cut()
    for _ in range(2):
        with pytest.raises(NodeUnreachable):
            rpc("getblockcount")
    cable.mend()
    assert rpc("getblockcount")


def test_a_node_that_is_down_is_down_behind_the_cable(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Node(tmp_path_factory.mktemp("node")) as node, NodeProxy(node) as cable:
        rpc = Rpc(cable.rpc.url, node.cookie)
        assert rpc("getblockcount") == 101
        node.restart()
        assert rpc("getblockcount") == 101
        node.stop()
        node.cookie.write_text("any:thing")
        with pytest.raises(NodeUnreachable):
            rpc("getblockcount")


# Signals


def test_messages_pass_with_their_counters(node: Node, cable: NodeProxy) -> None:
    with listening(cable) as listener:
        txid = node.payer.pay(node.new_address(), 10_000)
        [block] = node.mine()
        assert listener.hears(1, "hashblock")[0][1] == block
        raw = node.wallet("gettransaction", txid)["hex"]
        heard = listener.hears(2, "rawtx")
        assert raw in [body for _, body, _ in heard]
        counters = [counter for _, _, counter in heard]
        assert counters == list(range(counters[0], counters[0] + len(counters)))


def test_lost_messages_leave_a_gap_in_the_counter(node: Node, cable: NodeProxy) -> None:
    with listening(cable) as listener:
        cable.zmq.lose("hashblock", nth=2)
        node.mine_empty(3)
        first, second = listener.hears(2, "hashblock")
        assert second[2] == first[2] + 2


def test_messages_of_one_topic_come_twice_and_those_of_another_later(node: Node, cable: NodeProxy) -> None:
    with listening(cable) as listener:
        cable.zmq.repeat("hashblock")
        cable.zmq.delay("sequence", seconds=0.2)
        node.mine_empty()
        listener.hears(1, "sequence")
        assert [topic for topic, _, _ in listener.heard if topic != "rawtx"] == ["hashblock", "hashblock", "sequence"]


def test_something_is_said_that_the_node_never_said(cable: NodeProxy) -> None:
    with listening(cable) as listener:
        cable.zmq.say("rawtx", b"\x00garbage", 7)
        assert listener.hears(1, "rawtx") == [("rawtx", "0067617262616765", 7)]


def test_what_is_said_while_the_cable_is_cut_is_lost_and_what_follows_is_heard(node: Node, cable: NodeProxy) -> None:
    with listening(cable) as listener:
        node.mine_empty()
        [before] = listener.hears(1, "hashblock")
        cable.cut()
        node.mine_empty()
        cable.mend()
        wait_until(lambda: listener.listens_again(cable), "the listener to subscribe again")
        [block] = node.mine_empty()
        after = listener.hears(2, "hashblock")[-1]
        assert after == ("hashblock", block, before[2] + 2)
