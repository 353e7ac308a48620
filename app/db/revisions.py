"""`flask db`, and the way to the newest revision for programs.

Flask-Migrate and Alembic are loaded when somebody wants them: that takes a third of a second, which every process and
every other command would wait for.
"""

import logging
from typing import Any

import click
from flask import Flask, current_app

from app.db.base import db
from app.db.schema import MIGRATIONS

EXTENSION = "migrate"
logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # it tells each of its parts when it is loaded


class Revisions(click.Command):
    """Stands for the group of Flask-Migrate's commands until one of them is called."""

    def __init__(self, app: Flask) -> None:
        super().__init__("db", help="Perform database migrations.")
        self._app = app

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """That of the group, which takes over from here."""
        from flask_migrate.cli import db as commands  # noqa: PLC0415 - see above

        attach(self._app)
        context: click.Context = commands.make_context(info_name, args, parent, **extra)
        return context


def attach(app: Flask) -> None:
    """Have Flask-Migrate know the application."""
    from flask_migrate import Migrate  # noqa: PLC0415 - see above

    if EXTENSION not in app.extensions:
        Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)


def upgrade(revision: str = "head") -> None:
    """Bring the application's database to a newer revision; inside an application context."""
    import flask_migrate  # noqa: PLC0415 - see above

    attach(current_app)
    flask_migrate.upgrade(revision=revision)


def downgrade(revision: str) -> None:
    """Bring it back to an older one."""
    import flask_migrate  # noqa: PLC0415 - see above

    attach(current_app)
    flask_migrate.downgrade(revision=revision)
