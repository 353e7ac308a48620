"""The table of networks, against what is published of each chain and of each kind of key."""

import pytest

from app.chain.networks import NETWORKS, network_named
from app.errors import ConfigError


def test_each_network_is_found_by_its_name() -> None:
    assert {name: network_named(name).name for name in NETWORKS} == {name: name for name in NETWORKS}


@pytest.mark.parametrize(
    ("name", "chain", "prefix"),
    [
        ("mainnet", "main", "bc"),
        ("testnet", "test", "tb"),
        ("signet", "signet", "tb"),
        ("regtest", "regtest", "bcrt"),
    ],
)
def test_a_network_is_what_bitcoin_core_makes_of_it(name: str, chain: str, prefix: str) -> None:
    network = network_named(name)
    assert (network.chain, network.bech32_prefix) == (chain, prefix)


def test_only_mainnet_has_addresses_and_keys_of_its_own() -> None:
    main = network_named("mainnet")
    assert (main.p2pkh_version, main.p2sh_version, main.public_key_version.hex()) == (0, 5, "0488b21e")
    others = {
        (network.p2pkh_version, network.p2sh_version, network.public_key_version.hex())
        for network in NETWORKS.values()
        if network is not main
    }
    assert others == {(111, 196, "043587cf")}


def test_every_chain_begins_with_a_block_of_its_own() -> None:
    hashes = [network.genesis_hash for network in NETWORKS.values()]
    assert len(set(hashes)) == len(NETWORKS)
    assert all(len(bytes.fromhex(block_hash)) == 32 for block_hash in hashes)


def test_the_genesis_of_mainnet_is_the_well_known_one() -> None:
    known = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
    assert network_named("mainnet").genesis_hash == known


def test_an_unknown_network_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(ConfigError, match=r"'bitcoin' is no network; use one of mainnet, testnet, signet, regtest"):
        network_named("bitcoin")
