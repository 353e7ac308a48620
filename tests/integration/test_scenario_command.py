"""QA's command at places that are not what the options say, and when it is stopped: sentences and reports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from regtest.cli import main
from regtest.ports import free_port
from regtest.scenarios.all import named
from regtest.scenarios.catalogue import SCENARIOS, Scenario
from regtest.scenarios.stage import Stage
from tests.serving import serving

HEALTH = {"network": "regtest", "tip_height": 5}
STAND_IN = {"ok": True, "paired": False, "webhook_mode": "ok"}


@dataclass
class Place:
    """A node, a server and a shop at one address, which answer what a test says. `pages`: JSON by path."""

    url: str = ""
    directory: Path = field(default_factory=Path)
    pages: dict[str, Any] = field(default_factory=dict)

    def app(self) -> Flask:
        app = Flask("place")

        @app.post("/")
        def node() -> ResponseReturnValue:
            told = {"getblockchaininfo": {"chain": "regtest"}, "getblockcount": 5}
            return jsonify(result=told[request.get_json()["method"]], error=None)

        @app.get("/<path:path>")
        def page(path: str) -> ResponseReturnValue:
            if f"/{path}" not in self.pages:
                return "nothing", 404
            said = self.pages[f"/{path}"]
            return (said, 200) if isinstance(said, str) else jsonify(said)

        return app

    def play(self, *words: str, server: str = "") -> Result:
        key = self.directory / "api-key"
        key.write_text("abc")
        named = ["--server", server or self.url, "--api-key", str(key)]
        return CliRunner().invoke(main, ["scenario", *words, *named])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place, port = Place(directory=tmp_path), free_port()
    place.url = f"http://127.0.0.1:{port}"
    (tmp_path / "cookie").write_text("user:password")
    monkeypatch.setenv("SATTLE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SATTLE_NODE_URL", place.url)
    monkeypatch.setenv("SATTLE_NODE_COOKIE", str(tmp_path / "cookie"))
    with serving(make_server("127.0.0.1", port, place.app(), threaded=True)):
        yield place


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({"/health": STAND_IN}, "that is the stand-in shop, which goes after --shop"),
        ({"/health": []}, "found: []"),
        ({"/health": "null"}, "found: null"),
        ({"/health": ""}, "found: null"),
        ({"/health": {"network": "regtest"}}, "should tell a network and a height"),
        ({"/health": "<h1>A shop</h1>"}, "with no JSON"),
        ({}, "answered 404"),
        ({"/health": HEALTH, "/api/v1/stores": {"a": 1}}, "should tell a list of stores"),
        ({"/health": HEALTH, "/api/v1/stores": [1]}, "found: [1]"),
        ({"/health": HEALTH, "/api/v1/stores": []}, "sees 0 stores"),
        ({"/health": HEALTH | {"network": "mainnet"}}, "follows mainnet"),
    ],
)
def test_a_server_that_is_none_is_one_sentence(place: Place, pages: dict[str, Any], said: str) -> None:
    place.pages = pages
    done = place.play("run", "paid-in-full")
    assert (done.exit_code, done.stdout, said in done.stderr) == (1, "", True), done.output
    assert isinstance(done.exception, SystemExit)


def test_an_address_needs_its_scheme(place: Place) -> None:
    done = place.play("run", "paid-in-full", server="127.0.0.1:8000")
    assert "--server 127.0.0.1:8000 is no address: give it with http:// or https://" in done.stderr
    done = place.play("run", "paid-in-full", "--shop", "127.0.0.1:8001")
    assert "--shop 127.0.0.1:8001 is no address" in done.stderr


@pytest.mark.parametrize("health", ["null", "", [], "<h1>Not found</h1>"])
def test_a_shop_that_is_not_the_stand_in_wants_a_key(place: Place, health: object) -> None:
    place.pages = {"/health": health}
    done = place.play("run", "paid-in-full", "--shop", place.url)
    assert (done.exit_code, "orders are made and read with --woo-key FILE" in done.stderr) == (1, True), done.output


@pytest.fixture
def entered() -> Iterator[Callable[[str, Callable[[Stage], None]], None]]:
    """Enters scenarios of a test's own."""
    names: list[str] = []

    def enter(name: str, act: Callable[[Stage], None]) -> None:
        SCENARIOS[name] = Scenario(name, "It acts.", frozenset(), act)
        names.append(name)

    yield enter
    for name in names:
        del SCENARIOS[name]


def test_ctrl_c_leaves_reports_of_what_was_played_until_then(
    place: Place, entered: Callable[[str, Callable[[Stage], None]], None], tmp_path: Path
) -> None:
    def stopped(stage: Stage) -> None:
        raise KeyboardInterrupt

    def broken(stage: Stage) -> None:
        raise TypeError("nobody foresaw this")

    place.pages = {"/health": HEALTH, "/api/v1/stores": [{"id": "Abc"}]}
    for name, act in (("broken", broken), ("fine", lambda stage: None), ("stopped", stopped)):
        entered(name, act)
    reports = ["--junit", str(tmp_path / "r.xml"), "--html", str(tmp_path / "r.html")]
    done = place.play("run", "broken", "fine", "stopped", "fine", *reports)
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["failed", "passed"]
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()[0]
    assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["4", "1", "2"]
    assert "nobody foresaw this" in str(suite[0][0].get("message"))
    assert "stopped before" in str(suite[2][0].get("message"))
    assert "nobody foresaw this" in (tmp_path / "r.html").read_text("utf-8")


def test_the_list_says_what_is_left_out_where(place: Place) -> None:
    done = CliRunner().invoke(main, ["scenario", "list"])
    late = next(line for line in done.stdout.splitlines() if line.startswith("paid-late "))
    assert late.endswith(f"{named('paid-late').says} [time, shops-time]")
    assert "without [shops-time] left out: a real shop goes by the machine's clock" in done.stderr
