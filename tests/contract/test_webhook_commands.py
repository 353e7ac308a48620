"""`flask webhook`: what an operator makes by hand, looks at and sends again."""

import json
from typing import Any

import pytest
from click.testing import Result

from app.db.models import Webhook, db
from app.domain.invoice import Status
from app.usecases.mark_invoice import mark_invoice
from tests.contract.conftest import Client, Server
from tests.contract.deliveries import deliver

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def store(server: Server) -> str:
    return server.store()


def run(server: Server, *arguments: str, answer: str | None = None) -> Result:
    return server.app.test_cli_runner().invoke(args=["webhook", *arguments], input=answer)


def told(server: Server, *arguments: str) -> Any:
    done = run(server, *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def secret_of(server: Server, webhook_id: str) -> str:
    with server.app.app_context():
        return db.session.get_one(Webhook, webhook_id).secret


def test_a_webhook_is_added_with_a_secret_that_is_shown_once(server: Server, store: str) -> None:
    made = told(server, "add", store, URL, "--event", "InvoiceSettled", "--event", "InvoiceInvalid", "--one-try")
    assert secret_of(server, made["id"]) == made["secret"]
    (listed,) = told(server, "list", store)
    assert {name: listed[name] for name in ("id", "url", "enabled", "automatic_redelivery", "by_hand")} == {
        "id": made["id"],
        "url": URL,
        "enabled": True,
        "automatic_redelivery": False,
        "by_hand": True,
    }
    assert listed["events"] == ["InvoiceSettled", "InvoiceInvalid"]
    plain = run(server, "add", store, URL)
    shown = told(server, "list", store)[1]
    assert secret_of(server, shown["id"]) in plain.stdout
    for again in (run(server, "list", store), run(server, "list", store, "--json")):
        assert made["secret"] not in again.output
        assert URL in again.stdout


def test_a_secret_can_be_typed_and_is_not_repeated(server: Server, store: str) -> None:
    done = run(server, "add", store, URL, "--ask-secret", answer="hush hush\nhush hush\n")
    assert done.exit_code == 0
    assert "hush" not in done.output
    (listed,) = told(server, "list", store)
    assert secret_of(server, listed["id"]) == "hush hush"


def test_an_address_that_is_none_is_refused(server: Server, store: str) -> None:
    done = run(server, "add", store, "ftp://127.0.0.1/")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "http or https" in done.stderr
    assert told(server, "list", store) == []


def test_deliveries_are_shown_and_sent_again(server: Server, client: Client) -> None:
    invoice_id = str(client.create().json()["data"]["id"])
    (store_id,) = [each["id"] for each in json.loads(server.app.test_cli_runner().invoke(
        args=["store", "list", "--json"]).stdout)]  # fmt: skip
    webhook_id = told(server, "add", store_id, URL, "--one-try")["id"]
    with server.app.app_context():
        mark_invoice(invoice_id, Status.SETTLED, server.services.clock.now())
    (job,) = deliver(server.app, 500)
    (shown,) = told(server, "deliveries", webhook_id)
    assert (shown["invoice"], shown["event"], shown["state"]) == (invoice_id, "InvoiceSettled", "failed")
    assert [(each["id"], each["http_status"]) for each in shown["attempts"]] == [(job.attempt_id, 500)]
    assert "InvoiceSettled" in run(server, "deliveries", webhook_id).stdout
    done = run(server, "redeliver", job.attempt_id)
    assert done.exit_code == 0
    (again,) = deliver(server.app)
    assert again.attempt_id in done.stdout
    assert told(server, "deliveries", webhook_id)[0]["state"] == "delivered"


def test_a_disabled_webhook_is_told_nothing_more(server: Server, store: str) -> None:
    webhook_id = told(server, "add", store, URL)["id"]
    assert run(server, "disable", webhook_id).exit_code == 0
    assert told(server, "list", store)[0]["enabled"] is False
    assert "disabled" in run(server, "list", store).stdout


@pytest.mark.parametrize("arguments", [["disable", "nothing"], ["deliveries", "nothing"], ["redeliver", "nothing"]])
def test_what_there_is_not_is_said_in_one_line(server: Server, arguments: list[str]) -> None:
    done = run(server, *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nothing" in done.stderr
