"""Commands that cannot do what they are asked say so in one line, whatever stands in the way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from regtest.state import PROJECT_ROOT
from tests.contract.greenfield_client import let_go, make_app

BEYOND = "9" * 20  # any number that a database keeps
COMMANDS = (
    ["store", "list"],
    ["store", "create", "demo"],
    ["wallet", "list"],
    ["invoice", "alerts"],
    ["chain", "status"],
    ["user", "list"],
    ["api-key", "list"],
    ["webhook", "list", "demo"],
    ["payout", "list", "demo"],
)


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=list(arguments))


def new_app(directory: Path, url: str, **environment: str) -> Flask:
    from app import create_app
    from app.settings import Settings

    chosen = {"SATTLE_NETWORK": "regtest", "SATTLE_DATA_DIR": str(directory), "DATABASE_URL": url}
    return create_app(Settings.from_environment({**chosen, **environment}))


def expect_one_line(done: Result, *words: str) -> None:
    assert done.exit_code in (1, 2), done.exception
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.stdout == ""
    assert "Error: " in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert len(done.stderr.partition("Error: ")[2].splitlines()) == 1


def test_a_database_without_tables_is_to_be_migrated(tmp_path: Path, database_url: str) -> None:
    app = new_app(tmp_path, database_url)
    for command in COMMANDS:
        expect_one_line(run(app, *command), "flask --app wsgi db upgrade")
    let_go(app)


def test_a_database_that_does_not_answer_is_said_without_its_password(tmp_path: Path) -> None:
    app = new_app(tmp_path, "postgresql://shop:secret@127.0.0.1:1/sattle")
    for command in COMMANDS:
        done = run(app, *command)
        expect_one_line(done, "database")
        assert "secret" not in done.stderr


def test_a_clock_that_cannot_be_read_is_named(tmp_path: Path, migrated_sqlite: Path) -> None:
    clock = tmp_path / "clock"
    shutil.copy(migrated_sqlite, tmp_path / "sattle.db")
    app = make_app(tmp_path, f"sqlite:///{tmp_path / 'sattle.db'}")
    clock.write_text("soon")
    for command in (["store", "create", "demo"], ["worker"], ["user", "create", "a@b.example", "--generate"]):
        expect_one_line(run(app, *command), f"SATTLE_TEST_CLOCK={clock}")
    let_go(app)


@pytest.mark.parametrize(
    "arguments",
    [
        ["wallet", "skip", BEYOND, "5", "--yes"],
        ["wallet", "skip", "1", BEYOND, "--yes"],
        ["wallet", "gap", BEYOND],
        ["wallet", "scan", BEYOND],
        ["invoice", "acknowledge", BEYOND],
        ["invoice", "acknowledge", "0"],
        ["invoice", "list", "a store", "--limit", BEYOND],
        ["chain", "rescan", "--from", BEYOND],
        ["store", "create", "demo", "--currency", "XXX"],
        ["store", "create", "demo", "--website", "javascript:alert(1)"],
        ["store", "create", "demo", "--website", "shop.example"],
        ["store", "set", "a store", "--expiration-minutes", BEYOND],
        ["store", "set", "a store", "--tolerance", "1e999999"],
        ["store", "rates", "a store", "--spread", "1e999999"],
        ["store", "rates", "a store", "--source", "nobody"],
        ["store", "rates", "a store", "--fallback", "nobody"],
        ["store", "create", "\udcff"],
        ["webhook", "add", "a store", "http://127.0.0.1:99999/"],
        ["webhook", "add", "a store", "http://a..b/"],
        ["webhook", "deliveries", "nothing", "--limit", BEYOND],
        ["webhook", "redeliver", BEYOND],
        ["payout", "approve", BEYOND],
        ["payout", "psbt", BEYOND],
        ["payout", "paid", "\udcff"],
        ["user", "create", "\udcff@shop.example", "--generate"],
        ["user", "role", "nobody@shop.example", "a store", "Owner"],
        ["api-key", "create", "merchant@shop.example", "\udcff"],
        ["api-key", "create", "merchant@shop.example", "unrestricted", "--label", "\udcff"],
        ["api-key", "revoke", "\udcff"],
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_line(
    greenfield: Flask, merchant: object, arguments: list[str]
) -> None:
    expect_one_line(run(greenfield, *arguments))


@pytest.mark.parametrize("program", ["regtest.shop", "regtest.packages"])
def test_a_program_that_is_asked_for_help_does_nothing_else(program: str, tmp_path: Path) -> None:
    environment = {**os.environ, "SATTLE_SHOP_STATE": str(tmp_path / "shop"), "PATH": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-m", program, "--help"],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout[:6]) == (0, "usage:")
    assert list(tmp_path.iterdir()) == []
