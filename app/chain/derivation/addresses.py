"""From an address that somebody gives to the scriptPubKey that it stands for: what a payout is to be paid to."""

import base58
import wallycore

from app.chain.derivation.scripts import Destination
from app.chain.networks import NETWORKS, Network, network_named
from app.errors import BadInput

LONGEST = 90  # characters of a bech32 address
P2PKH_BYTES = 21  # a version and a hash of 20
PROGRAMS = {0: (20, 32), 1: (32,)}  # witness versions that somebody can spend from today, and their lengths
FIELD = "Destination"


def destination_of(address: str, network: str) -> Destination:
    """The destination of an address of the network. BadInput says what is wrong with it, and of what it is if it is no
    address of this network."""
    known = network_named(network)
    text = address.strip()
    if not text.isascii() or not text.isalnum() or len(text) > LONGEST:
        raise BadInput(FIELD, text, "it is no Bitcoin address: those are up to 90 letters and digits")
    if text.lower().startswith(known.bech32_prefix + "1"):
        return _witness(text, known)
    return _base58(text, known)


def _witness(text: str, network: Network) -> Destination:
    if text not in (text.lower(), text.upper()):
        raise BadInput(FIELD, text, "it mixes capital and small letters; copy it again, whole")
    try:
        script = bytes(wallycore.addr_segwit_to_bytes(text, network.bech32_prefix, 0))
    except ValueError:
        raise BadInput(FIELD, text, "it is mistyped or cut off; copy it again, whole") from None
    version = script[0] - 0x50 if script[0] else 0
    if len(script) - 2 not in PROGRAMS.get(version, ()):
        raise BadInput(FIELD, text, "it is of a kind that nobody can spend from yet; use another address")
    return Destination(text.lower(), script)


def _base58(text: str, network: Network) -> Destination:
    try:
        raw = base58.b58decode_check(text)
    except ValueError:
        raise BadInput(FIELD, text, _no_address(text, network)) from None
    version, digest = raw[0] if raw else None, raw[1:]
    if len(raw) != P2PKH_BYTES:
        raise BadInput(FIELD, text[:8] + "…", "it is no Bitcoin address")
    if version == network.p2pkh_version:
        return Destination(text, b"\x76\xa9\x14" + digest + b"\x88\xac")
    if version == network.p2sh_version:
        return Destination(text, b"\xa9\x14" + digest + b"\x87")
    other = [each.name for each in NETWORKS.values() if version in (each.p2pkh_version, each.p2sh_version)]
    raise BadInput(FIELD, text, _of_another(other, network) if other else "it is no Bitcoin address")


def _no_address(text: str, network: Network) -> str:
    other = [each.name for each in NETWORKS.values() if text.lower().startswith(each.bech32_prefix + "1")]
    return _of_another(other, network) if other else "it is no Bitcoin address, or mistyped; copy it again, whole"


def _of_another(names: list[str], network: Network) -> str:
    return f"it is an address of {' or '.join(names)}; this server is on {network.name}"
