"""Who has this e-mail address and password?"""

import threading
from functools import lru_cache

from werkzeug.security import check_password_hash, generate_password_hash

from app.db.queries import reading
from app.db.queries_access import user_by_email
from app.errors import Unauthenticated

METHOD = "scrypt"
AT_ONCE = threading.BoundedSemaphore(4)  # each takes 32 MB and a core for a moment: strangers may not take them all


def password_hash(password: str) -> str:
    """What is kept of a password."""
    return generate_password_hash(password, METHOD)


def check_password(email: str, password: str) -> str:
    """The id of the person. Unauthenticated, after the same time whether the address is known or not.

    Only reads, and lets go of the database before the long reckoning.
    """
    session = reading()
    user = user_by_email(session, email) if "\x00" not in email else None  # PostgreSQL knows no such text
    found = (user.id, user.password_hash, user.disabled) if user else ("", _nobodys_hash(), True)
    session.rollback()
    user_id, stored, disabled = found
    with AT_ONCE:
        fits = check_password_hash(stored, password)
    if not fits or disabled:
        raise Unauthenticated("the e-mail address or the password is wrong")
    return user_id


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return password_hash("nobody's")
