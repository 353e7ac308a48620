"""Codes for whoever lost their authenticator: each works once, and only hashes of them are kept."""

from app.domain.api_keys import sha256_of
from app.domain.ids import ALPHABET, new_id

COUNT = 10
HALF = 5  # characters on either side of the dash; base58, 58 bits in all


def new_codes() -> list[str]:
    """Ten of them, as they are shown."""
    return [f"{new_id(HALF)}-{new_id(HALF)}" for _ in range(COUNT)]


def hash_of(user_id: str, code: str) -> str | None:
    """What is kept of a person's code, whatever spaces and dash it was typed with; None when it cannot be one."""
    typed = "".join(code.split()).replace("-", "")
    return sha256_of(f"{user_id}:{typed}") if len(typed) == 2 * HALF and set(typed) <= set(ALPHABET) else None
