"""/health, on both engines and without either."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.db.models import db
from app.settings import Settings
from regtest.ports import free_port
from tests.checkout_rows import shop_open

PASSWORD = "a-secret-word"


def application(directory: Path, database_url: str) -> Flask:
    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": database_url}
    return create_app(Settings.from_environment(chosen))


def look(client: FlaskClient) -> tuple[int, dict[str, object]]:
    answer = client.get("/health", headers={"Accept": "text/html,*/*"})
    assert answer.json is not None
    return answer.status_code, answer.json


def test_health_names_database_node_and_tip(tmp_path: Path, migrated_url: str) -> None:
    with shop_open(tmp_path, DATABASE_URL=migrated_url) as shop:
        status, found = look(shop.app.test_client())
    assert status == 200
    assert (found["database"], found["node_state"], found["tip_height"]) == ("ok", "ready", 120)


def test_a_database_that_was_never_migrated_is_named(tmp_path: Path, database_url: str) -> None:
    app = application(tmp_path, database_url)
    status, found = look(app.test_client())
    assert (status, found["database"]) == (503, "not_migrated")
    assert "db upgrade" in str(found["message"])
    with app.app_context():
        db.engine.dispose()


def test_a_database_that_is_gone_is_named_without_its_secrets(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = application(tmp_path, f"postgresql://shop:{PASSWORD}@127.0.0.1:{free_port()}/sattle")
    status, found = look(app.test_client())
    assert (status, found["database"], found["network"]) == (503, "unreachable", "regtest")
    assert "DATABASE_URL" in str(found["message"])
    assert PASSWORD not in str(found) + caplog.text
    assert app.test_client().get("/i/any").status_code == 500
    assert PASSWORD not in caplog.text


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "sattle.db").write_text("not a database, and long enough to be read as one" * 100)
    app = application(tmp_path, f"sqlite:///{tmp_path / 'sattle.db'}")
    status, found = look(app.test_client())
    assert (status, found["database"]) == (503, "unreachable")
    with app.app_context():
        db.engine.dispose()
