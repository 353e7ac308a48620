"""The text of an API key: made here, found by its hash, never kept."""

import hashlib
import secrets
from collections.abc import Iterable

BYTES = 20  # 40 hex characters: the shop's plugin drops everything outside [A-Za-z0-9_-]


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_hex(BYTES)


def sha256_of(key: str) -> str:
    """What is kept of a key, and what it is found by: no compare that stops early tells anything of it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def store_named_in(permissions: Iterable[str]) -> str | None:
    """The one store that the permissions (their texts) are for. None when they are for several, or for all."""
    stores = {text.partition(":")[2] for text in permissions}
    return (stores.pop() or None) if len(stores) == 1 else None
