"""Who asks: a paired client by its signature, a store by its legacy API key, or nobody with a storeId (section 2)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from base58 import b58decode_check, b58encode_check
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import request

from app.api.bitpay.process import process
from app.api.bitpay.public_url import candidate_urls
from app.db.queries import reading
from app.db.queries_bitpay import paired_client, store_of_api_key
from app.errors import Forbidden, Unauthenticated

SIN_PREFIX = b"\x0f\x02"
SIN_BYTES = 22  # prefix and a RIPEMD-160 digest


@dataclass(frozen=True)
class Caller:
    """Who asks. `store_id` is None for a client that is not paired; an anonymous one only named the store."""

    store_id: str | None
    sin: str | None = None
    anonymous: bool = False


def authenticate() -> Caller:
    """The caller of the current request. Unauthenticated when there are no credentials or they are wrong."""
    if "x-signature" in request.headers or "x-identity" in request.headers:
        return _signed()
    if "Authorization" in request.headers:
        return _with_api_key(request.headers["Authorization"])
    store_id = anonymous_store_id()
    if store_id is not None:
        return Caller(store_id, anonymous=True)
    raise Unauthenticated("Authentication required")


def store_caller() -> str:
    """The store of a caller that proved to belong to it. Unauthenticated, or Forbidden for all others."""
    caller = authenticate()
    if caller.store_id is None:
        raise Forbidden("This client is not paired with a store")
    if caller.anonymous:
        raise Forbidden("A storeId alone does not reach this far")
    return caller.store_id


def has_credentials() -> bool:
    """Does the request carry anything that makes it a BitPay request (section 1)?"""
    headers = request.headers
    signed = "x-signature" in headers and "x-identity" in headers
    return signed or "Authorization" in headers or anonymous_store_id() is not None


def anonymous_store_id() -> str | None:
    """The storeId of the query, its name in any case."""
    return next((value for name, value in request.args.items() if name.lower() == "storeid"), None)


def signature_is_valid(identity: str, signature: str, signed: bytes) -> bool:
    """Did the key `identity` (hex) make `signature` (DER, hex, high S included) over `signed`?"""
    try:
        public_key(identity).verify(bytes.fromhex(signature), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=1024)
def public_key(identity: str) -> ec.EllipticCurvePublicKey:
    """A secp256k1 key from its hex, compressed or not. ValueError when it is none."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), bytes.fromhex(identity))


@lru_cache(maxsize=1024)
def sin_of(identity: str) -> str:
    """The SIN of a public key: Base58Check of 0x0F 0x02 and the key's hash160."""
    compressed = public_key(identity).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    digest = _ripemd160(hashlib.sha256(compressed).digest())
    return b58encode_check(SIN_PREFIX + digest).decode("ascii")


def is_sin(text: str) -> bool:
    """Is `text` a well-formed SIN, its checksum included?"""
    try:
        payload = b58decode_check(text)
    except ValueError:
        return False
    return len(payload) == SIN_BYTES and payload.startswith(SIN_PREFIX)


def _signed() -> Caller:
    identity = request.headers.get("x-identity", "")
    signature = request.headers.get("x-signature", "")
    body = request.get_data(cache=True)
    urls = candidate_urls(request.environ, process().settings)
    if not any(signature_is_valid(identity, signature, url.encode("latin-1", "replace") + body) for url in urls):
        raise Unauthenticated("BitId authentication failed")
    sin = sin_of(identity)
    client = paired_client(reading(), sin)
    return Caller(client.store_id if client else None, sin)


def _with_api_key(header: str) -> Caller:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated("Authentication required")
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Unauthenticated("ApiKey authentication failed") from None
    store_id = store_of_api_key(reading(), hashlib.sha256(key).hexdigest())
    if store_id is None:
        raise Unauthenticated("ApiKey authentication failed")
    return Caller(store_id)


def _ripemd160(data: bytes) -> bytes:
    """OpenSSL 3 may leave RIPEMD-160 out of hashlib; pycryptodome always has it."""
    try:
        return hashlib.new("ripemd160", data).digest()
    except ValueError:
        from Crypto.Hash import RIPEMD160  # noqa: PLC0415 - only where OpenSSL lacks it

        return RIPEMD160.new(data).digest()
