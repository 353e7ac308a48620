"""At which revision a database is, and bringing it to the newest."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, column, inspect, select, table

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"


def head_revision() -> str:
    """The newest revision that this Sattle knows."""
    return str(_scripts().get_current_head())


def is_known(revision: str) -> bool:
    """Does this Sattle know the revision, and so the way from it to the newest?"""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; None if it was never migrated."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))


def migrate(engine: Engine) -> None:
    """Bring the database of `engine` to the newest revision, if it is not there yet."""
    with engine.connect() as connection:
        if revision_of(connection) == head_revision():
            return
    from alembic import command  # noqa: PLC0415 - see `newest_of_files`

    config = _config()
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see `newest_of_files`

    return ScriptDirectory.from_config(_config())


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see `newest_of_files`

    config = Config(MIGRATIONS / "alembic.ini")
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


UPGRADE = "stop web and worker, make a backup, then run `flask --app wsgi db upgrade`"


def schema_trouble(connection: Connection) -> str | None:
    """Why nobody may work on a database as it is, with the remedy; None when its tables are those of this Sattle."""
    found, wanted = revision_of(connection), newest_of_files()
    if found == wanted:
        return None
    if found is None:
        return "the database has no tables yet: run `flask --app wsgi db upgrade`"
    if found in _of_files():
        return f"the database is at revision {found} and this Sattle needs {wanted}: {UPGRADE}"
    return f"the database is at revision {found}, which only a newer Sattle than this one knows: install that again"


def newest_of_files() -> str:
    """What `head_revision` says, by the files' names: loading Alembic would take every command a third of a second."""
    return max(_of_files())


@lru_cache(maxsize=1)
def _of_files() -> frozenset[str]:
    return frozenset(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
