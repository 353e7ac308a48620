"""One extended public key: what it is for, and the one spelling of all that give the same addresses."""

import re

from base58 import b58decode_check, b58encode_check

from app.chain.derivation.scripts import ScriptType
from app.chain.networks import MAIN_KEY, TEST_KEY, Network
from app.errors import BadInput

KEY_BYTES = 78
ANCESTRY = slice(4, 13)  # depth, parent's fingerprint, child number: they change no address
PRIVATE_KEY_START = 45  # a zero byte here, where a public key has 2 or 3

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

PRIVATE_BEGINNING = re.compile(r"(?<![A-Za-z0-9])[xyztuvYZUV]prv")  # even if the rest is mistyped
WIF = re.compile(r"(?<![A-Za-z0-9])(?:[59][1-9A-HJ-NP-Za-km-z]{50}|[KLc][1-9A-HJ-NP-Za-km-z]{51})(?![A-Za-z0-9])")
WIF_VERSIONS = (0x80, 0xEF)
WIF_BYTES = (33, 34)
WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
WORDS_LIKE_A_SEED = 10  # a seed has twelve or more, and may be mistyped


def require_public(text: str) -> None:
    """Refuse what looks like seed words or a private key before anything of it can get into a message."""
    words = [word for word in WORD.findall(text) if word.title() == word or word.lower() == word or word.isupper()]
    if len(words) >= WORDS_LIKE_A_SEED:
        raise private()
    bare = without_space(text)
    if PRIVATE_BEGINNING.search(bare) or WIF.search(bare) or PRIVATE_BEGINNING.search(text) or WIF.search(text):
        raise private()


def read_key(text: str, network: Network) -> tuple[str, bytes]:
    """The canonical spelling of an extended public key without white space, and the version bytes it came with."""
    payload = _payload(text)
    version = payload[:4]
    if version in PRIVATE_VERSIONS or payload[PRIVATE_KEY_START] == 0:
        raise private()
    if version not in IMPLIED:
        raise BadInput("key", beginning(text), "it must be one of xpub, ypub, zpub, tpub, upub, vpub")
    if (version in MAIN_VERSIONS) != (network.name == "mainnet"):
        fitting = "xpub, ypub or zpub" if network.name == "mainnet" else "tpub, upub or vpub"
        raise BadInput("key", beginning(text), f"this server runs on {network.name}, whose keys are {fitting}")
    key = _canonical(payload, network)
    if not _is_point(key):
        raise BadInput("key", beginning(text), "its public key is not a point of the curve")
    return key, version


def read_generic_key(text: str, network: Network) -> str:
    """The canonical spelling of a key that says nothing of its use, as descriptors want it."""
    key, version = read_key(text, network)
    if version != network.public_key_version:
        raise BadInput("key", beginning(text), "inside a descriptor a key is an xpub, on test networks a tpub")
    return key


def is_canonical(key: str, network: Network) -> bool:
    """Is this the spelling that `read_key` gives?"""
    try:
        payload = b58decode_check(key)
    except ValueError:
        return False
    return len(payload) == KEY_BYTES and payload[PRIVATE_KEY_START] != 0 and _canonical(payload, network) == key


def without_space(text: str) -> str:
    """Keys are pasted with line breaks in them."""
    return "".join(text.split())


def beginning(text: str) -> str:
    """Enough to recognise a key by, too little to use it."""
    return without_space(text)[:8] + "…"


def private() -> BadInput:
    """The answer to anything that can spend."""
    return BadInput(
        "key",
        "(a private key, not repeated here)",
        "Sattle never holds keys that can spend: give the extended public key, and consider this one exposed",
    )


def _payload(text: str) -> bytes:
    """The 78 bytes of an extended key, public or private."""
    try:
        payload = b58decode_check(text)
    except ValueError:
        raise BadInput("key", beginning(text), "it is mistyped or cut off: its checksum does not fit") from None
    if len(payload) in WIF_BYTES and payload[0] in WIF_VERSIONS:
        raise private()
    if len(payload) != KEY_BYTES:
        raise BadInput("key", beginning(text), "an extended key has 78 bytes; this is something else")
    return payload


def _canonical(payload: bytes, network: Network) -> str:
    """One spelling for all keys that give the same addresses: wallets export different ancestries, or none."""
    body = bytearray(network.public_key_version + payload[4:])
    body[ANCESTRY] = bytes(ANCESTRY.stop - ANCESTRY.start)
    return b58encode_check(bytes(body)).decode("ascii")


def _is_point(key: str) -> bool:
    """hdwallet's opinion of the key. It takes a tenth of a second and 17 MB to load, and few processes ever ask it."""
    from hdwallet.eccs import SLIP10Secp256k1ECC  # noqa: PLC0415 - slow to import, and only new keys need it
    from hdwallet.exceptions import Error as HdWalletError  # noqa: PLC0415 - the same
    from hdwallet.hds import BIP32HD  # noqa: PLC0415 - the same

    try:
        BIP32HD(ecc=SLIP10Secp256k1ECC).from_xpublic_key(key, strict=False)
    except (HdWalletError, ValueError):
        return False
    return True
