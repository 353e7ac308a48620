"""From account keys to addresses: published vectors, the node's own answer, and hdwallet where it is right."""

from typing import Any

import pytest
from base58 import b58decode_check, b58encode_check
from hdwallet.addresses import P2PKHAddress, P2WPKHAddress, P2WPKHInP2SHAddress
from hdwallet.cryptocurrencies import Bitcoin
from hdwallet.derivations import CustomDerivation
from hdwallet.eccs import SLIP10Secp256k1ECC
from hdwallet.hds import BIP32HD

from app.chain.derivation import Derivation, derivation_from_descriptor, parse_account_key
from app.errors import BadInput
from regtest.merchant import Merchant
from regtest.node import Node
from tests.account_keys import TPUB49, XPRV, XPUB86, ZPUB, relabelled

FORMS = {"p2pkh": "pkh({})", "p2sh-p2wpkh": "sh(wpkh({}))", "p2wpkh": "wpkh({})", "p2tr": "tr({})"}
SCRIPT_TYPES = list(FORMS)


def first_addresses(derivation: Derivation, count: int) -> list[str]:
    return [derivation.at(index).address for index in range(count)]


def addresses_by_node(node: Node, key: str, script_type: str, count: int) -> list[str]:
    descriptor = node.rpc("getdescriptorinfo", FORMS[script_type].format(f"{key}/0/*"))["descriptor"]
    addresses: list[str] = node.rpc("deriveaddresses", descriptor, [0, count - 1])
    return addresses


def test_bip84_publishes_these_addresses() -> None:
    assert first_addresses(parse_account_key(ZPUB, "mainnet"), 2) == [
        "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
        "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
    ]


def test_bip86_publishes_these_addresses() -> None:
    assert first_addresses(parse_account_key(XPUB86, "mainnet", "p2tr"), 2) == [
        "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        "bc1p4qhjn9zdvkux4e44uhx8tc55attvtyu358kutcqkudyccelu0was9fqzwh",
    ]


def test_bip49_publishes_this_address() -> None:
    derivation = parse_account_key(TPUB49, "testnet", "p2sh-p2wpkh")
    assert derivation.at(0).address == "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2"


def test_a_taproot_coordinate_that_begins_with_zero_is_padded() -> None:
    """hdwallet 3.6.1 makes an address of index 39 that the merchant's wallet does not know."""
    address = parse_account_key(XPUB86, "mainnet", "p2tr").at(39).address
    assert (address[:7], address[-4:]) == ("bc1pce2", "4t4w")


@pytest.mark.parametrize("script_type", SCRIPT_TYPES)
def test_2000_addresses_are_the_nodes(node: Node, script_type: str) -> None:
    key = Merchant(node, "derivation").account_key(script_type)
    ours = first_addresses(parse_account_key(key, "regtest", script_type), 2_000)
    assert ours == addresses_by_node(node, key, script_type, 2_000)


@pytest.mark.slow
@pytest.mark.parametrize("script_type", SCRIPT_TYPES)
def test_20000_addresses_are_the_nodes(node: Node, script_type: str) -> None:
    key = relabelled(XPUB86, "tpub")
    ours = first_addresses(parse_account_key(key, "regtest", script_type), 20_000)
    assert ours == addresses_by_node(node, key, script_type, 20_000)


@pytest.mark.parametrize("script_type", SCRIPT_TYPES)
def test_the_script_is_the_one_that_the_node_sees_behind_the_address(node: Node, script_type: str) -> None:
    key = Merchant(node, "derivation").account_key(script_type)
    derivation = parse_account_key(key, "regtest", script_type)
    for index in (0, 1, 999, 2**31 - 1):
        destination = derivation.at(index)
        seen = node.rpc("validateaddress", destination.address)
        assert (seen["isvalid"], seen["scriptPubKey"]) == (True, destination.script_pubkey.hex())


@pytest.mark.parametrize("script_type", SCRIPT_TYPES)
def test_the_merchants_own_wallet_owns_the_addresses(node: Node, script_type: str) -> None:
    merchant = Merchant(node, "derivation")
    derivation = parse_account_key(merchant.account_key(script_type), "regtest", script_type)
    assert all(merchant.owns(address) for address in first_addresses(derivation, 5))


@pytest.mark.parametrize("script_type", SCRIPT_TYPES)
def test_the_node_reads_our_descriptor_as_we_do(node: Node, script_type: str) -> None:
    derivation = parse_account_key(relabelled(XPUB86, "tpub"), "regtest", script_type)
    checked = node.rpc("getdescriptorinfo", derivation.descriptor)["descriptor"]
    assert node.rpc("deriveaddresses", checked, [0, 4]) == first_addresses(derivation, 5)


@pytest.mark.parametrize(
    ("script_type", "encoder"),
    [("p2pkh", P2PKHAddress), ("p2sh-p2wpkh", P2WPKHInP2SHAddress), ("p2wpkh", P2WPKHAddress)],
)
def test_hdwallet_says_the_same_where_it_is_right(script_type: str, encoder: Any) -> None:
    account = BIP32HD(ecc=SLIP10Secp256k1ECC).from_xpublic_key(XPUB86, strict=False)
    theirs = []
    for index in range(30):
        account.clean_derivation()
        account.from_derivation(CustomDerivation(f"m/0/{index}"))
        networks = Bitcoin.NETWORKS.MAINNET
        theirs.append(
            encoder.encode(
                account.public_key(),
                public_key_address_prefix=networks.PUBLIC_KEY_ADDRESS_PREFIX,
                script_address_prefix=networks.SCRIPT_ADDRESS_PREFIX,
                hrp=networks.HRP,
                witness_version=networks.WITNESS_VERSIONS.P2WPKH,
            )
        )
    assert theirs == first_addresses(parse_account_key(XPUB86, "mainnet", script_type), 30)


