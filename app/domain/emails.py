"""E-mail addresses as account names: compared without regard to case, never written to."""

import re

from app.errors import BadInput

LONGEST = 254  # RFC 5321, the whole path
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def email_address(text: str) -> str:
    """The address as it is stored and looked up: trimmed, in lower case. BadInput (email)."""
    email = text.strip().lower()
    if len(email) > LONGEST or not ADDRESS.fullmatch(email) or not email.isprintable():
        raise BadInput("email", text, "use an address like ann@shop.example")
    return email
