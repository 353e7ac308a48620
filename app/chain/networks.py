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
    genesis_hash: str


MAIN_KEY = bytes.fromhex("0488b21e")
TEST_KEY = bytes.fromhex("043587cf")

GENESIS = {
    "mainnet": "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    "testnet": "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
    "signet": "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
    "regtest": "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
}

NETWORKS = {
    network.name: network
    for network in (
        Network("mainnet", "main", "bc", 0x00, 0x05, MAIN_KEY, GENESIS["mainnet"]),
        Network("testnet", "test", "tb", 0x6F, 0xC4, TEST_KEY, GENESIS["testnet"]),
        Network("signet", "signet", "tb", 0x6F, 0xC4, TEST_KEY, GENESIS["signet"]),
        Network("regtest", "regtest", "bcrt", 0x6F, 0xC4, TEST_KEY, GENESIS["regtest"]),
    )
}


def network_named(name: str) -> Network:
    """The network of that name. Raises ConfigError."""
    if name not in NETWORKS:
        raise ConfigError(f"{shown(name)} is no network; use one of {', '.join(NETWORKS)}")
    return NETWORKS[name]
