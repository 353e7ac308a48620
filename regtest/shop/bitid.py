"""BitPay's way to sign: a secp256k1 key, the SIN made from it, and a signature over address and body.

The nonce k is random and s is left as it falls, high or low, as the plugin's signatures are.
"""

import hashlib
import os
from pathlib import Path

import base58
from Crypto.Hash import RIPEMD160
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from regtest.errors import RegtestError

SIN_PREFIX = b"\x0f\x02"


class Key:
    """A shop's key pair."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        public = private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        self.identity = public.hex()
        self.sin = sin_of(public)

    @classmethod
    def fresh(cls) -> "Key":
        """A key that nobody had before."""
        return cls(ec.generate_private_key(ec.SECP256K1()))

    @classmethod
    def from_hex(cls, private_hex: str) -> "Key":
        """A key by its 32 bytes."""
        return cls(ec.derive_private_key(int(private_hex, 16), ec.SECP256K1()))

    @classmethod
    def load(cls, path: Path) -> "Key":
        """The key of a PEM file. Raises RegtestError if it holds another kind of key."""
        private = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise RegtestError(f"{path} holds no elliptic curve key")
        return cls(private)

    def save(self, path: Path) -> None:
        """Write the PEM file, readable by its owner alone."""
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(path, "wb", opener=_owner_only) as file:  # Path.open takes no opener
            file.write(pem)

    def sign(self, url: str, body: bytes) -> str:
        """The value of `x-signature`: hex DER, ECDSA with SHA-256 over the address as called, then the body's bytes."""
        return self._private.sign(url.encode() + body, ec.ECDSA(SHA256())).hex()


def sin_of(public_key: bytes) -> str:
    """Base58Check(0x0F 0x02 ‖ RIPEMD160(SHA256(compressed public key)))."""
    digest = RIPEMD160.new(hashlib.sha256(public_key).digest()).digest()
    return base58.b58encode_check(SIN_PREFIX + digest).decode()


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
