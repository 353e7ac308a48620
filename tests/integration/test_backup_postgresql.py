"""PostgreSQL's own programs: where they are missing or too old, what they are told, and what a role must be allowed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.db.backup import postgresql_programs
from app.db.backup.archive import opened_archive
from app.db.models import db
from tests.backup_places import NewPlace, Place, change_manifest, places
from tests.private_postgresql import Cluster

PASSWORD = "correct horse/battery:staple@x"
WATCHED = """#!/bin/sh
# Notes how it was called, then does the work.
tr '\\0' ' ' < /proc/$$/cmdline >> {log}
echo >> {log}
env | sort >> {log}.environment
exec {program} "$@"
"""


@pytest.fixture
def new_place(postgresql: Cluster, tmp_path: Path) -> Iterator[NewPlace]:
    with places(tmp_path, lambda: postgresql) as new:
        yield new


@pytest.fixture
def place(new_place: NewPlace) -> Place:
    made = new_place()
    made.fill()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sattle.backup"


def role(place: Place, name: str, *, may: str = "") -> str:
    """The address of the same database for a role with a password; it owns the tables."""
    url = make_url(place.url)
    with place.app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP ROLE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN {may} PASSWORD '{PASSWORD}'")
        connection.exec_driver_sql(f'ALTER DATABASE "{url.database}" OWNER TO {name}')
        connection.exec_driver_sql(f"GRANT ALL ON SCHEMA public TO {name}")
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        connection.exec_driver_sql(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}")
    return url.set(username=name, password=PASSWORD).render_as_string(hide_password=False)


def programs(directory: Path, script: str, *names: str) -> Path:
    """A directory with programs of these names."""
    directory.mkdir()
    for name in names:
        (directory / name).write_text(script.replace("{program}", f"/usr/bin/{name}"), encoding="utf-8")
        (directory / name).chmod(0o755)
    return directory


def test_a_missing_program_is_named_with_its_package(
    place: Place, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.told("backup", file)
    monkeypatch.setenv("PATH", str(programs(tmp_path / "empty", "")))
    assert place.refused("backup", file.with_name("next")) == (
        "pg_dump is not installed; install the Debian package postgresql-client-15"
    )
    assert "pg_restore is not installed" in place.refused("backup", "verify")
    assert not file.with_name("next").exists()


def test_a_program_that_is_too_old_is_named_with_its_package(
    place: Place, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = programs(
        tmp_path / "old", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 11.22 (Debian 11.22-0+deb10u2)'\n", "pg_dump"
    )
    monkeypatch.setenv("PATH", f"{old}:{os.environ['PATH']}")
    sentence = place.refused("backup", file)
    assert "is version 11 and the database comes from PostgreSQL 15" in sentence
    assert "postgresql-client-15" in sentence
    assert not file.exists()


def test_a_program_that_fails_is_quoted_and_nothing_is_left(
    place: Place, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "#!/bin/sh\n[ \"$1\" = --version ] && exec {program} --version\necho 'no more room' >&2\nexit 1\n"
    monkeypatch.setenv("PATH", f"{programs(tmp_path / 'bad', script, 'pg_dump')}:{os.environ['PATH']}")
    assert place.refused("backup", file) == "pg_dump failed: no more room"
    assert [path for path in file.parent.iterdir() if path.name.startswith(file.name)] == []


def test_the_password_is_in_no_argument_and_our_secrets_are_not_handed_on(
    new_place: NewPlace, place: Place, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "called"
    watched = programs(tmp_path / "watched", WATCHED.replace("{log}", str(log)), "pg_dump", "pg_restore")
    monkeypatch.setenv("PATH", f"{watched}:{os.environ['PATH']}")
    monkeypatch.setenv("SATTLE_NODE_PASSWORD", "not their affair")
    with_password = new_place(DATABASE_URL=role(place, "careful", may="CREATEDB"))
    outputs = [with_password.flask("backup", file).output, with_password.flask("backup", "verify").output]
    called, told = log.read_text(encoding="utf-8"), Path(f"{log}.environment").read_text(encoding="utf-8")
    assert "--snapshot=" in called
    assert "--single-transaction" in called
    for text in (called, *outputs):
        assert PASSWORD not in text
    assert f"PGPASSWORD={PASSWORD}" in told
    assert "not their affair" not in told


def test_a_role_that_may_not_create_a_database_is_told_what_it_needs(
    new_place: NewPlace, place: Place, file: Path
) -> None:
    humble = new_place(DATABASE_URL=role(place, "humble"))
    humble.told("backup", file)
    assert "ALTER ROLE humble CREATEDB" in humble.refused("backup", "verify", file)
    fresh = new_place()
    fresh.told("restore", file)


def test_a_database_that_somebody_else_uses_is_not_restored_into(new_place: NewPlace, place: Place, file: Path) -> None:
    place.told("backup", file)
    fresh = new_place()
    other = new_place(DATABASE_URL=fresh.url)
    with other.app.app_context():
        engine = db.engine
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        assert "other connections to the database are open (1)" in fresh.refused("restore", file)
    assert fresh.rows() == {}


def test_a_backup_from_a_newer_server_is_refused(new_place: NewPlace, place: Place, file: Path) -> None:
    place.told("backup", file)
    change_manifest(file, engine_version="99")
    fresh = new_place()
    for verb in (["restore"], ["backup", "verify"]):
        assert "comes from PostgreSQL 99 and this server is 15" in fresh.refused(*verb, file)
    assert fresh.rows() == {}


def test_a_server_that_does_not_answer_is_a_sentence(new_place: NewPlace, file: Path) -> None:
    nowhere = new_place(DATABASE_URL="postgresql://somebody:secret@127.0.0.1:1/nothing")
    for command in (["backup", file], ["restore", file], ["backup", "verify"]):
        file.unlink(missing_ok=True)
        sentence = nowhere.refused(*command)
        assert "secret" not in sentence
        assert "127.0.0.1" in sentence or "cannot be read" in sentence


def test_a_restore_cut_short_before_the_migration_goes_on(new_place: NewPlace, file: Path) -> None:
    old = new_place()
    old.fill_first_revision()
    old.told("backup", file)
    fresh = new_place()
    with fresh.app.app_context(), opened_archive(file) as archive:
        chunks = archive.chunks("restoring", lambda *_: None)
        postgresql_programs.restore(db.engine.url, int(archive.manifest.engine_version), chunks)
    assert fresh.told("restore", file)["completed"]
    assert len(fresh.rows()["backups"]) == 1
    assert "not empty" in fresh.refused("restore", file)