@pytest.mark.parametrize(
    ("kind", "network", "implied"),
    [
        ("xpub", "mainnet", "p2wpkh"),
        ("ypub", "mainnet", "p2sh-p2wpkh"),
        ("zpub", "mainnet", "p2wpkh"),
        ("tpub", "regtest", "p2wpkh"),
        ("upub", "signet", "p2sh-p2wpkh"),
        ("vpub", "testnet", "p2wpkh"),
    ],
)
def test_a_key_says_what_it_is_for(kind: str, network: str, implied: str) -> None:
    assert parse_account_key(relabelled(ZPUB, kind), network).script_type == implied


@pytest.mark.parametrize("script_type", SCRIPT_TYPES)
def test_a_bare_xpub_may_be_used_in_any_way(script_type: str) -> None:
    assert parse_account_key(XPUB86, "mainnet", script_type).script_type == script_type


def test_a_key_that_says_its_use_is_not_used_otherwise() -> None:
    with pytest.raises(BadInput, match="this key says p2wpkh"):
        parse_account_key(ZPUB, "mainnet", "p2tr")
    with pytest.raises(BadInput, match="use one of p2pkh, p2sh-p2wpkh, p2wpkh, p2tr"):
        parse_account_key(XPUB86, "mainnet", "p2sh")


def test_all_spellings_of_a_key_are_one_wallet() -> None:
    payload = b58decode_check(ZPUB)
    without_ancestry = b58encode_check(payload[:4] + bytes(9) + payload[13:]).decode()
    spellings = [
        ZPUB,
        f"[73c5da0a/84'/0'/0']{ZPUB}",
        f" [73C5DA0A/84h/0h/0h]\n{ZPUB[:50]} {ZPUB[50:]} ",
        relabelled(ZPUB, "xpub"),
        without_ancestry,
    ]
    assert len({parse_account_key(spelling, "mainnet").descriptor for spelling in spellings}) == 1


def test_script_types_of_one_key_are_different_wallets() -> None:
    assert len({parse_account_key(XPUB86, "mainnet", kind).descriptor for kind in SCRIPT_TYPES}) == len(SCRIPT_TYPES)


@pytest.mark.parametrize("script_type", SCRIPT_TYPES)
def test_a_stored_descriptor_gives_the_same_addresses(script_type: str) -> None:
    derivation = parse_account_key(XPUB86, "mainnet", script_type)
    rebuilt = derivation_from_descriptor(derivation.descriptor, "mainnet")
    assert (rebuilt.script_type, rebuilt.descriptor) == (derivation.script_type, derivation.descriptor)
    assert first_addresses(rebuilt, 10) == first_addresses(derivation, 10)


@pytest.mark.parametrize("descriptor", ["", "wpkh()", "wsh(xpub/0/*)", "wpkh([73c5da0a/84h]xpub/0/*)", "addr(bc1q)"])
def test_a_descriptor_of_another_form_is_refused(descriptor: str) -> None:
    with pytest.raises(BadInput, match="descriptor"):
        derivation_from_descriptor(descriptor, "mainnet")


@pytest.mark.parametrize(
    "secret",
    [
        XPRV,
        f"[73c5da0a/84h/0h/0h]{XPRV}",
        *[
            b58encode_check(bytes.fromhex(version) + b58decode_check(XPRV)[4:]).decode()
            for version in ("04358394", "049d7878", "04b2430c", "02aa7a99", "0488b21e")
        ],
        b58encode_check(b"\x80" + b"\x01" * 32 + b"\x01").decode(),
        b58encode_check(b"\xef" + b"\x01" * 32).decode(),
        "abandon " * 11 + "about",
    ],
)
def test_a_private_key_is_refused_with_the_reason_and_never_repeated(secret: str) -> None:
    with pytest.raises(BadInput, match="never holds keys that can spend") as caught:
        parse_account_key(secret, "mainnet")
    assert secret[:8] not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "mistyped"),
        ("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "mistyped"),
        (ZPUB[:-1], "mistyped"),
        (ZPUB.replace("g", "h", 1), "mistyped"),
        ("zpüb", "mistyped"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "78 bytes"),
        (b58encode_check(bytes.fromhex("02aa7ed3") + b58decode_check(ZPUB)[4:]).decode(), "must be one of xpub"),
        (b58encode_check(b58decode_check(XPUB86)[:46] + b"\xff" * 32).decode(), "not a point"),
        (
            b58encode_check(b58decode_check(XPUB86)[:45] + b"\x05" + b58decode_check(XPUB86)[46:]).decode(),
            "not a point",
        ),
        (TPUB49, "runs on mainnet, whose keys are xpub, ypub or zpub"),
    ],
)
def test_what_is_no_account_key_of_this_network_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(BadInput, match=remedy):
        parse_account_key(text, "mainnet")


def test_a_mainnet_key_is_refused_elsewhere() -> None:
    with pytest.raises(BadInput, match="runs on regtest, whose keys are tpub, upub or vpub"):
        parse_account_key(ZPUB, "regtest")


@pytest.mark.parametrize("index", [-1, 2**31, 2**32])
def test_an_index_that_no_address_has_is_refused(index: int) -> None:
    with pytest.raises(BadInput, match="address index"):
        parse_account_key(ZPUB, "mainnet").at(index)
