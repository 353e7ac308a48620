"""ZMQ from a real node, and the messages of a node that loses some."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.chain.codec import decode_transaction
from app.chain.signals import Heard, Move, Signals
from app.errors import ConfigError
from regtest.node import Node
from regtest.ports import free_port
from regtest.waiting import wait_until

A_HASH = bytes(range(32))


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of this module: its tests restart it and reorganise its chain."""
    with Node(tmp_path_factory.mktemp("node")) as node:
        yield node


@contextmanager
def listening(node: Node) -> Iterator[Signals]:
    """Signals whose subscription is known to have reached the node: a PUB socket drops what came before."""
    signals = Signals(node.zmq_url)
    signals.start()
    try:
        wait_until(lambda: hears(node, signals), "the subscription to reach the node")
        drained(signals)
        yield signals
    finally:
        signals.stop()


def hears(node: Node, signals: Signals) -> bool:
    node.mine()
    return drained(signals) != Heard()


def drained(signals: Signals, wait_seconds: float = 0.3) -> Heard:
    """All that comes until there is silence."""
    heard = Heard()
    while (more := signals.take(wait_seconds)) is not None:
        heard.raw_transactions += more.raw_transactions
        heard.moves += more.moves
        heard.rang |= more.rang
        heard.lost |= more.lost
    return heard


def counter(number: int) -> bytes:
    return number.to_bytes(4, "little")


def heard_now(signals: Signals) -> Heard | None:
    return signals.take(0.001)


def sequence(label: bytes, number: int | None = None) -> bytes:
    return A_HASH + label + (b"" if number is None else number.to_bytes(8, "little"))


def test_a_payment_is_heard_with_all_its_bytes_and_as_an_entry_of_the_mempool(own_node: Node) -> None:
    with listening(own_node) as signals:
        txid = own_node.payer.pay(own_node.new_address(), 10_000)
        next_number = own_node.rpc("getrawmempool", False, True)["mempool_sequence"]
        heard = drained(signals)
        (raw,) = heard.raw_transactions
        assert decode_transaction(raw).txid == txid
        assert heard.moves == [Move(bytes.fromhex(txid), next_number - 1, entered=True)]


def test_a_replaced_payment_is_heard_to_leave(own_node: Node) -> None:
    with listening(own_node) as signals:
        txid = own_node.payer.pay(own_node.new_address(), 10_000)
        other = own_node.payer.double_spend(txid)
        moves = [(move.txid.hex(), move.entered) for move in drained(signals).moves]
        assert moves == [(txid, True), (txid, False), (other, True)]


def test_a_block_rings_the_bell(own_node: Node) -> None:
    with listening(own_node) as signals:
        own_node.mine()
        assert drained(signals).rang


def test_a_block_that_is_taken_away_rings_the_bell(own_node: Node) -> None:
    with listening(own_node) as signals:
        own_node.disconnect(1)
        assert drained(signals).rang


def test_a_node_that_comes_back_is_heard_again_and_rings_the_bell(own_node: Node) -> None:
    with listening(own_node) as signals:
        own_node.restart()
        wait_until(lambda: hears(own_node, signals), "the node to be heard after its restart")
        assert signals.gaps > 0


def test_nobody_there_is_silence_and_no_error() -> None:
    signals = Signals(f"tcp://127.0.0.1:{free_port()}")
    signals.start()
    assert signals.take(0.05) is None
    signals.stop()


def test_an_address_that_is_none_is_refused_when_starting() -> None:
    with pytest.raises(ConfigError, match="SATTLE_NODE_ZMQ: 'localhost'"):
        Signals("localhost").start()


def test_lost_messages_are_noticed() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.hear([b"rawtx", b"one", counter(7)])
    signals.hear([b"rawtx", b"two", counter(8)])
    assert (heard_now(signals), signals.gaps) == (Heard([b"one", b"two"]), 0)
    signals.hear([b"rawtx", b"four", counter(10)])
    assert (heard_now(signals), signals.gaps) == (Heard([b"four"], rang=True, lost=True), 1)


def test_a_counter_that_begins_again_is_a_restart() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.hear([b"rawtx", b"before", counter(500)])
    signals.hear([b"rawtx", b"after", counter(0)])
    assert (heard_now(signals), signals.gaps) == (Heard([b"before", b"after"], rang=True, lost=True), 1)


def test_a_counter_that_wraps_is_no_loss() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.hear([b"rawtx", b"last", counter(2**32 - 1)])
    signals.hear([b"rawtx", b"first", counter(0)])
    assert (heard_now(signals), signals.gaps) == (Heard([b"last", b"first"]), 0)


def test_topics_count_separately() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.hear([b"rawtx", b"tx", counter(5)])
    signals.hear([b"sequence", sequence(b"A", 3), counter(9)])
    signals.hear([b"rawtx", b"tx", counter(6)])
    signals.hear([b"sequence", sequence(b"R", 4), counter(10)])
    assert heard_now(signals) == Heard([b"tx", b"tx"], [Move(A_HASH, 3, True), Move(A_HASH, 4, False)])
    assert signals.gaps == 0


def test_bells_that_wait_are_one_bell_and_the_next_one_rings_again() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    for number in range(3):
        signals.hear([b"sequence", sequence(b"C"), counter(number)])
        signals.hear([b"hashblock", A_HASH, counter(number)])
    assert heard_now(signals) == Heard(rang=True)
    assert heard_now(signals) is None
    signals.hear([b"sequence", sequence(b"D"), counter(3)])
    assert heard_now(signals) == Heard(rang=True)


def test_of_several_nodes_only_the_mempool_of_the_one_in_use_counts() -> None:
    signals = Signals("tcp://127.0.0.1:1", "tcp://127.0.0.1:2")
    for source in (0, 1):
        signals.hear([b"sequence", sequence(b"A", source), counter(1)], source)
        signals.hear([b"rawtx", b"tx", counter(1)], source)
    signals.hear([b"rawtx", b"tx", counter(5)], 0)
    heard = signals.take(0.001, source=1)
    assert heard == Heard([b"tx"] * 3, [Move(A_HASH, 1, True)], rang=True)


@pytest.mark.parametrize("message", [[], [b"rawtx"], [b"rawtx", b"x"], [b"rawtx", b"x", b"y", b"z"]])
def test_what_is_no_message_of_a_node_is_skipped(message: list[bytes]) -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.hear(message)
    assert heard_now(signals) is None
