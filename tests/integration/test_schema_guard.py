"""A database of another version: nothing is served, nothing is changed, and the command that is missing is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import create_app
from app.db.models import db
from app.db.revisions import upgrade
from app.db.schema import head_revision, newest_of_files
from app.db.session import WRITES
from app.settings import Settings

COMMAND = "flask --app wsgi db upgrade"


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on an empty database."""
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(tmp_path), "DATABASE_URL": database_url}
    made = create_app(Settings.from_environment(chosen))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def set_revision(app: Flask, revision: str) -> None:
    with app.app_context(), db.engine.connect().execution_options(**{WRITES: True}) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
        connection.commit()


def test_the_files_names_say_what_alembic_says() -> None:
    assert newest_of_files() == head_revision()


def test_an_empty_database_is_served_to_nobody(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/login", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert COMMAND in page.text
    assert "Content-Security-Policy" in page.headers
    api = client.get("/api/v1/stores")
    assert (api.status_code, api.content_type) == (503, "application/json")
    assert COMMAND in api.text
    with client.get("/static/sattle.css") as style:
        assert style.status_code == 200
    health = client.get("/health")
    assert (health.status_code, health.json["database"]) == (503, "not_migrated")  # type: ignore[index]


@pytest.mark.parametrize("command", [["store", "list"], ["worker"], ["user", "list"]])
def test_commands_end_with_the_sentence(app: Flask, command: list[str]) -> None:
    done = app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [f"Error: the database has no tables yet: run `{COMMAND}`"]


def test_what_looks_after_the_database_works_all_the_same(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke
    assert run(args=["store", "create", "--help"]).exit_code == 0
    assert "revision" in run(args=["doctor"]).stdout
    with app.app_context():
        upgrade(revision="0010")
    made = run(args=["backup", str(tmp_path / "before.backup")])
    assert made.exit_code == 0, made.stderr
    assert "flask db upgrade" in made.stdout


def test_an_older_schema_is_refused_until_it_was_upgraded(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        upgrade(revision="0010")
    refused = client.get("/login", headers={"Accept": "text/html"})
    assert refused.status_code == 503
    for part in ("revision 0010", head_revision(), "backup", COMMAND):
        assert part in refused.text
    assert client.get("/health").json["database"] == "other_revision"  # type: ignore[index]
    with app.app_context():
        upgrade()
    assert client.get("/login").status_code == 200, "without a restart"
    assert client.get("/health").status_code == 200


def test_a_newer_schema_is_refused_as_well(app: Flask) -> None:
    with app.app_context():
        upgrade()
    set_revision(app, "9999")
    refused = app.test_client().get("/login", headers={"Accept": "text/html"})
    assert refused.status_code == 503
    assert "newer Sattle" in refused.text
    done = app.test_cli_runner().invoke(args=["store", "list"])
    assert (done.exit_code, "newer Sattle" in done.stderr) == (1, True)


def test_a_database_that_is_migrated_under_a_running_server_is_noticed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        upgrade()
    client = app.test_client()
    assert client.get("/login").status_code == 200
    set_revision(app, "9999")
    assert client.get("/login").status_code == 200, "it was looked at a moment ago"
    clock = app.extensions["sattle"].clock
    later = clock.monotonic() + 31
    monkeypatch.setattr(clock, "monotonic", lambda: later)
    assert client.get("/login").status_code == 503
