"""Databases for tests: made by the migrations once in a run, fresh for each test."""

from pathlib import Path

import psycopg
from flask_migrate import upgrade
from psycopg import sql

from app import create_app
from app.db.models import db
from app.settings import Settings


def migrate(database_url: str, directory: Path) -> None:
    """Bring an empty database to the newest revision, and let go of it."""
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": database_url}
    with create_app(Settings.from_environment(chosen)).app_context():
        upgrade()
        db.engine.dispose()


def empty(postgresql_url: str) -> None:
    """Take the rows out of all tables: a new database for each test would cost more time and 7 MB each."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '20s'")  # a test before this one that still writes is a defect
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = [sql.Identifier(name) for (name,) in found if name != "alembic_version"]
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(tables)))
