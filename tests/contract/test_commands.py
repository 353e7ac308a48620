"""The commands that scripts rely on: JSON alone on standard output, errors on standard error with a non-zero exit."""

import json
from typing import Any

from click.testing import Result

from tests.contract.conftest import ACCOUNT_KEY, Client, Server


def run(server: Server, *arguments: str) -> Result:
    return server.app.test_cli_runner().invoke(args=list(arguments))


def told(server: Server, *arguments: str) -> Any:
    done = run(server, *arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_store_is_made_listed_and_paired(server: Server) -> None:
    made = told(server, "store", "create", "demo", "--currency", "usd", "--tolerance", "2.5")
    assert told(server, "store", "list") == [{"id": made["id"], "name": "demo"}]
    for name in ("demo", made["id"]):
        code = told(server, "store", "pair", name)
        assert (set(code), code["storeId"]) == ({"pairingCode", "storeId", "expiresAt"}, made["id"])
    assert Client(server.url).pair(code["pairingCode"]).status_code == 200


def test_a_wallet_shows_its_first_five_addresses_and_is_shared(server: Server) -> None:
    told(server, "store", "create", "one")
    told(server, "store", "create", "two")
    first = told(server, "wallet", "add", "one", ACCOUNT_KEY)
    assert len(set(first["addresses"])) == 5
    assert told(server, "wallet", "add", "two", ACCOUNT_KEY) == first
    (listed,) = told(server, "wallet", "list")
    assert [store["name"] for store in listed["stores"]] == ["one", "two"]


def test_an_invoice_is_shown_and_marked(server: Server, client: Client) -> None:
    invoice_id = client.create(notificationURL="http://127.0.0.1:9/", extendedNotifications=True).json()["data"]["id"]
    shown = told(server, "invoice", "show", invoice_id)
    assert set(shown) == {"invoice", "payments", "events", "deliveries", "alerts"}
    assert [event["type"] for event in shown["events"]] == ["invoice_created"]
    (delivery,) = shown["deliveries"]
    assert (delivery["shape"], delivery["url_host"], delivery["attempts"]) == ("ipn_extended", "127.0.0.1:9", [])
    assert run(server, "invoice", "mark", invoice_id, "settled").exit_code == 0
    assert told(server, "invoice", "show", invoice_id)["invoice"]["additional_status"] == "Marked"
    again = run(server, "invoice", "mark", invoice_id, "settled")
    assert (again.exit_code, again.stdout) == (1, "")


def test_what_a_client_wrote_gives_no_orders_to_the_terminal(server: Server) -> None:
    store = server.store("demo")
    made = server.paired(store).create(orderId="1\x1b[2J\r\n2", itemDesc="\x9b31m").json()["data"]
    for command in (["invoice", "list", "demo"], ["invoice", "show", made["id"]]):
        shown = run(server, *command).stdout
        assert "1\ufffd[2J\ufffd\ufffd2" in shown
        assert all(character.isprintable() for line in shown.split("\n") for character in line)


def test_terms_outside_their_range_and_unknown_names_are_refused(server: Server) -> None:
    told(server, "store", "create", "demo")
    for wrong in (
        ["--tolerance", "100"],
        ["--tolerance", "-1"],
        ["--expiration-minutes", "0"],
        ["--speed-policy", "x"],
    ):
        done = run(server, "store", "set", "demo", *wrong)
        assert (done.exit_code != 0, done.stdout) == (True, "")
        assert "Traceback" not in done.stderr
    for missing in (["store", "pair", "nobody"], ["invoice", "show", "nothing"], ["store", "approve", "x", "demo"]):
        done = run(server, *missing)
        assert (done.exit_code, done.stdout, done.stderr[:6]) == (1, "", "Error:")
    assert run(server, "store", "set", "demo", "--tolerance", "99.9", "--speed-policy", "HighSpeed").exit_code == 0
