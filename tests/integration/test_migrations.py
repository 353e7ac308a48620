"""From an empty database to the newest revision, on both engines, with nothing left to migrate."""

import os
import subprocess
import sys
from pathlib import Path


def flask_db(verb: str, directory: Path, url: str) -> subprocess.CompletedProcess[str]:
    settings = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", verb],
        env={**os.environ, **settings, "FLASK_SKIP_DOTENV": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_empty_database_is_migrated_and_agrees_with_the_models(database_url: str, tmp_path: Path) -> None:
    assert "New upgrade operations" not in flask_db("upgrade", tmp_path, database_url).stderr
    checked = flask_db("check", tmp_path, database_url)
    assert checked.returncode == 0, checked.stderr[-2000:]
    assert flask_db("downgrade", tmp_path, database_url).returncode == 0
    assert flask_db("upgrade", tmp_path, database_url).returncode == 0


def test_a_database_that_was_never_migrated_does_not_pass_the_check(database_url: str, tmp_path: Path) -> None:
    assert flask_db("check", tmp_path, database_url).returncode != 0
