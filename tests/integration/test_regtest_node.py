"""The harness's node and payer, on a real bitcoind: what the other tests stand on."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zmq

from regtest.chain import to_sats
from regtest.errors import NodeUnreachable, RegtestError, RpcError
from regtest.merchant import Merchant
from regtest.miner import Miner
from regtest.node import Node
from regtest.waiting import wait_until


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of this module: its tests restart it, move its time and reorganise its chain."""
    with Node(tmp_path_factory.mktemp("node")) as node:
        yield node


def paid(node: Node, txid: str) -> list[int]:
    outputs = node.rpc("getrawtransaction", txid, 1)["vout"]
    return [to_sats(output["value"]) for output in outputs]


def test_a_fresh_node_has_101_blocks_that_lie_in_the_past_and_coins_to_spend(own_node: Node) -> None:
    tip = own_node.rpc("getblockheader", own_node.tip())
    assert (own_node.height(), tip["time"] <= own_node.clock.unix()) == (101, True)
    assert len(own_node.wallet("listunspent", 1)) == 40
    assert own_node.rpc("getblockchaininfo")["initialblockdownload"] is False


def test_a_payment_waits_in_the_mempool_until_a_block_takes_it(own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 123_456)
    assert txid in own_node.mempool()
    assert own_node.unspent(txid, 0) == 123_456
    assert own_node.unspent(txid, 0, with_mempool=False) is None
    own_node.mine()
    assert own_node.unspent(txid, 0, with_mempool=False) == 123_456


def test_one_transaction_pays_the_same_address_twice_and_another_once_in_the_order_given(own_node: Node) -> None:
    first, second = own_node.new_address(), own_node.new_address("bech32m")
    txid = own_node.payer.pay_many([(first, 1_000), (second, 2_000), (first, 3_000)])
    assert paid(own_node, txid)[:3] == [1_000, 2_000, 3_000]


def test_a_bumped_payment_pays_the_same_for_a_higher_fee_and_replaces_the_first(own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 50_000)
    fee = own_node.rpc("getmempoolentry", txid)["fees"]["base"]
    bumped = own_node.payer.bump(txid)
    assert txid not in own_node.mempool()
    assert paid(own_node, bumped)[0] == 50_000
    assert own_node.rpc("getmempoolentry", bumped)["fees"]["base"] > fee
    again = own_node.payer.bump(bumped)
    assert bumped not in own_node.mempool()
    assert paid(own_node, again)[0] == 50_000


def test_a_double_spend_takes_the_payment_and_its_children_out_of_the_mempool(own_node: Node) -> None:
    address = own_node.new_address()
    txid = own_node.payer.pay(address, 50_000)
    child = own_node.wallet(
        "sendall", [own_node.new_address()], None, "unset", 5, {"inputs": [{"txid": txid, "vout": 0}]}
    )
    own_node.rpc("sendrawtransaction", own_node.wallet("gettransaction", child["txid"])["hex"])
    assert child["txid"] in own_node.mempool()
    thief = own_node.payer.double_spend(txid)
    assert thief in own_node.mempool()
    assert not {txid, child["txid"]} & set(own_node.mempool())
    assert own_node.unspent(txid, 0) is None


def test_a_replacement_may_pay_the_same_address_less(own_node: Node) -> None:
    address = own_node.new_address()
    less = own_node.payer.replace(own_node.payer.pay(address, 50_000), [(address, 20_000)])
    assert paid(own_node, less)[0] == 20_000


def test_a_reorg_mines_the_transactions_again_or_leaves_them_waiting(own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 10_000)
    [block] = own_node.mine()
    height = own_node.height()
    own_node.reorg(1)
    assert (own_node.height(), own_node.block_of(txid) in (None, block)) == (height + 1, False)
    own_node.reorg(2, keep_transactions=False)
    assert (own_node.height(), own_node.block_of(txid), txid in own_node.mempool()) == (height + 2, None, True)
    own_node.mine()


def test_a_payment_reorged_out_for_good_is_nowhere_any_more(own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 10_000)
    own_node.mine(2)
    replacement = own_node.payer.reorg_out(txid)
    assert own_node.block_of(replacement) is not None
    assert (own_node.unspent(txid, 0), txid in own_node.mempool()) == (None, False)


def test_empty_blocks_and_chosen_transactions(own_node: Node) -> None:
    first = own_node.payer.pay(own_node.new_address(), 10_000)
    second = own_node.payer.pay(own_node.new_address(), 10_000)
    own_node.mine_empty(2)
    assert {first, second} <= set(own_node.mempool())
    own_node.mine_with(second)
    assert (first in own_node.mempool(), second in own_node.mempool()) == (True, False)
    own_node.mine()


def test_the_node_announces_transactions_and_blocks_on_one_endpoint(own_node: Node) -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket_:
        for topic in (b"rawtx", b"hashblock", b"sequence"):
            socket_.subscribe(topic)
        socket_.connect(own_node.zmq_url)

        def announced() -> bool:
            own_node.mine()
            while socket_.poll(200):
                seen.add(socket_.recv_multipart()[0])
            return seen == {b"rawtx", b"hashblock", b"sequence"}

        seen: set[bytes] = set()
        wait_until(announced, "all three topics")
    assert {entry["hwm"] for entry in own_node.rpc("getzmqnotifications")} == {100_000}


