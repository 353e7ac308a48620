"""Databases for tests: made by the migrations once in a run, fresh for each test."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from flask import Flask
from psycopg import sql

from app import create_app
from app.db.models import db
from app.db.revisions import upgrade
from app.settings import Settings


def migrate(database_url: str, directory: Path) -> None:
    """Bring an empty database to the newest revision, and let go of it."""
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": database_url}
    app = create_app(Settings.from_environment(chosen))
    with app.app_context():
        upgrade()
    let_go(app)


def let_go(app: Flask) -> None:
    """Close all connections of an application that nobody uses any more: first those who would open new ones."""
    app.extensions["sattle_streams"].stop()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@cache
def migrated_file() -> bytes:
    """An SQLite file at the newest revision: made once, for it takes as long as most tests."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "sattle.db"
        migrate(f"sqlite:///{file}", Path(directory))
        return file.read_bytes()


def empty(postgresql_url: str) -> None:
    """Take the rows out of all tables: a new database for each test would cost more time and 7 MB each.

    Only what was written is deleted: to truncate all tables takes as long as a test.
    """
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("SET lock_timeout = '20s'")  # a test before this one that still writes is a defect
        connection.execute("SET session_replication_role = replica")  # in any order, whatever refers to what
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = [name for (name,) in found if name != "alembic_version"]
        asked = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name)) for name in tables
        )
        for (name,) in connection.execute(asked).fetchall():
            connection.execute(sql.SQL("LOCK TABLE {0} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        connection.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
        )
