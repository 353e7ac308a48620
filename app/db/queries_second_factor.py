"""Second factors: whether a person has one, and the codes that were not used yet."""

from datetime import datetime

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from app.db.models import RecoveryCode, SecondFactor, SignIn, User


def confirmed_factor(session: Session, user_id: str) -> SecondFactor | None:
    """The authenticator that a person must use to sign in."""
    row = session.get(SecondFactor, user_id)
    return row if row is not None and row.confirmed_at is not None else None


def held_factor(session: Session, user_id: str) -> SecondFactor | None:
    """The same row, confirmed or not, for a change: two who try the same code take turns."""
    return session.get(SecondFactor, user_id, with_for_update=True, populate_existing=True)


def unused_codes(session: Session, user_id: str) -> int:
    """How many recovery codes are left."""
    left = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return session.scalar(left.where(RecoveryCode.used_at.is_(None))) or 0


def use_code(session: Session, user_id: str, code_sha256: str, now: datetime) -> bool:
    """Use a recovery code up. False when there is none of this hash, or it was used. The row count decides."""
    mine = update(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.code_sha256 == code_sha256)
    used = mine.where(RecoveryCode.used_at.is_(None)).values(used_at=now)
    result = session.execute(used.execution_options(synchronize_session=False))
    return isinstance(result, CursorResult) and result.rowcount == 1


def drop_factor(session: Session, user_id: str) -> None:
    """Forget the authenticator and its recovery codes."""
    for table in (RecoveryCode, SecondFactor):
        mine = delete(table).where(table.user_id == user_id)
        session.execute(mine.execution_options(synchronize_session=False))


def drop_unconfirmed(session: Session, user_id: str) -> None:
    """Forget an authenticator that was begun only: whoever looked at the page has seen its secret."""
    begun = delete(SecondFactor).where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_(None))
    session.execute(begun.execution_options(synchronize_session=False))


def drop_codes(session: Session, user_id: str) -> None:
    """Forget the recovery codes alone."""
    mine = delete(RecoveryCode).where(RecoveryCode.user_id == user_id)
    session.execute(mine.execution_options(synchronize_session=False))


def half_signed_in(session: Session, cookie_sha256: str, now: datetime) -> User | None:
    """Who has given the right password in this browser and no code yet."""
    found = select(User).join(SignIn, SignIn.user_id == User.id)
    good = (SignIn.cookie_sha256 == cookie_sha256, SignIn.expires_at > now, User.disabled.is_(False))
    return session.scalar(found.where(*good, SignIn.awaits_code))
