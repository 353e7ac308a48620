"""Sign a person in in a browser, and out again. The row is the session; the browser's cookie is its name."""

from datetime import datetime, timedelta

from app.db.audit import act_as, note
from app.db.models import SignIn, User
from app.db.queries_people import drop_old_sign_ins, drop_sign_in
from app.db.session import change
from app.domain.api_keys import sha256_of
from app.domain.audit import By, Kind
from app.domain.ids import new_id
from app.errors import Unauthenticated
from app.usecases.check_password import check_password

COOKIE_LENGTH = 43  # base58 characters: 251 bits
VALID = timedelta(hours=12)


def sign_in(email: str, password: str, cookie_before: str, now: datetime) -> str:
    """The text of a new cookie; what the browser carried before means nothing any more. Unauthenticated."""
    user_id = check_password(email, password)
    cookie = new_id(COOKIE_LENGTH)
    with change() as session:
        user = session.get(User, user_id, with_for_update=True)
        if user is None or user.disabled:  # while the password was being checked
            raise Unauthenticated("the e-mail address or the password is wrong")
        drop_old_sign_ins(session, now)
        drop_sign_in(session, sha256_of(cookie_before))
        session.add(SignIn(cookie_sha256=sha256_of(cookie), user_id=user_id, created_at=now, expires_at=now + VALID))
        act_as(By.PERSON, user_id, user_id)
        note(session, Kind.SIGNED_IN, user_id)
    return cookie


def sign_out(cookie: str) -> None:
    """The cookie signs nobody in any more, wherever it has been copied to."""
    with change() as session:
        row = session.get(SignIn, sha256_of(cookie))
        if row is not None:
            note(session, Kind.SIGNED_OUT, row.user_id)
            session.delete(row)
