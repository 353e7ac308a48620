"""Pair a BitPay client with a store: by a code made here, or by approving a code that the client asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import PairingCode, Store
from app.db.queries_bitpay import drop_old_codes, pair, take_code
from app.db.session import change
from app.domain.audit import Kind
from app.domain.ids import new_id
from app.errors import NotAllowed, NotFound

CODE_LENGTH = 7
TOKEN_LENGTH = 44
CODE_VALID = timedelta(minutes=15)
CODE_KEPT = timedelta(days=1)  # after it lapsed unused: who comes late is told so


@dataclass(frozen=True)
class Pairing:
    """A code and the token it leads to. `store_id` is None until a merchant approves."""

    code: str
    store_id: str | None
    token: str
    label: str
    created_at: datetime
    expires_at: datetime


def make_code(store_id: str, now: datetime) -> Pairing:
    """A fresh code with which one client can pair itself to the store. NotFound (store)."""
    with change() as session:
        _require_store(session, store_id)
        note(session, Kind.PAIRING_OFFERED, store_id, store_id)
        return _pairing(_new_code(session, now, store_id=store_id, sin=None, label=""))


def ask_for_code(sin: str, label: str, now: datetime) -> Pairing:
    """A client asks to be paired; its token works once a merchant has approved the code for a store."""
    with change() as session:
        return _pairing(_new_code(session, now, store_id=None, sin=sin, label=label))


def claim_code(code: str, sin: str, label: str, now: datetime) -> Pairing:
    """A client uses a code made for a store. NotFound, or NotAllowed naming Expired or ReusedKey."""
    with change() as session:
        row = session.get(PairingCode, code)
        if row is None or row.store_id is None or row.used_at is not None:
            raise NotFound("The specified pairingCode is not found")
        row.label = label
        _pair(session, row, sin, row.store_id, now)
        return _pairing(row)


def approve_code(code: str, store_id: str, now: datetime) -> Pairing:
    """A merchant accepts the client that asked for `code`. NotFound, or NotAllowed naming Expired or ReusedKey."""
    with change() as session:
        _require_store(session, store_id)
        row = session.get(PairingCode, code)
        if row is None or row.sin is None or row.used_at is not None:
            raise NotFound("The specified pairingCode is not found")
        row.store_id = store_id
        _pair(session, row, row.sin, store_id, now)
        return _pairing(row)


def _pair(session: Session, row: PairingCode, sin: str, store_id: str, now: datetime) -> None:
    if now >= row.expires_at:
        raise NotAllowed("Error while pairing (Expired)")
    session.flush()
    if not take_code(session, row.code, now):
        raise NotFound("The specified pairingCode is not found")
    token = row.token or new_id(TOKEN_LENGTH)
    row.sin, row.token = sin, token
    client = pair(session, sin, store_id, token, now)
    if client.store_id != store_id:
        raise NotAllowed("Error while pairing (ReusedKey)")
    client.token, client.label = token, row.label
    note(session, Kind.PAIRED, sin, store_id, label=row.label)


def _new_code(session: Session, now: datetime, *, store_id: str | None, sin: str | None, label: str) -> PairingCode:
    drop_old_codes(session, now - CODE_KEPT)
    row = PairingCode(
        code=new_id(CODE_LENGTH),
        store_id=store_id,
        sin=sin,
        label=label,
        token=new_id(TOKEN_LENGTH),
        created_at=now,
        expires_at=now + CODE_VALID,
    )
    session.add(row)
    return row


def _pairing(row: PairingCode) -> Pairing:
    return Pairing(row.code, row.store_id, row.token or "", row.label, row.created_at, row.expires_at)


def _require_store(session: Session, store_id: str) -> None:
    if session.get(Store, store_id) is None:
        raise NotFound(f"there is no store {store_id}")