def test_a_restart_keeps_the_mempool_unless_told_otherwise(own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 10_000)
    own_node.restart()
    assert txid in own_node.mempool()
    own_node.restart("-minrelaytxfee=0.0001")
    assert txid not in own_node.mempool()
    own_node.restart()
    assert txid not in own_node.mempool()
    own_node.payer.send(own_node.wallet("gettransaction", txid)["hex"])
    own_node.restart(keep_mempool=False)
    assert own_node.mempool() == []


def test_a_killed_node_comes_back_on_the_same_port_with_its_chain(own_node: Node) -> None:
    url = own_node.rpc_url
    own_node.stop()
    with pytest.raises(NodeUnreachable):
        own_node.height()
    own_node.start()
    own_node.prepare()
    [tip] = own_node.mine()
    own_node.kill()
    own_node.start()
    own_node.prepare()
    assert (own_node.tip(), own_node.rpc_url) == (tip, url)


def test_moved_time_is_the_nodes_and_the_files_and_survives_a_restart(own_node: Node) -> None:
    day = 86_400
    before = own_node.clock.unix()
    own_node.advance(day)
    own_node.advance(20 * day)
    txid = own_node.payer.pay(own_node.new_address(), 10_000)
    assert own_node.clock_file.read_text(encoding="ascii") == f"{21 * day}\n"
    assert abs(own_node.rpc("getmempoolentry", txid)["time"] - before - 21 * day) < 60
    own_node.mine()
    own_node.restart()
    own_node.mine()
    assert own_node.rpc("getblockheader", own_node.tip())["time"] >= before + 21 * day
    assert own_node.rpc("getblockchaininfo")["initialblockdownload"] is False


def test_time_passes_while_the_node_is_down(own_node: Node) -> None:
    own_node.stop()
    own_node.advance(3_600)
    own_node.start()
    own_node.prepare()
    own_node.mine()
    assert own_node.rpc("getblockheader", own_node.tip())["time"] >= own_node.clock.unix() - 5


def test_many_customers_pay_at_once_with_different_coins(own_node: Node) -> None:
    addresses = [own_node.new_address() for _ in range(24)]
    with ThreadPoolExecutor(8) as customers:
        txids = list(customers.map(lambda address: own_node.payer.pay(address, 20_000), addresses))
    assert set(txids) <= set(own_node.mempool())
    own_node.mine()


def test_a_moved_nodes_clock_goes_on_by_itself(own_node: Node) -> None:
    own_node.advance(1)
    start = own_node.clock.unix()

    def first_seen() -> int:
        txid = own_node.rpc("sendrawtransaction", prepared.pop())
        return int(own_node.rpc("getmempoolentry", txid)["time"])

    prepared = [own_node.payer.prepare([(own_node.new_address(), 10_000)]) for _ in range(2)]
    first_seen()
    wait_until(lambda: own_node.clock.unix() >= start + 3, "three seconds")
    assert own_node.clock.unix() - first_seen() <= 2


def test_time_does_not_go_back(own_node: Node) -> None:
    with pytest.raises(RegtestError, match="only be moved forward"):
        own_node.advance(-1)


def test_the_miner_mines_until_it_is_stopped(own_node: Node) -> None:
    height = own_node.height()
    lines: list[str] = []
    miner = Miner(own_node, 0.05, lambda line: (lines.append(line), len(lines) == 3 and miner.stop()))
    miner.run()
    assert (own_node.height(), lines[0]) == (height + 3, f"block {height + 1}")


def test_what_the_node_refuses_is_an_error_with_its_words_and_code(own_node: Node) -> None:
    with pytest.raises(RpcError, match="Block not found") as caught:
        own_node.rpc("getblock", "00" * 32)
    assert caught.value.code == -5
    with pytest.raises(RegtestError, match="no regtest address"):
        own_node.payer.pay("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", 1_000)


def test_a_node_that_cannot_start_says_why(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        node = Node(tmp_path, rpc_port=taken.getsockname()[1])
        with pytest.raises(RegtestError, match="ended with code 1"):
            node.start()


def test_bitcoin_cli_finds_the_node_by_its_data_directory(own_node: Node) -> None:
    config = (own_node.directory / "bitcoin.conf").read_text(encoding="ascii")
    assert f"rpcport={own_node.rpc_port}\n" in config
    assert json.dumps(own_node.rpc("getindexinfo")) == "{}"  # no txindex: the product must do without


@pytest.mark.parametrize("script", ["p2pkh", "p2sh-p2wpkh", "p2wpkh", "p2tr"])
def test_a_merchants_wallet_knows_the_addresses_of_the_key_it_gives_away(own_node: Node, script: str) -> None:
    merchant = Merchant(own_node, "merchant")
    inner = f"{merchant.account_key(script)}/0/3"
    descriptor = {
        "p2pkh": f"pkh({inner})",
        "p2sh-p2wpkh": f"sh(wpkh({inner}))",
        "p2wpkh": f"wpkh({inner})",
        "p2tr": f"tr({inner})",
    }[script]
    checked = own_node.rpc("getdescriptorinfo", descriptor)["descriptor"]
    [address] = own_node.rpc("deriveaddresses", checked)
    assert merchant.owns(address)
    own_node.payer.pay(address, 7_000)
    wait_until(lambda: merchant.received_sats(address) == 7_000, "the merchant's wallet to see the payment")
