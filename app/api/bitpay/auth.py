"""Who asks: a paired client by its signature, a store by its legacy API key, or nobody with a storeId (section 2)."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import lru_cache

import wallycore
from base58 import b58decode_check, b58encode_check
from flask import request

from app.api.bitpay.process import process
from app.api.bitpay.public_url import candidate_urls
from app.db.audit import act_as
from app.db.queries import reading
from app.db.queries_bitpay import store_of_api_key, store_of_client
from app.domain.audit import By
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
        low_s = wallycore.ec_sig_normalize(wallycore.ec_sig_from_der(bytes.fromhex(signature)))
        digest = hashlib.sha256(signed).digest()
        wallycore.ec_sig_verify(public_key(identity), digest, wallycore.EC_FLAG_ECDSA, low_s)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def public_key(identity: str) -> bytes:
    """A secp256k1 key in its compressed form from its hex, compressed or not. ValueError when it is none."""
    key = bytes.fromhex(identity)
    wallycore.ec_public_key_verify(key)
    return key if len(key) == wallycore.EC_PUBLIC_KEY_LEN else bytes([2 + key[-1] % 2]) + key[1:33]


@lru_cache(maxsize=1024)
def sin_of(identity: str) -> str:
    """The SIN of a public key: Base58Check of 0x0F 0x02 and the key's hash160."""
    return b58encode_check(SIN_PREFIX + bytes(wallycore.hash160(public_key(identity)))).decode("ascii")


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
    act_as(By.CLIENT, sin)
    return Caller(store_of_client(reading(), sin), sin)


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
    act_as(By.STORE_KEY, store_id)
    return Caller(store_id)
