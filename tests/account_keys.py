"""Account keys that tests use: public ones of the seed "abandon … about", and what must never get in."""

import secrets

from base58 import b58decode_check, b58encode_check

# Account keys of the seed: BIP84 and BIP86 publish them with their first addresses, BIP49 its own.
ZPUB = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
XPUB86 = (
    "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ"
)
TPUB49 = (
    "tpubDD7tXK8KeQ3YY83yWq755fHY2JW8Ha8Q765tknUM5rSvjPcGWfUppDFMpQ1ScziKfW3ZNtZvAD7M3u7bSs7HofjTD3KP3YxPK7X6hwV8Rk2"
)
XPRV = "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuHnLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu"
WIF = b58encode_check(b"\x80" + b"\x01" * 32 + b"\x01").decode()

VERSIONS = {
    "xpub": "0488b21e",
    "ypub": "049d7cb2",
    "zpub": "04b24746",
    "tpub": "043587cf",
    "upub": "044a5262",
    "vpub": "045f1cf6",
}


def relabelled(key: str, kind: str) -> str:
    """The same key with the version bytes of another kind."""
    return b58encode_check(bytes.fromhex(VERSIONS[kind]) + b58decode_check(key)[4:]).decode()


def fresh_key() -> str:
    """A tpub that nobody used before: another chain code makes other children."""
    payload = b58decode_check(TPUB49)
    return b58encode_check(payload[:13] + secrets.token_bytes(32) + payload[45:]).decode()


XPUBS = (XPUB86, relabelled(ZPUB, "xpub"), relabelled(TPUB49, "xpub"))
TPUBS = (relabelled(XPUB86, "tpub"), relabelled(ZPUB, "tpub"), TPUB49)
