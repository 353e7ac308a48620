"""Runs the migrations on the application's engine (`flask --app wsgi db upgrade`), or on that of `app.db.schema`."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection

from app.db.models import db
from app.db.session import WRITES


@contextmanager
def tables_may_be_replaced(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by copying it and dropping the old one, which the keys of other tables would forbid."""
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")  # no effect once a transaction has begun, so before SQLAlchemy begins one
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys=ON")


@contextmanager
def references_kept(connection: Connection) -> Iterator[None]:
    """Raise, and so leave everything as it was, if more rows point to nothing than before."""
    before = _lost_references(connection)
    yield
    lost = _lost_references(connection) - before
    if lost > 0:
        raise RuntimeError(f"the migration was undone: {lost} rows would have lost what they refer to")


def _lost_references(connection: Connection) -> int:
    if connection.dialect.name != "sqlite":
        return 0  # the database itself refuses them
    return len(connection.exec_driver_sql("PRAGMA foreign_key_check").all())


def run() -> None:
    engine = context.config.attributes.get("engine") or db.engine
    with (
        engine.connect().execution_options(**{WRITES: True}) as connection,
        tables_may_be_replaced(connection),
    ):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            transactional_ddl=True,  # on SQLite too, where we say BEGIN ourselves: all of it happens or nothing
        )
        with context.begin_transaction(), references_kept(connection):
            context.run_migrations()
        connection.commit()


run()
