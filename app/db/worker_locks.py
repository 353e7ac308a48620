"""Which workers live, and which of them leads. A lock whose holder died is freed for us: no lease, no clock."""

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

LEADER = "leader"


class WorkerLocks(Protocol):
    """The locks that one worker holds while it lives."""

    def leads(self) -> bool:
        """Does this worker lead? Takes the lead if it is free."""

    def is_dead(self, worker: str) -> bool:
        """Is `worker` gone? This one itself is not."""

    def release(self) -> None:
        """Let go of all of them, as the end of the process does."""


def worker_locks(engine: Engine, worker: str) -> WorkerLocks:
    """The locks that suit the database."""
    if engine.dialect.name == "sqlite":
        return SqliteLocks(_worker_file(engine), worker)
    return PostgresLocks(engine, worker)


def somebody_leads(engine: Engine) -> bool:
    """Does a worker lead now? Asked by commands that wait for one."""
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            if not connection.scalar(select(func.pg_try_advisory_lock_shared(_key(LEADER)))):
                return True
            connection.scalar(select(func.pg_advisory_unlock_shared(_key(LEADER))))
        return False
    descriptor = os.open(_worker_file(engine), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class SqliteLocks:
    """A lock file beside the database: there is one worker, it leads, and whoever came before is dead."""

    def __init__(self, path: Path, worker: str) -> None:
        self._path = path
        self._worker = worker
        self._held: int | None = None

    def leads(self) -> bool:
        if self._held is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._held = descriptor
        return True

    def is_dead(self, worker: str) -> bool:
        return worker != self._worker

    def release(self) -> None:
        if self._held is not None:
            os.close(self._held)
        self._held = None


class PostgresLocks:
    """Session-level advisory locks on a connection of their own: one says who leads, one each who lives."""

    def __init__(self, engine: Engine, worker: str) -> None:
        self._engine = engine
        self._worker = worker
        self._connection: Connection | None = None
        self._leading = False

    def leads(self) -> bool:
        try:
            connection = self._connected()
            if self._leading:
                connection.scalar(select(1))
            else:
                self._leading = _take(connection, LEADER)
        except SQLAlchemyError:  # the connection is lost, and with it the lead
            self.release()
        return self._leading

    def is_dead(self, worker: str) -> bool:
        if worker == self._worker:
            return False
        try:
            connection = self._connected()
            if not _take(connection, worker):
                return False
            connection.scalar(select(func.pg_advisory_unlock(_key(worker))))
        except SQLAlchemyError:  # not to be known now
            self.release()
            return False
        return True

    def release(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.invalidate()
            self._connection.close()
        self._connection, self._leading = None, False

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # Waits for another worker that holds it for the moment of asking whether this one is dead.
            self._connection.scalar(select(func.pg_advisory_lock(_key(self._worker))))
        return self._connection


def _worker_file(engine: Engine) -> Path:
    database = Path(engine.url.database or "sattle.db").absolute()
    return database.with_name(database.name + ".worker")


def _take(connection: Connection, name: str) -> bool:
    return bool(connection.scalar(select(func.pg_try_advisory_lock(_key(name)))))


def _key(name: str) -> int:
    """Advisory locks are numbers of 64 bits."""
    return int.from_bytes(hashlib.sha256(f"sattle worker {name}".encode()).digest()[:8], "big", signed=True)
