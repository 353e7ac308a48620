"""`python -m regtest scenario`: list scenarios, play them on a server that runs already, and write reports."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from regtest.attach import attached
from regtest.errors import RegtestError
from regtest.processes import read_pid_file
from regtest.scenarios.all import named, scenarios
from regtest.scenarios.catalogue import Need, Scenario
from regtest.scenarios.junit import write_junit
from regtest.scenarios.keys import read_api_key, read_woo_key
from regtest.scenarios.playing import Outcome, Result, Theatre, play_all
from regtest.scenarios.report import write_html
from regtest.scenarios.server import Server
from regtest.scenarios.shops import Shop, StandIn, is_stand_in
from regtest.scenarios.woo import WooRest, WooShop
from regtest.state import State
from regtest.storefront import Storefront
from regtest.verb import say, verb

STOPPED = "the run was stopped before this had been played"
FILE = click.Path(path_type=Path, dir_okay=False)


def on_a_server(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which one names what is tested, and where the reports go."""
    options = (
        click.option("--server", required=True, metavar="URL", help="The server, on regtest."),
        click.option(
            "--api-key", required=True, type=FILE, metavar="FILE", help="Holds a Greenfield key to one store."
        ),
        click.option("--shop", metavar="URL", help="The store's shop; without one, invoices are made by the API."),
        click.option("--woo-key", type=FILE, metavar="FILE", help="Holds a key of the shop's REST API, in two lines."),
        click.option("--plugin", type=click.Choice(["greenfield", "bitpay"]), default="greenfield", show_default=True),
        click.option("--junit", type=FILE, metavar="FILE", help="Write the results as JUnit XML."),
        click.option("--html", type=FILE, metavar="FILE", help="Write a page with each invoice's story."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def scenario() -> None:
    """Play payment accidents on a server and a shop that run already, and report what became of each invoice."""


@scenario.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@verb
def list_them(_state: State, *, as_json: bool) -> None:
    """Name the scenarios."""
    if as_json:
        click.echo(json.dumps([_described(each) for each in scenarios()]))
        return
    width = max(len(each.name) for each in scenarios())
    for each in scenarios():
        needs = ", ".join(_name(need) for need in Need if need in each.needs)
        click.echo(f"{each.name:{width}}  {each.says}" + (f" [{needs}]" if needs else ""))
    for need in Need:
        say(f"without [{_name(need)}] left out: {need.value}")


@scenario.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@on_a_server
@verb
def run(state: State, /, names: Sequence[str], **asked: Any) -> None:
    """Play the scenarios of these names."""
    _play(state, [named(name) for name in names], Asked(**asked))


@scenario.command("all")
@on_a_server
@verb
def run_all(state: State, /, **asked: Any) -> None:
    """Play every scenario."""
    _play(state, scenarios(), Asked(**asked))


@dataclass(frozen=True)
class Asked:
    """The options, as they are named on the command line."""

    server: str
    api_key: Path
    shop: str | None
    woo_key: Path | None
    plugin: str
    junit: Path | None
    html: Path | None


def _play(state: State, chosen: Sequence[Scenario], asked: Asked) -> None:
    """Play, tell each result in a line, and write the reports. Exit 1 when one failed, or none could be played."""
    for report in (asked.junit, asked.html):
        _require_writable(report)
    shop = _shop(asked.shop, asked.woo_key, asked.plugin)
    server = Server(_address("--server", asked.server), read_api_key(asked.api_key))
    theatre = _theatre(state, server, shop, is_bridged=asked.woo_key is not None)
    results: list[Result] = []
    try:
        for result in play_all(theatre, chosen):
            _tell(result)
            results.append(result)
    finally:  # Ctrl-C after half an hour is no reason to lose what was seen
        results += [Result(each, Outcome.LEFT_OUT, STOPPED) for each in chosen[len(results) :]]
        _report(results, theatre, asked)
    outcomes = {result.outcome for result in results}
    if Outcome.FAILED in outcomes or Outcome.PASSED not in outcomes:
        sys.exit(1)


def _report(results: Sequence[Result], theatre: Theatre, asked: Asked) -> None:
    if asked.junit is not None:
        write_junit(results, asked.junit)
    if asked.html is not None:
        write_html(results, theatre, datetime.now(UTC), asked.html)


def _theatre(state: State, server: Server, shop: Shop | None, *, is_bridged: bool) -> Theatre:
    """The place, after a look at whether all of it belongs together. Raises RegtestError."""
    chain = attached(state)
    chain.require_regtest()
    health = server.health()
    if health["network"] != "regtest":
        raise RegtestError(f"the server at {server.url} follows {health['network']}; scenarios touch only regtest")
    say(f"store {server.store_id} of {server.url}; node at height {chain.height()}, server at {server.tip_height()}")
    if read_pid_file(state.pid_dir / "miner.pid") is not None:
        say("a miner is at work: its blocks may come between; better start with SATTLE_MINER_SECONDS=0")
    may_move_time, moved = _shares_time(state, server), chain.clock.offset_seconds()
    if may_move_time and moved and isinstance(shop, WooShop):
        say(f"the server is {moved} s ahead of the shop, since time was moved: its bridge will take that for a fault")
    return Theatre(server, chain, shop, may_move_time=may_move_time, is_bridged=is_bridged)


def _shares_time(state: State, server: Server) -> bool:
    """Whether moving our clock moves the server's: it is that of `up`, or somebody says so."""
    return "SATTLE_TEST_CLOCK" in os.environ or state.read_status().get("server") == server.url


def _shop(url: str | None, woo_key: Path | None, plugin: str) -> Shop | None:
    if url is None:
        if woo_key is not None:
            raise RegtestError("--woo-key is the key of a shop; name the shop with --shop URL")
        return None
    url = _address("--shop", url)
    rest = WooRest(url, read_woo_key(woo_key)) if woo_key is not None else None
    if is_stand_in(url):
        return StandIn(Storefront(url), plugin, rest)
    if rest is None:
        raise RegtestError(f"the shop at {url} is not the stand-in; orders are made and read with --woo-key FILE")
    return WooShop(rest, plugin)


def _address(option: str, url: str) -> str:
    """Without a slash at the end. RegtestError where it is none."""
    if not url.startswith(("http://", "https://")):
        raise RegtestError(
            f"{option} {url} is no address: give it with http:// or https://, as in http://127.0.0.1:8000"
        )
    return url.rstrip("/")


def _require_writable(report: Path | None) -> None:
    """Better now than after half an hour of play. Raises RegtestError."""
    if report is None:
        return
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.touch()
    except OSError as error:
        raise RegtestError(f"the report {report} cannot be written: {error.strerror}; name another file") from error


def _tell(result: Result) -> None:
    time = f"{result.seconds:6.1f} s" if result.seconds else " " * 8
    reason = f": {result.reason}" if result.reason else ""
    click.echo(f"{result.outcome.value:8}  {time}  {result.scenario.name}{reason}")


def _described(each: Scenario) -> dict[str, Any]:
    return {"name": each.name, "says": each.says, "needs": sorted(need.name.lower() for need in each.needs)}


def _name(need: Need) -> str:
    return need.name.lower().replace("_", "-")
