"""From public keys to the scriptPubKey that is matched and the address that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import wallycore
from base58 import b58encode_check

from app.chain.networks import Network


class ScriptType(StrEnum):
    """How an address locks the coin that it receives."""

    P2PKH = "p2pkh"
    P2SH_P2WPKH = "p2sh-p2wpkh"
    P2WPKH = "p2wpkh"
    P2TR = "p2tr"
    P2SH = "p2sh"  # this and those below: of several keys
    P2SH_P2WSH = "p2sh-p2wsh"
    P2WSH = "p2wsh"


OF_ONE_KEY = (ScriptType.P2PKH, ScriptType.P2SH_P2WPKH, ScriptType.P2WPKH, ScriptType.P2TR)


@dataclass(frozen=True)
class Destination:
    """Where an invoice is paid to: the address shown, the scriptPubKey matched."""

    address: str
    script_pubkey: bytes


def destination_of_key(public_key: bytes, script_type: ScriptType, network: Network) -> Destination:
    """What one key locks; `script_type` is one of OF_ONE_KEY."""
    if script_type is ScriptType.P2TR:
        tweaked = wallycore.ec_public_key_bip341_tweak(public_key, None, 0)
        return _witness(1, bytes(tweaked[1:]), network)
    digest = bytes(wallycore.hash160(public_key))
    if script_type is ScriptType.P2PKH:
        address = b58encode_check(bytes([network.p2pkh_version]) + digest).decode("ascii")
        return Destination(address, b"\x76\xa9\x14" + digest + b"\x88\xac")
    if script_type is ScriptType.P2WPKH:
        return _witness(0, digest, network)
    return _script_hash(b"\x00\x14" + digest, network)


def destination_of_keys(
    public_keys: Sequence[bytes], threshold: int, script_type: ScriptType, network: Network, *, in_order: bool
) -> Destination:
    """What `threshold` signatures of these keys lock; they are sorted unless they stand `in_order`."""
    flags = 0 if in_order else wallycore.WALLY_SCRIPT_MULTISIG_SORTED
    script = bytes(wallycore.scriptpubkey_multisig_from_bytes(b"".join(public_keys), threshold, flags))
    if script_type is ScriptType.P2SH:
        return _script_hash(script, network)
    digest = bytes(wallycore.sha256(script))
    if script_type is ScriptType.P2WSH:
        return _witness(0, digest, network)
    return _script_hash(b"\x00\x20" + digest, network)


def _witness(version: int, program: bytes, network: Network) -> Destination:
    script = bytes([0x50 + version if version else 0, len(program)]) + program
    return Destination(str(wallycore.addr_segwit_from_bytes(script, network.bech32_prefix, 0)), script)


def _script_hash(redeem_script: bytes, network: Network) -> Destination:
    digest = bytes(wallycore.hash160(redeem_script))
    address = b58encode_check(bytes([network.p2sh_version]) + digest).decode("ascii")
    return Destination(address, b"\xa9\x14" + digest + b"\x87")
