"""Runs the migrations on the application's own engine: `flask --app wsgi db upgrade`."""

from alembic import context
from flask import current_app

from app.db.session import WRITES

database = current_app.extensions["migrate"].db


def run() -> None:
    with database.engine.connect().execution_options(**{WRITES: True}) as connection:
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
