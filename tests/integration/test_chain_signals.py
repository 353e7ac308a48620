"""ZMQ from a real node, and the messages of a node that loses some."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty

import pytest

from app.chain.codec import decode_transaction
from app.chain.signals import Signals
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
        while drained(signals):
            pass
        yield signals
    finally:
        signals.stop()


def hears(node: Node, signals: Signals) -> bool:
    node.mine()
    return bool(drained(signals))


def drained(signals: Signals, wait_seconds: float = 0.3) -> list[bytes | None]:
    """All that comes until there is silence."""
    heard = []
    while True:
        try:
            heard.append(signals.get(wait_seconds))
        except Empty:
            return heard


def counter(number: int) -> bytes:
    return number.to_bytes(4, "little")


def heard_now(signals: Signals) -> list[bytes | None]:
    return drained(signals, 0.001)


def test_a_payment_is_heard_with_all_its_bytes(own_node: Node) -> None:
    with listening(own_node) as signals:
        txid = own_node.payer.pay(own_node.new_address(), 10_000)
        raw = signals.get(5)
        assert raw is not None
        assert decode_transaction(raw).txid == txid


def test_a_block_rings_the_bell(own_node: Node) -> None:
    with listening(own_node) as signals:
        own_node.mine()
        assert None in drained(signals)


def test_a_block_that_is_taken_away_rings_the_bell(own_node: Node) -> None:
    with listening(own_node) as signals:
        own_node.disconnect(1)
        assert None in drained(signals)


def test_a_node_that_comes_back_is_heard_again_and_rings_the_bell(own_node: Node) -> None:
    with listening(own_node) as signals:
        own_node.restart()
        wait_until(lambda: hears(own_node, signals), "the node to be heard after its restart")
        assert signals.gaps > 0


def test_nobody_there_is_silence_and_no_error() -> None:
    signals = Signals(f"tcp://127.0.0.1:{free_port()}")
    signals.start()
    with pytest.raises(Empty):
        signals.get(0.05)
    signals.stop()


def test_an_address_that_is_none_is_refused_when_starting() -> None:
    with pytest.raises(ConfigError, match="SATTLE_NODE_ZMQ: 'localhost'"):
        Signals("localhost").start()


def test_lost_messages_ring_the_bell() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.take([b"rawtx", b"one", counter(7)])
    signals.take([b"rawtx", b"two", counter(8)])
    assert (heard_now(signals), signals.gaps) == ([b"one", b"two"], 0)
    signals.take([b"rawtx", b"four", counter(10)])
    assert (heard_now(signals), signals.gaps) == ([None, b"four"], 1)


def test_a_counter_that_begins_again_rings_the_bell() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.take([b"rawtx", b"before", counter(500)])
    signals.take([b"rawtx", b"after", counter(0)])
    assert (heard_now(signals), signals.gaps) == ([b"before", None, b"after"], 1)


def test_a_counter_that_wraps_is_no_loss() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.take([b"rawtx", b"last", counter(2**32 - 1)])
    signals.take([b"rawtx", b"first", counter(0)])
    assert (heard_now(signals), signals.gaps) == ([b"last", b"first"], 0)


def test_topics_count_separately() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.take([b"rawtx", b"tx", counter(5)])
    signals.take([b"sequence", A_HASH + b"A" + bytes(8), counter(9)])
    signals.take([b"rawtx", b"tx", counter(6)])
    signals.take([b"sequence", A_HASH + b"R" + bytes(8), counter(10)])
    assert (heard_now(signals), signals.gaps) == ([b"tx", b"tx"], 0)


def test_bells_that_wait_are_one_bell_and_the_next_one_rings_again() -> None:
    signals = Signals("tcp://127.0.0.1:1")
    for number in range(3):
        signals.take([b"sequence", A_HASH + b"C", counter(number)])
        signals.take([b"hashblock", A_HASH, counter(number)])
    assert heard_now(signals) == [None]
    signals.take([b"sequence", A_HASH + b"D", counter(3)])
    assert heard_now(signals) == [None]


@pytest.mark.parametrize("message", [[], [b"rawtx"], [b"rawtx", b"x"], [b"rawtx", b"x", b"y", b"z"]])
def test_what_is_no_message_of_a_node_is_skipped(message: list[bytes]) -> None:
    signals = Signals("tcp://127.0.0.1:1")
    signals.take(message)
    assert heard_now(signals) == []
