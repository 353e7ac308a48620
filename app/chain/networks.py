"""The networks we know: how their addresses and extended keys begin, and how their chain does."""

from dataclasses import dataclass

from app.errors import ConfigError, shown


@dataclass(frozen=True)
class Network:
    """`name` is ours, `chain` is what the node calls it. Versions are the bytes an address or key begins with."""

    name: str
    chain: str
    bech32_prefix: str
    p2pkh_version: int
    p2sh_version: int
    public_key_version: bytes  # of a BIP32 extended public key
    rpc_port: int


MAIN_KEY = bytes.fromhex("0488b21e")
TEST_KEY = bytes.fromhex("043587cf")

NETWORKS = {
    network.name: network
    for network in (
        Network("mainnet", "main", "bc", 0x00, 0x05, MAIN_KEY, 8332),
        Network("testnet", "test", "tb", 0x6F, 0xC4, TEST_KEY, 18332),
        Network("signet", "signet", "tb", 0x6F, 0xC4, TEST_KEY, 38332),
        Network("regtest", "regtest", "bcrt", 0x6F, 0xC4, TEST_KEY, 18443),
    )
}


def network_named(name: str) -> Network:
    """The network of that name. Raises ConfigError."""
    if name not in NETWORKS:
        raise ConfigError(f"{shown(name)} is no network; use one of {', '.join(NETWORKS)}")
    return NETWORKS[name]
