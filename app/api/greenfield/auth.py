"""Who asks: a key by the SHA-256 of its text, or a person by e-mail address and password (greenfield 1)."""

import base64
import binascii
from datetime import datetime

from flask import request

from app.api.greenfield.process import process
from app.db.audit import act_as
from app.db.queries import reading
from app.db.queries_access import holder_of_key, holder_of_user
from app.db.queries_second_factor import confirmed_factor
from app.domain.api_keys import sha256_of as sha256_of
from app.domain.audit import By
from app.domain.permissions import Holder
from app.errors import Unauthenticated
from app.usecases.check_password import check_password
from app.usecases.note_key_use import note_key_use

KEY_SCHEMES = ("token", "bearer")
NOBODY = Holder("", (), {})


def authenticate(store_id: str | None, now: datetime) -> Holder:
    """Who makes the current request, with the role in that store or, without one, in all of theirs. Unauthenticated."""
    scheme, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() in KEY_SCHEMES:
        holder = _by_key(credentials.strip(), store_id, now)
        act_as(By.KEY, holder.key_id or "", holder.user_id)
        return holder
    if scheme.lower() == "basic":
        holder = _by_password(credentials.strip())
        act_as(By.PERSON, holder.user_id, holder.user_id)
        return holder
    raise Unauthenticated("Send an API key: Authorization: token KEY")


def _by_key(key: str, store_id: str | None, now: datetime) -> Holder:
    use = holder_of_key(reading(), sha256_of(key), store_id)
    if use is None:
        raise Unauthenticated("This API key is not known, or was revoked")
    note_key_use(use, now)
    return use.holder


def _by_password(encoded: str) -> Holder:
    try:
        email, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        email, colon, password = "", "", ""
    process().slow_down_passwords(request.environ, email)
    user_id = check_password(email, password) if colon else ""
    if user_id and confirmed_factor(reading(), user_id) is not None:
        raise Unauthenticated("This account has a second factor, which a password cannot stand in for; use an API key")
    holder = holder_of_user(reading(), user_id) if user_id else None
    if holder is None:
        raise Unauthenticated("Basic authentication takes an e-mail address and a password")
    return holder
