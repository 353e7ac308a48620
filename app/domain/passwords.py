"""Passwords: made, judged and kept as scrypt hashes (`scrypt:N:r:p$salt$hex`)."""

import hashlib
import hmac
import secrets

from app.domain.ids import new_id
from app.errors import BadInput

SHORTEST, LONGEST = 10, 200  # characters
GENERATED = 20  # base58 characters: 117 bits
COST, BLOCKS, LANES = 2**14, 8, 5  # 16 MiB and a tenth of a second on a small server
SALT = 22


def generated_password() -> str:
    """A password that nobody can guess."""
    return new_id(GENERATED)


def require_password(text: str, email: str) -> None:
    """BadInput when `text` is no password that an account may have. The message does not repeat it."""
    if not SHORTEST <= len(text) <= LONGEST:
        raise BadInput("password", "…", f"use {SHORTEST} to {LONGEST} characters")
    if not text.isprintable():
        raise BadInput("password", "…", "use characters that can be typed")
    if len(set(text)) < 4 or text.lower() in (email.lower(), email.lower().partition("@")[0]):
        raise BadInput("password", "…", "that one is guessed at once; use another")


def hashed(password: str) -> str:
    """What is stored of a password."""
    salt = new_id(SALT)
    return f"scrypt:{COST}:{BLOCKS}:{LANES}${salt}${_scrypt(password, salt, COST, BLOCKS, LANES).hex()}"


def matches(password: str, stored: str) -> bool:
    """Is `stored` the hash of `password`? Takes the same time whichever bytes differ."""
    method, salt, digest = stored.split("$")
    cost, blocks, lanes = (int(number) for number in method.removeprefix("scrypt:").split(":"))
    return hmac.compare_digest(_scrypt(password, salt, cost, blocks, lanes), bytes.fromhex(digest))


NOBODY = f"scrypt:{COST}:{BLOCKS}:{LANES}${new_id(SALT)}${secrets.token_hex(64)}"
"""A hash that no password has: verifying against it takes as long as against a real one."""


def _scrypt(password: str, salt: str, cost: int, blocks: int, lanes: int) -> bytes:
    room = 256 * blocks * (cost + lanes + 2)
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=cost, r=blocks, p=lanes, maxmem=room, dklen=64)
