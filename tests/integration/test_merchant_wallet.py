"""The merchant's own wallet on a real node: it proposes, and never signs."""

from collections.abc import Iterator

import pytest

from app.chain.derivation import parse_account_key
from app.chain.merchant_wallet import MerchantWallet
from app.chain.rpc import Rpc
from app.domain.psbt import Proposal, PsbtJob, PsbtState
from regtest.merchant import Merchant
from regtest.node import Node
from tests.account_keys import fresh_key
from tests.integration.chain_scene import address

SATS = 40_000
NAME = "shop watch/only"  # with what an address would have to escape


@pytest.fixture
def watch_only(node: Node) -> Iterator[Merchant]:
    """A merchant who keeps the keys elsewhere: the node's wallet knows the public ones only."""
    keeper = Merchant(node, "keeper")
    if NAME not in node.rpc("listwallets"):
        node.rpc("createwallet", NAME, True, True)
        wanted = [
            {"desc": entry["desc"], "timestamp": "now", "active": True, "internal": entry["internal"], "range": 20}
            for entry in node.rpc.wallet("keeper")("listdescriptors")["descriptors"]
            if entry["desc"].startswith("wpkh(")
        ]
        assert all(each["success"] for each in node.rpc.wallet(NAME)("importdescriptors", wanted))
    node.rpc("unloadwallet", "keeper")
    yield keeper
    node.rpc("loadwallet", "keeper")


def proposed(node: Node, *descriptors: str) -> Proposal:
    return MerchantWallet(Rpc(address(node)), "regtest").propose(
        PsbtJob("payout", node.new_address(), SATS, descriptors)
    )


def test_a_watch_only_wallet_proposes_what_the_keeper_of_the_keys_signs(node: Node, watch_only: Merchant) -> None:
    node.rpc("loadwallet", "keeper")
    descriptor = parse_account_key(watch_only.account_key(), "regtest").descriptor
    node.rpc("unloadwallet", "keeper")
    poor = proposed(node, descriptor)
    assert (poor.state, poor.psbt) == (PsbtState.NOT_ENOUGH, None)
    node.payer.pay(node.rpc.wallet(NAME)("getnewaddress"), 1_000_000)
    node.mine()
    found = proposed(node, "wpkh(another)", descriptor)
    assert (found.state, NAME in found.message) == (PsbtState.MADE, True)
    decoded = node.rpc("decodepsbt", found.psbt)
    assert SATS in [round(float(output["value"]) * 100_000_000) for output in decoded["tx"]["vout"]]
    assert not any("partial_signatures" in each or "final_scriptwitness" in each for each in decoded["inputs"])
    node.rpc("loadwallet", "keeper")
    signed = node.rpc.wallet("keeper")("walletprocesspsbt", found.psbt)
    node.rpc("unloadwallet", "keeper")
    assert signed["complete"]


def test_a_node_without_a_wallet_of_the_store_is_a_state(node: Node) -> None:
    other = parse_account_key(fresh_key(), "regtest").descriptor
    assert proposed(node, other).state is PsbtState.NO_WALLET
    assert proposed(node).state is PsbtState.NO_WALLET, "a store without a wallet of its own"


def test_what_the_wallet_refuses_for_another_reason_is_told(node: Node) -> None:
    merchant = Merchant(node, "refuser")
    descriptor = parse_account_key(merchant.account_key(), "regtest").descriptor
    refused = MerchantWallet(Rpc(address(node)), "regtest").propose(PsbtJob("payout", "nonsense", SATS, (descriptor,)))
    assert refused.state is PsbtState.REFUSED
    assert "address" in refused.message
