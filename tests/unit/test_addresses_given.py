"""Addresses that people give: to the scriptPubKey that they stand for, or a sentence that says what is wrong."""

import pytest

from app.chain.derivation import derivation_from_descriptor, destination_of, parse_account_key
from app.errors import BadInput

KEY = "tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B"


@pytest.mark.parametrize(
    ("network", "address", "script"),
    [
        ("regtest", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
        ("mainnet", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
        ("mainnet", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "76a91477bff20c60e522dfaa3350c39b030a5d004e839a88ac"),
        ("mainnet", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "a914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb87"),
        (
            "mainnet",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        ),
    ],
)
def test_an_address_stands_for_its_script(network: str, address: str, script: str) -> None:
    found = destination_of(f" {address}\n", network)
    assert found.script_pubkey.hex() == script
    assert found.address.lower() == address.lower()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "no Bitcoin address"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "mistyped"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", "capital and small"),
        ("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", "nobody can spend"),
        ("bc1sw50qgdz25j", "nobody can spend"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "mistyped"),
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "an address of regtest; this server is on mainnet"),
        ("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "testnet or signet or regtest; this server is on mainnet"),
        ("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "no Bitcoin address"),
        ("Ⅰbc1", "no Bitcoin address"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(address: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        destination_of(address, "mainnet")
    assert refused.value.field == "Destination"


def test_a_private_key_that_somebody_pastes_is_not_repeated() -> None:
    key = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
    with pytest.raises(BadInput) as refused:
        destination_of(key, "mainnet")
    assert key not in str(refused.value)


@pytest.mark.parametrize("script_type", ["p2wpkh", "p2pkh", "p2tr", "p2sh-p2wpkh"])
def test_a_wallet_knows_its_own_addresses_to_receive_and_for_change(script_type: str) -> None:
    wallet = derivation_from_descriptor(parse_account_key(KEY, "regtest", script_type).descriptor, "regtest")
    own = wallet.at(7).script_pubkey
    assert wallet.holds(own, range(10))
    assert not wallet.holds(own, range(7))
    assert wallet.holds(wallet._destination(wallet._branch(1), 3).script_pubkey, range(10))
    assert not wallet.holds(b"\x00\x14" + bytes(20), range(10))
