"""Does the database answer, and is it at the revision that this Sattle works with?"""

from app.db.models import db
from app.db.schema import head_revision, is_known, revision_of
from app.db.trouble import trouble_named
from app.domain.findings import Finding, failed, ok
from app.errors import Unavailable
from app.services import Services


def answers(services: Services) -> Finding:  # noqa: ARG001 - the engine of the application context
    """One question to the engine of DATABASE_URL."""
    check = "database"
    try:
        with trouble_named(), db.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except Unavailable as trouble:
        return failed(check, str(trouble), "check DATABASE_URL and that the server runs, then ask again")
    return ok(check, f"{db.engine.dialect.name} answers")


def revision(services: Services) -> Finding:  # noqa: ARG001 - the engine of the application context
    """The tables must be those that the code knows."""
    check = "revision"
    with db.engine.connect() as connection:
        found = revision_of(connection)
    if found == head_revision():
        return ok(check, f"the tables are at the newest revision, {found}")
    if found is None:
        return failed(check, "the database was never migrated", "flask db upgrade")
    if not is_known(found):
        return failed(check, f"the tables are at revision {found}, of a newer Sattle", "install that version again")
    return failed(check, f"the tables are at revision {found}, the newest is {head_revision()}", "flask db upgrade")
