"""A person's second factor: turned on and off by themselves, reset by the operator; a code counts once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import RecoveryCode, SecondFactor
from app.db.queries_people import drop_sign_ins_of
from app.db.queries_second_factor import confirmed_factor, drop_codes, drop_factor, held_factor, use_code
from app.db.session import change
from app.domain.audit import Kind
from app.domain.recovery_codes import hash_of, new_codes
from app.errors import BadInput, NotAllowed, TooMany
from app.usecases.create_user import the_user

StepOf = Callable[[str, str, datetime], int | None]
"""The time step of a code of a secret, None when it is no code of now."""

MOST_WRONG = 10  # codes in a row
LOCKED = timedelta(minutes=15)


def begin_enrolment(user_id: str, new_secret: Callable[[], str], now: datetime) -> str:
    """The secret of an authenticator to be confirmed; one that was begun and not confirmed is gone on with.

    NotAllowed when the person has one already.
    """
    with change() as session:
        row = held_factor(session, user_id)
        if row is not None and row.confirmed_at is not None:
            raise NotAllowed("the second factor is on already; turn it off first")
        if row is None:
            row = SecondFactor(user_id=user_id, secret=new_secret(), created_at=now)
            session.add(row)
            session.flush()
        return row.secret


def confirm_enrolment(user_id: str, code: str, step_of: StepOf, now: datetime) -> list[str]:
    """Turn it on, by a code that proves that the authenticator has the secret. Returns the recovery codes, told once.

    BadInput (code), NotAllowed when there is nothing to confirm.
    """
    with change() as session:
        row = held_factor(session, user_id)
        if row is None or row.confirmed_at is not None:
            raise NotAllowed("there is nothing to confirm; begin again")
        step = step_of(row.secret, code, now)
        if step is None:
            raise BadInput("code", "", "it is not the code of now: look at the authenticator, and at both clocks")
        row.confirmed_at, row.last_step, row.wrong = now, step, 0
        note(session, Kind.TOTP_ON, user_id)
        return _fresh_codes(session, user_id)


def renew_codes(user_id: str) -> list[str]:
    """Ten new recovery codes in the place of all there were. NotAllowed without a second factor."""
    with change() as session:
        if confirmed_factor(session, user_id) is None:
            raise NotAllowed("there is no second factor that recovery codes could stand in for")
        note(session, Kind.RECOVERY_CODES_MADE, user_id)
        return _fresh_codes(session, user_id)


def turn_off(user_id: str) -> None:
    """Ask for the password alone from now on. What was proved before is for the caller to have asked."""
    with change() as session:
        drop_factor(session, user_id)
        note(session, Kind.TOTP_OFF, user_id)


def reset(id_or_email: str) -> None:
    """By the operator, for somebody who lost authenticator and codes: off, and signed out everywhere. NotFound."""
    with change() as session:
        user = the_user(session, id_or_email)
        drop_factor(session, user.id)
        drop_sign_ins_of(session, user.id)
        note(session, Kind.TOTP_RESET, user.id)


def prove(user_id: str, code: str, step_of: StepOf, now: datetime) -> bool:
    """Is this a code of the person's authenticator, or a recovery code? Either works once; wrong ones are counted.

    True for somebody without a second factor. TooMany after too many in a row.
    """
    with change() as session:
        row = held_factor(session, user_id)
        if row is None or row.confirmed_at is None:
            return True
        if row.locked_until is not None and row.locked_until > now:
            raise TooMany(max(1, round((row.locked_until - now).total_seconds())))
        if _fits(session, row, code, step_of, now):
            row.wrong, row.locked_until = 0, None
            return True
        row.wrong += 1
        if row.wrong >= MOST_WRONG:
            row.wrong, row.locked_until = 0, now + LOCKED
        note(session, Kind.TOTP_REFUSED, user_id)
        return False


def _fits(session: Session, row: SecondFactor, code: str, step_of: StepOf, now: datetime) -> bool:
    step = step_of(row.secret, code, now)
    if step is not None and (row.last_step is None or step > row.last_step):
        row.last_step = step
        return True
    hashed = hash_of(row.user_id, code)
    return hashed is not None and use_code(session, row.user_id, hashed, now)


def _fresh_codes(session: Session, user_id: str) -> list[str]:
    drop_codes(session, user_id)
    codes = new_codes()
    session.add_all(RecoveryCode(user_id=user_id, code_sha256=hash_of(user_id, code) or "") for code in codes)
    return codes
