"""QA's command against a server and a shop that it did not start."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from regtest.cli import main
from regtest.scenarios.all import scenarios
from regtest.scenarios.catalogue import Need
from tests.e2e.case import Case

ELSEWHERE = {  # played by a story of their own, which looks at the books as well
    "paid-in-full",
    "paid-in-two-parts",
    "two-outputs",
    "one-transaction-pays-two-orders",
    "expired-unpaid",
    "expired-with-a-part",
    "paid-late",
    "taken-back",
}
HERE = [each.name for each in scenarios() if each.name not in ELSEWHERE and Need.BRIDGE not in each.needs]


@pytest.fixture
def command(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that name the place; the node is named by the environment."""
    monkeypatch.setenv("SATTLE_NODE_URL", case.node.rpc_url)
    monkeypatch.setenv("SATTLE_NODE_COOKIE", str(case.node.cookie))
    monkeypatch.setenv("SATTLE_TEST_CLOCK", str(case.node.clock_file))
    (tmp_path / "key").write_text(case.key)
    place = ["--server", case.sattle.server, "--api-key", str(tmp_path / "key"), "--shop", str(case.shop)]
    return [*place, "--plugin", case.plugin]


def called(*words: str) -> Result:
    return CliRunner().invoke(main, ["scenario", *words])


def test_the_scenarios_that_no_story_plays_pass_and_are_reported(command: list[str], tmp_path: Path) -> None:
    reports = ["--junit", str(tmp_path / "out" / "r.xml"), "--html", str(tmp_path / "out" / "r.html")]
    done = called("run", *HERE, *command, *reports)
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[-1] for line in lines if line[0] == "passed"] == HERE
    suite = ElementTree.parse(tmp_path / "out" / "r.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == (str(len(HERE)), "0", "0")
    page = (tmp_path / "out" / "r.html").read_text(encoding="utf-8")
    assert page.count("Its story") >= len(HERE)
    assert "Your payment is recognised" in page


def test_without_a_shop_invoices_are_made_by_the_api(command: list[str]) -> None:
    done = called("run", "paid-in-full", "shop-down", *command[:4])
    assert done.exit_code == 0, done.output
    assert "passed" in done.stdout.splitlines()[0]
    assert "left out" in done.stdout.splitlines()[1]


def test_mistakes_are_one_sentence_before_anything_is_played(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("nobody's")
    with_wrong_key = ["--server", command[1], "--api-key", str(tmp_path / "wrong")]
    for words, said in (
        (["nonsense", *command], "there is no scenario 'nonsense'"),
        (["paid-in-full", *with_wrong_key], "answered 401"),
        (["paid-in-full", *command[:4], "--shop", command[1]], "is not the stand-in"),
        (["paid-in-full", *command, "--html", str(tmp_path / "key" / "x")], "cannot be written"),
    ):
        done = called("run", *words)
        assert (done.exit_code, said in done.stderr) == (1, True), done.output
        assert done.stdout == ""


def test_the_list_is_for_people_and_for_programs() -> None:
    listed = json.loads(called("list", "--json").stdout)
    assert _named(listed, "shop-down")["needs"] == ["shops_time", "stand_in", "time"]
    assert [line.split()[0] for line in called("list").stdout.splitlines()] == [each["name"] for each in listed]


def _named(listed: list[dict[str, object]], name: str) -> dict[str, object]:
    return next(each for each in listed if each["name"] == name)
