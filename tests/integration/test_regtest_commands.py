"""`python -m regtest` and the payer's page against a real node and a checkout page that says what is due."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from flask import Flask, jsonify
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from regtest.chain import to_bitcoin
from regtest.cli import main
from regtest.node import Node
from regtest.payer_web import create_payer
from regtest.state import State

VERBS = (
    "up",
    "bitcoind",
    "down",
    "status",
    "mine",
    "pay",
    "bump",
    "double-spend",
    "reorg",
    "advance",
    "miner",
    "payer-page",
    "record-story",
    "scenario",
)


@dataclass
class Checkout:
    """A stand-in for the server's checkout page: what remains due falls as the node sees payments."""

    node: Node
    address: str
    asked_sats: int
    url: str = ""
    asked_paths: list[str] = field(default_factory=list)

    def due(self) -> str:
        return to_bitcoin(self.asked_sats - sum(self.received()))

    def received(self) -> list[int]:
        script = self.node.rpc("validateaddress", self.address)["scriptPubKey"]
        found = [self.node.rpc("getrawtransaction", txid, 1)["vout"] for txid in self.node.mempool()]
        return [int(out["value"] * 10**8) for outs in found for out in outs if out["scriptPubKey"]["hex"] == script]


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with Node(tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture
def state(own_node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setenv("SATTLE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SATTLE_NODE_URL", own_node.rpc_url)
    monkeypatch.setenv("SATTLE_NODE_COOKIE", str(own_node.cookie))
    monkeypatch.setenv("SATTLE_TEST_CLOCK", str(own_node.clock_file))
    return State(tmp_path)


@pytest.fixture
def checkout(own_node: Node) -> Iterator[Checkout]:
    page = Checkout(own_node, own_node.new_address(), 150_000)
    server = Flask("checkout")

    @server.get("/i/<invoice>/status")
    def status(invoice: str) -> object:
        page.asked_paths.append(invoice)
        return jsonify(address=page.address, due=page.due())

    running = make_server("127.0.0.1", 0, server, threaded=True)
    thread = Thread(target=running.serve_forever)
    thread.start()
    page.url = f"http://127.0.0.1:{running.server_port}"
    yield page
    running.shutdown()
    thread.join()
    running.server_close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    result = run(verb, "--help")
    assert (result.exit_code, result.stdout.startswith("Usage:")) == (0, True)


def test_mine_prints_the_height_and_the_blocks_and_nothing_else(state: State, own_node: Node) -> None:
    result = run("mine", "2")
    assert json.loads(result.stdout) == {"height": own_node.height(), "blocks": [*_last_blocks(own_node, 2)]}
    assert result.stderr == ""


def test_pay_bump_and_double_spend_print_the_txid_and_mean_the_last_payment(state: State, own_node: Node) -> None:
    paid = run("pay", own_node.new_address(), "--amount", "0.0015").stdout.strip()
    assert own_node.unspent(paid, 0) == 150_000
    bumped = run("bump").stdout.strip()
    stolen = run("double-spend").stdout.strip()
    assert len({paid, bumped, stolen}) == 3
    assert {paid, bumped, stolen} & set(own_node.mempool()) == {stolen}
    other = run("pay", own_node.new_address(), "--amount", "0.001").stdout.strip()
    assert run("bump", stolen).exit_code == 0
    assert other in own_node.mempool()


def test_a_checkout_page_is_paid_what_remains_due(state: State, checkout: Checkout) -> None:
    assert run("pay", f"{checkout.url}/i/ABC123", "--amount", "0.0005").exit_code == 0
    assert run("pay", f"{checkout.url}/invoice?id=ABC123").exit_code == 0
    assert sorted(checkout.received()) == [50_000, 100_000]
    assert set(checkout.asked_paths) == {"ABC123"}
    refused = run("pay", f"{checkout.url}/i/ABC123")
    assert (refused.exit_code, refused.stdout, "nothing remains due" in refused.stderr) == (1, "", True)


def test_a_bitcoin_uri_says_address_and_amount_itself(state: State, own_node: Node) -> None:
    address = own_node.new_address()
    txid = run("pay", f"bitcoin:{address.upper()}?amount=0.00012345&label=x").stdout.strip()
    assert own_node.unspent(txid, 0) == 12_345


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pay", "bcrt1qqqq", "--amount", "1"), "no regtest address"),
        (("pay", "bcrt1qqqq"), "add --amount"),
        (("pay", "bcrt1qqqq", "--amount", "0.000000001"), "eight decimal places"),
        (("pay", "bcrt1qqqq", "--amount", "1e999999999"), "not a number of BTC"),
        (("pay", "bcrt1qqqq", "--amount", "1e100000"), "at most 21 million"),
        (("pay", "bcrt1qqqq", "--amount", "much"), "not a number of BTC"),
        (("pay", "http://127.0.0.1:1/shop"), "no checkout page"),
        (("pay", "http://127.0.0.1:1/i/abc"), "did not say what is due"),
        (("bump",), "no payment was made from here yet"),
        (("reorg", "100000"), "not possible"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_on_standard_error_and_exit_code_1(
    state: State, arguments: tuple[str, ...], words: str
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr


def test_reorg_and_advance_from_the_command_line(state: State, own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 10_000)
    own_node.mine()
    answer = json.loads(run("reorg", "1", "--drop-transactions").stdout)
    assert (answer["height"], len(answer["blocks"]), own_node.block_of(txid)) == (own_node.height(), 2, None)
    assert json.loads(run("advance", "900").stdout) == {"offset_seconds": 900}
    assert own_node.clock.offset_seconds() == 900


def test_status_before_the_start_is_not_ready_and_no_error(state: State) -> None:
    result = run("status", "--json")
    assert (result.exit_code, json.loads(result.stdout)["ready"]) == (0, False)


def test_down_with_nothing_running_stops_nothing(state: State) -> None:
    result = run("down")
    assert (result.exit_code, result.stderr) == (0, "nothing was running\n")


@pytest.fixture
def payer_page(state: State, own_node: Node, checkout: Checkout) -> FlaskClient:
    return create_payer(own_node, checkout.url, state).test_client()


def test_the_payers_page_pays_what_remains_and_sends_the_browser_back(
    payer_page: FlaskClient, checkout: Checkout, state: State
) -> None:
    back = f"{checkout.url}/i/XYZ"
    for _ in range(2):  # a second press of the button must not pay again
        answer = payer_page.post("/pay", data={"checkout": back})
        assert (answer.status_code, answer.headers["Location"]) == (303, back)
    assert checkout.received() == [150_000]
    assert state.last_payment in checkout.node.mempool()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://127.0.0.1:1/i/X",
        "https://example.com/i/X",
        "javascript:alert(1)",
        "//x/i/X",
        "SERVER/i/XYZ?\r\nSet-Cookie: a",
        "SERVER@example.com/i/XYZ",
    ],
)
def test_the_payers_page_pays_and_returns_to_no_other_server(
    payer_page: FlaskClient, checkout: Checkout, elsewhere: str
) -> None:
    elsewhere = elsewhere.replace("SERVER", checkout.url)
    answer = payer_page.post("/pay", data={"checkout": elsewhere, "destination": checkout.address, "amount": "0.1"})
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert checkout.received() == []


def test_the_payers_page_pays_an_address_an_amount(payer_page: FlaskClient, checkout: Checkout) -> None:
    answer = payer_page.post("/pay", data={"destination": checkout.address, "amount": "0.0001"})
    assert answer.status_code == 200
    assert checkout.received() == [10_000]
    refused = payer_page.post("/pay", data={"destination": "<b>", "amount": "0.0001"})
    assert (refused.status_code, "<b>" in refused.text) == (400, False)


def _last_blocks(node: Node, count: int) -> list[str]:
    height = node.height()
    return [node.rpc("getblockhash", at) for at in range(height - count + 1, height + 1)]
