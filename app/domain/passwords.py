"""Passwords that a person may have. How they are kept is the business of app/usecases/check_password.py."""

from app.domain.ids import new_id
from app.errors import BadInput

SHORTEST, LONGEST = 10, 200  # characters
GENERATED = 20  # base58 characters: 117 bits


def generated_password() -> str:
    """A password that nobody can guess."""
    return new_id(GENERATED)


def require_password(text: str, email: str) -> None:
    """BadInput (password) when `text` is none that an account may have. The message does not repeat it."""
    if not SHORTEST <= len(text) <= LONGEST:
        raise BadInput("password", "…", f"use {SHORTEST} to {LONGEST} characters")
    if not text.isprintable():
        raise BadInput("password", "…", "use characters that can be typed")
    if len(set(text)) < 4 or text.lower() in (email, email.partition("@")[0]):
        raise BadInput("password", "…", "that one is guessed at once; use another")
