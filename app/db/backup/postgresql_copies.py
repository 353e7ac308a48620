"""Copies of a PostgreSQL database: what is counted and what pg_dump writes come from one exported snapshot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import URL, Connection, Engine, MetaData, func, select
from sqlalchemy.exc import ProgrammingError

from app.db.backup import postgresql_programs as programs
from app.db.backup.archive import Archive, Sink, Told
from app.db.backup.facts import facts_of, is_empty
from app.db.session import opened_engine
from app.db.trouble import never_migrated
from app.domain.backup import Facts
from app.errors import ConfigError, NotAllowed

ASIDE = "_sattle_verify"  # ends the name of the temporary database
NAME_BYTES = 63  # PostgreSQL cuts longer names
VERIFYING = 0x5A771E  # advisory lock: one check at a time
LOOKS, LOOK_SECONDS = 10, 0.2  # for connections that are ending


class PostgresCopies:
    """How the database at the engine's URL is copied and restored, by PostgreSQL's own programs."""

    engine_name = "postgresql"
    compressed = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> str:
        with self._engine.connect() as connection:
            return str(_major(connection))

    def write(self, sink: Sink, place: Path, network: str, told: Told) -> Facts:  # noqa: ARG002 - needs no room aside
        """Write a dump of the database to `sink`; returns what is counted in the same snapshot."""

        def take(chunk: bytes) -> None:
            sink.write(chunk)
            told("copying", sink.size, 0)

        with self._engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            snapshot = str(connection.scalar(select(func.pg_export_snapshot())))
            facts = facts_of(connection, network)
            if facts is None:
                raise never_migrated()
            programs.dump(self._engine.url, _major(connection), snapshot, take)
        return facts

    @contextmanager
    def opened(self, archive: Archive, place: Path, told: Told) -> Iterator[Engine]:  # noqa: ARG002 - on the server
        """The database of a backup, in a temporary database on the same server."""
        archive.require_whole(told)
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            self._require_new_enough(connection, archive)
            if not connection.scalar(select(func.pg_try_advisory_lock(VERIFYING))):
                raise NotAllowed("another command checks a backup on this server; wait until it has ended")
            aside = self._name_aside()
            try:
                url = self._create_aside(connection, aside)
                self._load(url, archive, told)
                with opened_engine(url) as engine:
                    yield engine
            finally:
                # Who was stopped in the middle of a statement has lost the connection, and with it the lock.
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as another:
                    _drop(another, aside)
                if not connection.invalidated:
                    connection.scalar(select(func.pg_advisory_unlock(VERIFYING)))

    def is_empty(self) -> bool:
        """Does the target hold no rows?"""
        with self._engine.connect() as connection:
            return is_empty(connection)

    def restore(self, archive: Archive, place: Path, prove: Callable[[Engine], None], told: Told) -> None:  # noqa: ARG002 - as the other engine's
        """Put the database of a backup into the empty target; when it does not prove good, take it out again."""
        archive.require_whole(told)
        self._engine.dispose()  # what we opened before is nobody else's connection
        with self._engine.connect() as connection:
            self._require_new_enough(connection, archive)
            _require_alone(connection)
        self._clear()
        self._load(self._engine.url, archive, told)
        try:
            prove(self._engine)
        except BaseException:
            self._clear()
            raise

    def _load(self, url: URL, archive: Archive, told: Told) -> None:
        programs.restore(url, int(archive.manifest.engine_version), archive.chunks("restoring", told))

    def _clear(self) -> None:
        """Drop the tables of the default schema: an empty schema is in the way of the copy's own."""
        tables = MetaData()
        with self._engine.begin() as connection:
            tables.reflect(connection)
            tables.drop_all(connection)

    def _name_aside(self) -> str:
        own = str(self._engine.url.database or self._engine.url.username)
        return own.encode()[: NAME_BYTES - len(ASIDE)].decode(errors="ignore") + ASIDE

    def _create_aside(self, connection: Connection, name: str) -> URL:
        _drop(connection, name)  # of a check that was killed
        encoding, collate, ctype = connection.exec_driver_sql(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database"
            " WHERE datname = current_database()"
        ).one()
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}")
        command = create.format(sql.Identifier(name), sql.Literal(encoding), sql.Literal(collate), sql.Literal(ctype))
        try:
            connection.exec_driver_sql(command.as_string())
        except ProgrammingError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                role = self._engine.url.username
                raise ConfigError(
                    f"the role {role} may not create the temporary database that a check needs; allow it with "
                    f"ALTER ROLE {role} CREATEDB"
                ) from None
            raise
        return self._engine.url.set(database=name)

    def _require_new_enough(self, connection: Connection, archive: Archive) -> None:
        made_by, server = archive.manifest.engine_version, _major(connection)
        if not made_by.isdigit() or int(made_by) > server:
            raise archive.refused(f"it comes from PostgreSQL {made_by} and this server is {server}; use a newer server")


def _require_alone(connection: Connection) -> None:
    """NotAllowed while others are connected; one that was closed a moment ago is given the time to end."""
    others = 0
    for _ in range(LOOKS):
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).scalar_one()
        if not others:
            return
        connection.exec_driver_sql(f"SELECT pg_sleep({LOOK_SECONDS}), pg_stat_clear_snapshot()")
    raise NotAllowed(f"other connections to the database are open ({others}); stop web and worker first")


def _drop(connection: Connection, name: str) -> None:
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    connection.exec_driver_sql(drop.as_string())


def _major(connection: Connection) -> int:
    version = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    return int(version) // 10_000
