"""Sign a person in in a browser, and out again. The row is the session; the browser's cookie is its name.

Whoever has a second factor gets a cookie that waits for a code first, and another one when the code was right.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.db.audit import act_as, note
from app.db.models import SignIn, User
from app.db.queries import reading
from app.db.queries_people import drop_old_sign_ins, drop_sign_in, drop_sign_ins_of
from app.db.queries_second_factor import confirmed_factor, drop_unconfirmed, half_signed_in
from app.db.session import change
from app.domain.api_keys import sha256_of
from app.domain.audit import By, Kind
from app.domain.ids import new_id
from app.domain.passwords import require_password
from app.errors import Unauthenticated
from app.usecases.check_password import check_password, password_hash
from app.usecases.second_factor import StepOf, prove

COOKIE_LENGTH = 43  # base58 characters: 251 bits
VALID = timedelta(hours=12)
HALF_VALID = timedelta(minutes=10)  # to find the telephone
FIRST = "sign in with the password first"
WRONG = "the e-mail address or the password is wrong"


@dataclass(frozen=True)
class Cookie:
    """The text of a new cookie, and whether its browser still owes a code."""

    text: str
    awaits_code: bool


def sign_in(email: str, password: str, cookie_before: str, now: datetime) -> Cookie:
    """A new cookie; what the browser carried before means nothing any more. Unauthenticated."""
    user_id = check_password(email, password)
    with change() as session:
        _require_usable(session, user_id)  # while the password was being checked
        awaits_code = confirmed_factor(session, user_id) is not None
        return _given(session, user_id, cookie_before, now, awaits_code=awaits_code)


def give_code(cookie: str, code: str, step_of: StepOf, now: datetime) -> Cookie | None:
    """The second step: a new cookie for a right code, None for a wrong one.

    Unauthenticated when the first step was not made or is too long ago; TooMany after many wrong codes.
    """
    user = half_signed_in(reading(), sha256_of(cookie), now)
    if user is None:
        raise Unauthenticated(FIRST)
    user_id = user.id
    act_as(By.PERSON, user_id, user_id)
    if not prove(user_id, code, step_of, now):
        return None
    with change() as session:
        _require_usable(session, user_id)
        if half_signed_in(session, sha256_of(cookie), now) is None:
            raise Unauthenticated(FIRST)
        return _given(session, user_id, cookie, now, awaits_code=False)


def change_password(user_id: str, before: str, after: str, now: datetime) -> Cookie:
    """Another password for whoever knows the one before. Signed in nowhere any more but by the new cookie.

    Unauthenticated, BadInput (password). Keys keep working.
    """
    email = reading().get_one(User, user_id).email
    check_password(email, before)
    require_password(after, email)
    kept = password_hash(after)
    with change() as session:
        user = _require_usable(session, user_id)
        user.password_hash = kept
        drop_sign_ins_of(session, user_id)
        drop_unconfirmed(session, user_id)
        note(session, Kind.PASSWORD_CHANGED, user_id)
        return _given(session, user_id, "", now, awaits_code=False)


def sign_out(cookie: str) -> None:
    """The cookie signs nobody in any more, wherever it has been copied to."""
    with change() as session:
        row = session.get(SignIn, sha256_of(cookie))
        if row is not None:
            note(session, Kind.SIGNED_OUT, row.user_id)
            session.delete(row)


def _given(session: Session, user_id: str, cookie_before: str, now: datetime, *, awaits_code: bool) -> Cookie:
    text = new_id(COOKIE_LENGTH)
    drop_old_sign_ins(session, now)
    drop_sign_in(session, sha256_of(cookie_before))
    ends = now + (HALF_VALID if awaits_code else VALID)
    row = SignIn(cookie_sha256=sha256_of(text), user_id=user_id, created_at=now, expires_at=ends)
    row.awaits_code = awaits_code
    session.add(row)
    if not awaits_code:
        act_as(By.PERSON, user_id, user_id)
        note(session, Kind.SIGNED_IN, user_id)
    return Cookie(text, awaits_code)


def _require_usable(session: Session, user_id: str) -> User:
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None or user.disabled:
        raise Unauthenticated(WRONG)
    return user
