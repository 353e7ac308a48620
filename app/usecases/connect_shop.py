"""Connect a store to its WooCommerce shop. What is said to the shop is said by the worker, between these steps.

A store stays connected as it was until a new connection has been tried and works.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import Shop, ShopConnect
from app.db.queries import reading, store_in_use
from app.db.queries_shops import (
    claim_connect,
    connect_of_token,
    end_connects,
    home_before,
    newest_connect,
    waiting_connects,
)
from app.db.session import change
from app.domain.api_keys import sha256_of
from app.domain.audit import Kind
from app.domain.ids import new_id
from app.domain.shop_connect import CUT_OFF_AFTER, OPEN_FOR, ConnectState, is_same_shop
from app.errors import NotAllowed, NotFound

AT_ONCE = 10
TOKEN_CHARACTERS = 43  # 250 bits


@dataclass(frozen=True)
class Attempt:
    """An attempt that the worker took, ready without the database. No `sealed_key`: the shop is looked for."""

    id: str
    store_id: str
    home_url: str
    found: dict[str, Any] | None
    sealed_key: str | None


@dataclass(frozen=True)
class Failure:
    """Why it did not work, for the merchant."""

    kind: str
    says: str
    remedy: str


@dataclass(frozen=True)
class Connection:
    """A shop that lets us in, as the worker found it."""

    home_url: str
    root_url: str
    named_root_url: str
    auth: str
    plain_permalinks: bool
    name: str
    key_ending: str
    facts: dict[str, Any]
    findings: list[dict[str, Any]]


def begin_connect(store_id: str, user_id: str | None, home_url: str, now: datetime) -> str:
    """Have the shop at `home_url` looked for. Returns the attempt's id; one that was under way ends. NotFound."""
    with change() as session:
        if store_in_use(session, store_id) is None:
            raise NotFound(f"there is no store {store_id}")
        end_connects(session, store_id)
        row = ShopConnect(
            id=new_id(),
            store_id=store_id,
            user_id=user_id,
            home_url=home_url,
            state=ConnectState.LOOKING.value,
            asked_at=now,
            expires_at=now + OPEN_FOR,
        )
        session.add(row)
        return row.id


def give_key(store_id: str, sealed_key: str, now: datetime) -> None:
    """A person pasted the key of the shop that was found: have it tried. NotAllowed when no shop waits for one."""
    with change() as session:
        row = _open(newest_connect(session, store_id), now)
        _try(row, sealed_key)


def ask_for_key(store_id: str, now: datetime) -> str:
    """A person wants the shop to make the key. Returns the one-time value that must come back with it. NotAllowed."""
    token = new_id(TOKEN_CHARACTERS)
    with change() as session:
        row = _open(newest_connect(session, store_id), now)
        row.state, row.token_sha256 = ConnectState.ASKED.value, sha256_of(token)
        row.expires_at = now + OPEN_FOR
    return token


def note_denial(store_id: str, token: str) -> bool:
    """The shop's owner said no: the one-time value is good for nothing any more. False when it was not waited for."""
    with change() as session:
        row = connect_of_token(session, sha256_of(token))
        if row is None or row.store_id != store_id or row.state != ConnectState.ASKED.value:
            return False
        row.state, row.token_sha256 = ConnectState.FOUND.value, None
        return True


def store_of_token(token: str, now: datetime) -> str:
    """The store whose key comes with this one-time value. NotFound when it was used, is too old or never was."""
    with change() as session:
        return _of_token(session, token, now).store_id


def take_key(token: str, sealed_key: str, now: datetime) -> None:
    """The shop sends the key that it made: have it tried. The value counts once. NotFound."""
    with change() as session:
        _try(_of_token(session, token, now), sealed_key)


def due_connects(now: datetime) -> Sequence[str]:
    """The ids of attempts that wait for the worker."""
    session = reading()
    session.rollback()
    found = waiting_connects(session, now - CUT_OFF_AFTER, AT_ONCE)
    session.rollback()
    return found


def start_connect(connect_id: str, now: datetime) -> Attempt | None:
    """Take an attempt. None when another worker did, or it is over."""
    with change() as session:
        if not claim_connect(session, connect_id, now - CUT_OFF_AFTER, now):
            return None
        row = session.get_one(ShopConnect, connect_id, populate_existing=True)
        return Attempt(row.id, row.store_id, row.home_url, row.found, row.sealed_key)


def record_found(connect_id: str, found: dict[str, Any]) -> None:
    """The shop was found; now it is a person's turn."""
    with change() as session:
        row = _worked_on(session, connect_id, ConnectState.LOOKING)
        if row is not None:
            row.state, row.found, row.claimed_at = ConnectState.FOUND.value, found, None


