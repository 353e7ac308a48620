"""Engines and transactions: `change()` is the only way to write, one transaction a change.

On PostgreSQL changes run side by side, and what one has locked or written others wait for. So that no two wait for each
other, every change that waits while others may wait for it takes them in this order:

1. the turn of `assessing_change()`, before anything is read. Who locks or writes an invoice and one of the following
   has it, and who locks several orders; out of turn an invoice is locked alone;
2. a wallet;
3. a watched order: rung, held or locked;
4. what hangs on the order: its mismatches, then its acts;
5. deliveries, of several the oldest first.

A turn is never held while a shop or a node is asked.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, func, inspect, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import Session as Session
from sqlalchemy.pool import ConnectionPoolEntry

from app.db.audit import Now, date_entries_by
from app.db.exact_sums import teach_sqlite
from app.db.lock import WriteLock
from app.db.models import Base, Invoice, Payment, db
from app.db.revisions import Revisions
from app.db.schema import revision_of, schema_trouble
from app.errors import ConfigError

log = logging.getLogger(__name__)

POOL_SIZE = 64  # connections of one process: as many as threads may want one
REST_SECONDS = 1.0  # a connection that nobody used for so long is tried before it is
CONNECT_SECONDS = 5  # a PostgreSQL server that does not answer is known to be gone after that
WRITES = "sattle_writes"  # execution option: this transaction will write
RESTS_SINCE = "sattle_rests_since"  # in a pooled connection's info: monotonic seconds
ASSESSING = "sattle_assessing"  # in a session's info: this change has its turn to assess invoices
TURN = select(func.pg_advisory_xact_lock(0x5A771E))  # let go of by the end of the transaction


def init_db(app: Flask, database_url: str, now: Now) -> None:
    """Attach the database to the application; on SQLite with WAL, full durability and the shared write lock.

    The audit log is dated by `now`.
    """
    date_entries_by(app, now)
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    options: dict[str, Any] = {"pool_size": POOL_SIZE, "max_overflow": 0, "pool_timeout": 30}
    options["hide_parameters"] = True  # errors are logged, and values are names, keys and tokens
    if database_url.startswith("postgresql"):
        options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    app.cli.add_command(Revisions(app))
    with app.app_context():
        app.extensions["sattle_write_lock"] = _prepare(db.engine)


def forget_connections(app: Flask) -> None:
    """After a fork, in the child: let go of the parent's connections without closing them."""
    with app.app_context():
        db.engine.dispose(close=False)


@contextmanager
def opened_engine(url: URL | str) -> Iterator[Engine]:
    """An engine for a database beside the application's own; what it opened is closed at the end."""
    engine = create_engine(url, poolclass=NullPool)
    _prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def reading_session() -> Session:
    """The session of this request or job, for reading.

    PostgreSQL shows each statement what is committed by then, in a transaction or not: without one, two questions to
    the server less are asked.
    """
    session = db.session()
    if not session.in_transaction() and session.get_bind().dialect.name != "sqlite":
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    return session


@contextmanager
def change() -> Iterator[Session]:
    """One change is one transaction: committed when the block ends, rolled back when it raises.

    Only use cases call this. What the request read before is forgotten, so that every decision is made on what the
    transaction itself sees.
    """
    session = db.session()
    session.rollback()
    lock: WriteLock | None = current_app.extensions["sattle_write_lock"]
    if lock is None:
        with _committed(session):
            yield session
        return
    with lock(), _committed(session):
        session.connection(execution_options={WRITES: True})
        yield session


@contextmanager
def assessing_change() -> Iterator[Session]:
    """One change that assesses invoices, or writes what they are assessed by: payments, a status, a price.

    Such changes take turns from before their first read until they are committed. On PostgreSQL two of them would else
    each assess an invoice without what the other one writes, and the later one would open a latch that the earlier one
    closed. What the bridge decides by is the same, and a refund and the order that an invoice names, too: it compares
    them in its turn. SQLite's write lock does the same for all changes.
    """
    session = db.session()
    session.info[ASSESSING] = True
    try:
        with change():
            if session.get_bind().dialect.name != "sqlite":
                session.connection().execute(TURN)
            yield session
    finally:
        del session.info[ASSESSING]


def require_schema() -> None:
    """ConfigError names the command that is missing when the tables are not those of this Sattle."""
    with db.engine.connect() as connection:
        trouble = schema_trouble(connection)
    if trouble is not None:
        raise ConfigError(trouble)


def database_state() -> str:
    """`ok`, `unreachable`, or, when it answers, `not_migrated` or `other_revision`: the tables are not ours."""
    try:
        with db.engine.connect() as connection:
            if schema_trouble(connection) is None:
                return "ok"
            return "not_migrated" if revision_of(connection) is None else "other_revision"
    except SQLAlchemyError as trouble:
        log.warning("the database does not answer: %s", type(trouble).__name__)
        return "unreachable"


@event.listens_for(db.session, "before_flush")
def _require_turn(session: Session, *_: object) -> None:
    """Nothing is written that invoices are assessed by, but in turn."""
    if session.info.get(ASSESSING):
        return
    out_of_turn = [row for row in session.new if isinstance(row, Payment)]
    out_of_turn += [row for row in session.dirty if _moves_an_invoice(row)]
    if out_of_turn:
        raise RuntimeError(f"{out_of_turn[0]!r} is written in a change that has not its turn: use assessing_change()")


def _moves_an_invoice(row: Base) -> bool:
    if isinstance(row, Invoice):
        state = inspect(row).attrs
        return any(state[name].history.has_changes() for name in ("status", "additional_status", "price"))
    return isinstance(row, Payment) and bool(db.session.is_modified(row))


@contextmanager
def _committed(session: Session) -> Iterator[None]:
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


def _prepare(engine: Engine) -> WriteLock | None:
    if engine.dialect.name != "sqlite":
        _try_after_rest(engine)
        return None
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return WriteLock(Path(engine.url.database or "sattle.db").absolute())


def _try_after_rest(engine: Engine) -> None:
    """Let connections that rested be tried before they are used: the server may have been restarted meanwhile.

    SQLAlchemy's own `pool_pre_ping` asks before every use, which is a tenth of the time that an invoice takes.
    """

    def note(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[RESTS_SINCE] = time.monotonic()

    def look(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get(RESTS_SINCE, time.monotonic()) < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as lost:
            raise InvalidatePoolError from lost  # all of them are made anew, and nobody notices

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", look)


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
    teach_sqlite(connection)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
