"""Runs the migrations on the application's engine (`flask --app wsgi db upgrade`), or on that of `app.db.schema`."""

from alembic import context
from flask import current_app

from app.db.session import WRITES

database = current_app.extensions["migrate"].db


def run() -> None:
    engine = context.config.attributes.get("engine") or database.engine
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
