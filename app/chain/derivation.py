"""From an account's extended public key to addresses: the one home of hdwallet and wallycore.

hdwallet parses and validates the key. Children are derived and encoded by wallycore: hdwallet does not pad P2TR
coordinates and would encode 0.7 % of those addresses wrongly, and money sent there is lost (docs/adr/0003).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import wallycore
from base58 import b58decode_check, b58encode_check
from hdwallet.eccs import SLIP10Secp256k1ECC
from hdwallet.exceptions import Error as HdWalletError
from hdwallet.hds import BIP32HD

from app.chain.networks import MAIN_KEY, TEST_KEY, Network, network_named
from app.errors import BadInput

ORIGIN = re.compile(r"^\[[0-9a-fA-F]{8}(/\d+['hH]?)*\]")
KEY_BYTES = 78
ANCESTRY = slice(4, 13)  # depth, parent's fingerprint, child number: they change no address
PRIVATE_KEY_START = 45  # a zero byte here, where a public key has 2 or 3
WIF_VERSIONS = (0x80, 0xEF)
WIF_BYTES = (33, 34)
WORDS_OF_A_SEED = 12
FIRST_HARDENED = 2**31


class ScriptType(StrEnum):
    """How an address locks the coin that it receives."""

    P2PKH = "p2pkh"
    P2SH_P2WPKH = "p2sh-p2wpkh"
    P2WPKH = "p2wpkh"
    P2TR = "p2tr"


DESCRIPTORS = {
    ScriptType.P2PKH: "pkh({})",
    ScriptType.P2SH_P2WPKH: "sh(wpkh({}))",
    ScriptType.P2WPKH: "wpkh({})",
    ScriptType.P2TR: "tr({})",
}

# SLIP-132: the version bytes that say what the key is for
IMPLIED = {
    MAIN_KEY: ScriptType.P2WPKH,
    TEST_KEY: ScriptType.P2WPKH,
    bytes.fromhex("049d7cb2"): ScriptType.P2SH_P2WPKH,  # ypub
    bytes.fromhex("044a5262"): ScriptType.P2SH_P2WPKH,  # upub
    bytes.fromhex("04b24746"): ScriptType.P2WPKH,  # zpub
    bytes.fromhex("045f1cf6"): ScriptType.P2WPKH,  # vpub
}
GENERIC = (MAIN_KEY, TEST_KEY)
MAIN_VERSIONS = (MAIN_KEY, bytes.fromhex("049d7cb2"), bytes.fromhex("04b24746"))
PRIVATE_VERSIONS = {
    bytes.fromhex(version) for version in ("0488ade4", "04358394", "049d7878", "044a4e28", "04b2430c", "045f18bc")
}


@dataclass(frozen=True)
class Destination:
    """Where an invoice is paid to: the address shown, the scriptPubKey matched."""

    address: str
    script_pubkey: bytes


class Derivation:
    """The receiving branch (m/0/i) of an account key, in one script type."""

    def __init__(self, key: str, script_type: ScriptType, network: Network) -> None:
        """`key` is a canonical account key. `descriptor` names the whole derivation and identifies a wallet."""
        self.script_type = script_type
        self._network = network
        self.descriptor = DESCRIPTORS[script_type].format(f"{key}/0/*")
        account = wallycore.bip32_key_from_base58(key)
        self._branch = wallycore.bip32_key_from_parent(account, 0, wallycore.BIP32_FLAG_KEY_PUBLIC)

    def at(self, index: int) -> Destination:
        """The destination at address index `index`, 0 to 2^31-1. Raises BadInput beyond."""
        if not 0 <= index < FIRST_HARDENED:
            raise BadInput("address index", index, "it must be from 0 to 2147483647")
        child = wallycore.bip32_key_from_parent(self._branch, index, wallycore.BIP32_FLAG_KEY_PUBLIC)
        script = _script(wallycore.bip32_key_get_pub_key(child), self.script_type)
        return Destination(_address(script, self.script_type, self._network), script)


def parse_account_key(text: str, network: str, script_type: str | None = None) -> Derivation:
    """An account's extended public key as a merchant pastes it: xpub ypub zpub tpub upub vpub, with or without origin.

    The script type is chosen, or implied by the key (SLIP-132; a bare xpub is P2WPKH). Raises BadInput, which never
    repeats a private key.
    """
    known = network_named(network)
    payload = _payload(text)
    version, shown_key = payload[:4], _beginning(text)
    if version in PRIVATE_VERSIONS or payload[PRIVATE_KEY_START] == 0:
        raise _private()
    if version not in IMPLIED:
        raise BadInput("key", shown_key, "it must be one of xpub, ypub, zpub, tpub, upub, vpub")
    on_main = version in MAIN_VERSIONS
    if on_main != (known.name == "mainnet"):
        fitting = "xpub, ypub or zpub" if known.name == "mainnet" else "tpub, upub or vpub"
        raise BadInput("key", shown_key, f"this server runs on {known.name}, whose keys are {fitting}")
    key = _canonical(payload, known)
    if not _is_point(key):
        raise BadInput("key", shown_key, "its public key is not a point of the curve")
    return Derivation(key, _chosen(version, script_type), known)


@lru_cache(maxsize=256)
def derivation_from_descriptor(descriptor: str, network: str) -> Derivation:
    """The derivation that a stored descriptor names."""
    for script_type, form in DESCRIPTORS.items():
        before, after = form.split("{}")
        if descriptor.startswith(before) and descriptor.endswith("/0/*" + after):
            key = descriptor[len(before) : len(descriptor) - len("/0/*" + after)]
            if key.isalnum():
                return Derivation(key, script_type, network_named(network))
    raise BadInput("descriptor", descriptor, "it is none that this version made")


def _chosen(version: bytes, script_type: str | None) -> ScriptType:
    if script_type is None:
        return IMPLIED[version]
    try:
        chosen = ScriptType(script_type)
    except ValueError:
        raise BadInput("script type", script_type, f"use one of {', '.join(ScriptType)}") from None
    if version not in GENERIC and chosen is not IMPLIED[version]:
        raise BadInput("script type", script_type, f"this key says {IMPLIED[version]}; leave the script type out")
    return chosen


def _payload(text: str) -> bytes:
    """The 78 bytes of an extended key, public or private."""
    if len(text.split()) >= WORDS_OF_A_SEED:
        raise _private()
    bare = _bare(text)
    try:
        payload = b58decode_check(bare)
    except ValueError:
        raise BadInput("key", _beginning(text), "it is mistyped or cut off: its checksum does not fit") from None
    if len(payload) in WIF_BYTES and payload[0] in WIF_VERSIONS:
        raise _private()
    if len(payload) != KEY_BYTES:
        raise BadInput("key", _beginning(text), "an extended key has 78 bytes; this is something else")
    return payload


def _bare(text: str) -> str:
    return ORIGIN.sub("", "".join(text.split()))


def _beginning(text: str) -> str:
    """Enough to recognise a key by, too little to use it."""
    return _bare(text)[:8] + "…"


def _private() -> BadInput:
    return BadInput(
        "key",
        "(a private key, not repeated here)",
        "Sattle never holds keys that can spend: give the extended public key, and consider this one exposed",
    )


def _canonical(payload: bytes, network: Network) -> str:
    """One spelling for all keys that give the same addresses: wallets export different ancestries, or none."""
    body = bytearray(network.public_key_version + payload[4:])
    body[ANCESTRY] = bytes(ANCESTRY.stop - ANCESTRY.start)
    return b58encode_check(bytes(body)).decode("ascii")


def _is_point(key: str) -> bool:
    """hdwallet's opinion of the key."""
    try:
        BIP32HD(ecc=SLIP10Secp256k1ECC).from_xpublic_key(key, strict=False)
    except (HdWalletError, ValueError):
        return False
    return True


def _script(public_key: bytes, script_type: ScriptType) -> bytes:
    if script_type is ScriptType.P2TR:
        tweaked = wallycore.ec_public_key_bip341_tweak(public_key, None, 0)
        return b"\x51\x20" + bytes(tweaked[1:])
    digest = bytes(wallycore.hash160(public_key))
    if script_type is ScriptType.P2PKH:
        return b"\x76\xa9\x14" + digest + b"\x88\xac"
    witness = b"\x00\x14" + digest
    if script_type is ScriptType.P2WPKH:
        return witness
    return b"\xa9\x14" + bytes(wallycore.hash160(witness)) + b"\x87"


def _address(script: bytes, script_type: ScriptType, network: Network) -> str:
    if script_type is ScriptType.P2PKH:
        return b58encode_check(bytes([network.p2pkh_version]) + script[3:23]).decode("ascii")
    if script_type is ScriptType.P2SH_P2WPKH:
        return b58encode_check(bytes([network.p2sh_version]) + script[2:22]).decode("ascii")
    return str(wallycore.addr_segwit_from_bytes(script, network.bech32_prefix, 0))
