"""`flask user` and `flask api-key`."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.usecases.check_password import check_password
from regtest.scenarios.keys import read_api_key
from regtest.state import PROJECT_ROOT
from tests.contract.greenfield_client import Merchant, client_with
from tests.contract.visitor import Visitor

GOOD = "a good long password"


def run(app: Flask, *arguments: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=list(arguments), input=typed)


def told(app: Flask, *arguments: str, typed: str | None = None) -> Any:
    done = run(app, *arguments, "--json", typed=typed)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_an_account_is_made_for_a_store_and_signs_in(greenfield: Flask) -> None:
    store = told(greenfield, "store", "create", "demo")["id"]
    made = told(
        greenfield,
        "user",
        "create",
        "Ann@Shop.Example",
        "--store",
        "demo",
        "--role",
        "manager",
        "--password-stdin",
        typed=GOOD + "\n",
    )
    assert made == {"id": made["id"], "email": "ann@shop.example"}
    assert told(greenfield, "user", "list") == [
        {
            "id": made["id"],
            "email": "ann@shop.example",
            "administrator": False,
            "disabled": False,
            "stores": [{"id": store, "name": "demo", "role": "Manager"}],
        }
    ]
    assert "ann@shop.example  demo (Manager)" in run(greenfield, "user", "list").stdout
    assert Visitor(greenfield).sign_in("ann@shop.example", GOOD).status_code == 303


def test_a_password_is_asked_for_twice(greenfield: Flask) -> None:
    done = run(greenfield, "user", "create", "ann@shop.example", typed=f"{GOOD}\n{GOOD}\n")
    assert done.exit_code == 0, done.output
    assert GOOD not in done.stdout + done.stderr
    assert "no store yet" in done.stdout
    with greenfield.app_context():
        assert check_password("ann@shop.example", GOOD)


def test_a_password_is_made_and_shown_once(greenfield: Flask) -> None:
    made = told(greenfield, "user", "create", "ann@shop.example", "--administrator", "--generate")
    with greenfield.app_context():
        assert check_password("ann@shop.example", made["password"]) == made["id"]
    assert told(greenfield, "user", "list")[0]["administrator"] is True
    shown = run(greenfield, "user", "password", "ann@shop.example", "--generate").stdout
    again = shown.partition("Password: ")[2].splitlines()[0]
    assert again != made["password"]
    with greenfield.app_context():
        assert check_password("ann@shop.example", again)


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        (["create", "no-address", "--generate"], None),
        (["create", "ann@shop.example", "--password-stdin"], "short\n"),
        (["create", "ann@shop.example", "--password-stdin"], ""),
        (["create", "ann@shop.example", "--password-stdin", "--generate"], GOOD),
        (["create", "ann@shop.example", "--generate", "--store", "nothing"], None),
        (["create", "merchant@shop.example", "--generate"], None),
        (["disable", "nobody@shop.example"], None),
        (["password", "nobody@shop.example", "--generate"], None),
        (["role", "nobody@shop.example", "a store", "Owner"], None),
        (["role", "merchant@shop.example", "a store", "none"], None),
        (["role", "merchant@shop.example", "a store", "Guest"], None),
        (["role", "merchant@shop.example", "a store", "King"], None),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    greenfield: Flask, merchant: Merchant, arguments: list[str], typed: str | None
) -> None:
    before = told(greenfield, "user", "list")
    done = run(greenfield, "user", *arguments, typed=typed)
    assert done.exit_code != 0
    assert "Traceback" not in done.stderr
    assert "Error:" in done.stderr
    assert told(greenfield, "user", "list") == before


def test_an_account_is_shut_out_and_let_in_again(greenfield: Flask, merchant: Merchant) -> None:
    assert run(greenfield, "user", "disable", merchant.email).exit_code == 0
    assert "disabled" in run(greenfield, "user", "list").stdout
    assert Visitor(greenfield).sign_in().status_code == 403
    assert run(greenfield, "user", "enable", merchant.email).exit_code == 0
    assert Visitor(greenfield).sign_in().status_code == 303


def test_roles_are_given_changed_and_taken(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    def roles() -> dict[str, str]:
        (found,) = [each for each in told(greenfield, "user", "list") if each["email"] == stranger.email]
        return {store["name"]: store["role"] for store in found["stores"]}

    for role in ("Guest", "owner"):
        assert run(greenfield, "user", "role", stranger.email, "a store", role).exit_code == 0
        assert roles() == {"another store": "Owner", "a store": role.capitalize()}
    assert run(greenfield, "user", "role", stranger.email, "a store", "none").exit_code == 0
    assert roles() == {"another store": "Owner"}


def test_keys_are_made_listed_and_ended(greenfield: Flask, merchant: Merchant) -> None:
    wanted = ["btcpay.store.canviewinvoices", "btcpay.user.canviewprofile"]
    made = told(
        greenfield, "api-key", "create", merchant.email, *wanted, "--store", "a store", "--label", "till\x1b[2J"
    )
    assert made["permissions"] == [f"{wanted[0]}:{merchant.store_id}", wanted[1]]
    client = client_with(greenfield, made["apiKey"])
    assert client.get("/users/me").status_code == 200
    (listed,) = told(greenfield, "api-key", "list")
    assert (listed["id"], listed["email"], listed["permissions"]) == (made["id"], merchant.email, made["permissions"])
    shown = run(greenfield, "api-key", "list").stdout
    assert "till\ufffd[2J" in shown
    assert made["apiKey"] not in shown
    assert run(greenfield, "api-key", "revoke", made["id"]).exit_code == 0
    assert client.get("/users/me").status_code == 401
    assert run(greenfield, "api-key", "revoke", made["id"]).exit_code == 1


def test_the_recipe_of_the_qa_page_leaves_a_file_with_the_key_and_nothing_else(
    greenfield: Flask, merchant: Merchant, tmp_path: Path
) -> None:
    page = (PROJECT_ROOT / "docs" / "qa.md").read_text("utf-8").replace("\\\n", " ")
    recipe = re.search(r"flask --app wsgi (api-key create .*) > (\S+)", page)
    assert recipe is not None
    here = {"merchant@demo.example": merchant.email, "demo": "a store"}
    done = run(greenfield, *(here.get(word, word) for word in shlex.split(recipe[1])))
    assert (done.exit_code, "Keep it" in done.stderr) == (0, True)
    file = tmp_path / recipe[2]
    file.write_text(done.stdout)
    assert client_with(greenfield, read_api_key(file)).get("/stores").status_code == 200


def test_a_key_of_the_older_kind_is_alone_on_standard_output_too(greenfield: Flask, merchant: Merchant) -> None:
    done = run(greenfield, "store", "api-key", "a store")
    assert (done.exit_code, len(done.stdout.split()), "Keep it" in done.stderr) == (0, 1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nobody@shop.example", "unrestricted"],
        ["merchant@shop.example", "everything"],
        ["merchant@shop.example", "btcpay.server.canmanageusers"],
        ["merchant@shop.example"],
        ["merchant@shop.example", "btcpay.store.canviewinvoices", "--store", "nothing"],
    ],
)
def test_a_key_that_cannot_be_made_is_not(greenfield: Flask, merchant: Merchant, arguments: list[str]) -> None:
    done = run(greenfield, "api-key", "create", *arguments)
    assert done.exit_code != 0
    assert "Traceback" not in done.stderr
    assert told(greenfield, "api-key", "list") == []