def record_failure(connect_id: str, failure: Failure) -> None:
    """It did not work; the key is forgotten. Where the shop was found, another key may be tried."""
    with change() as session:
        row = _worked_on(session, connect_id, ConnectState.LOOKING, ConnectState.TRYING)
        if row is not None:
            state = ConnectState.FAILED if row.found is None else ConnectState.FOUND
            row.state, row.claimed_at, row.sealed_key = state.value, None, None
            row.trouble_kind, row.trouble_says, row.trouble_remedy = failure.kind, failure.says, failure.remedy


def record_connected(connect_id: str, made: Connection, now: datetime) -> None:
    """It works: this is the store's shop from now on. The merchant's own choices stay where it was connected before."""
    with change() as session:
        row = _worked_on(session, connect_id, ConnectState.TRYING)
        if row is None or row.sealed_key is None:
            return  # begun again meanwhile
        _connect(session, row.store_id, row.user_id, row.sealed_key, made, now)
        row.state, row.sealed_key, row.claimed_at = ConnectState.CONNECTED.value, None, None


def connect_tried(store_id: str, sealed_key: str, made: Connection, now: datetime) -> None:
    """Connect a store to a shop whose key was tried already, as the command line does. NotFound."""
    with change() as session:
        if store_in_use(session, store_id) is None:
            raise NotFound(f"there is no store {store_id}")
        end_connects(session, store_id)
        _connect(session, store_id, None, sealed_key, made, now).check_wanted_at = now  # the worker sees to the rest


def stop_connecting(store_id: str) -> None:
    """Leave all as it is: an attempt that is under way ends, with its key."""
    with change() as session:
        end_connects(session, store_id)


def disconnect_shop(store_id: str) -> None:
    """Forget the shop and its key; what the bridge did stays. NotFound."""
    with change() as session:
        shop = session.get(Shop, store_id)
        if shop is None:
            raise NotFound("the store is connected to no shop")
        end_connects(session, store_id)
        note(session, Kind.SHOP_DISCONNECTED, store_id, store_id, address=shop.home_url, key=shop.key_ending)
        session.delete(shop)


def _open(row: ShopConnect | None, now: datetime) -> ShopConnect:
    if row is None or row.state not in (ConnectState.FOUND.value, ConnectState.ASKED.value):
        raise NotAllowed("no shop waits for a key; give its address again")
    if row.expires_at <= now:
        raise NotAllowed("that took too long; give the shop's address again")
    return row


def _of_token(session: Session, token: str, now: datetime) -> ShopConnect:
    row = connect_of_token(session, sha256_of(token)) if token else None
    if row is None or row.state != ConnectState.ASKED.value or row.expires_at <= now:
        raise NotFound("nobody waits for this key any more; begin again on the store's page")
    return row


def _try(row: ShopConnect, sealed_key: str) -> None:
    row.sealed_key, row.state, row.token_sha256, row.claimed_at = sealed_key, ConnectState.TRYING.value, None, None
    row.trouble_kind = row.trouble_says = row.trouble_remedy = None


def _worked_on(session: Session, connect_id: str, *states: ConnectState) -> ShopConnect | None:
    row = session.get(ShopConnect, connect_id, populate_existing=True)
    return row if row is not None and row.state in {state.value for state in states} else None


def _connect(
    session: Session, store_id: str, user_id: str | None, sealed_key: str, made: Connection, now: datetime
) -> Shop:
    shop = session.get(Shop, store_id) or Shop(store_id=store_id)
    before = shop.home_url or home_before(session, store_id)
    if before is not None and not is_same_shop(before, made.home_url):
        shop.orders_since = now
    if shop.home_url != made.home_url:
        shop.hook_id = shop.sealed_hook_secret = shop.hook_checked_at = shop.hook_heard_at = None
        shop.polled_until = None
    for field in fields(Connection):
        setattr(shop, field.name, getattr(made, field.name))
    shop.sealed_key, shop.connected_at, shop.connected_by = sealed_key, now, user_id
    shop.facts_at = shop.findings_at = shop.last_ok_at = now
    shop.failing_since = shop.next_try_at = shop.trouble_kind = shop.trouble_says = None
    shop.failures, shop.check_wanted_at, shop.check_started_at = 0, None, None
    session.add(shop)
    note(session, Kind.SHOP_CONNECTED, store_id, store_id, address=made.home_url, key=made.key_ending)
    return shop
