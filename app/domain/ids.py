"""Identifiers that cannot be guessed and never repeat: base58 text of random bytes."""

import secrets

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_id(length: int = 22) -> str:
    """`length` random base58 characters; 22 carry 128 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
