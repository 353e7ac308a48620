"""Time-based codes of an authenticator app (RFC 6238). The one home of pyotp."""

import hmac
from datetime import datetime

import pyotp

ISSUER = "Sattle"
DRIFT = (0, -1, 1)  # steps of 30 seconds that the two clocks may differ
DIGITS = 6


def new_secret() -> str:
    """160 bits, in base32 as authenticator apps take it."""
    return pyotp.random_base32()


def enrolment_link(secret: str, email: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code belongs to; None when it is not a code of now. Nobody may use a step twice."""
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    codes = pyotp.TOTP(secret)
    current = codes.timecode(now)
    fitting = [current + drift for drift in DRIFT if hmac.compare_digest(codes.generate_otp(current + drift), typed)]
    return fitting[0] if fitting else None
