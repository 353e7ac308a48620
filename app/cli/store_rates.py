"""`flask store rates STORE`: what its currencies cost now and by which rules, and other rules for it."""

from decimal import Decimal
from typing import Any, TextIO

import click

from app.cli.store import Percent, store
from app.cli.terms import as_json, print_json, the_store
from app.db.queries import reading
from app.db.queries_rates import rates_now, rates_of_store
from app.domain.rate_rules import RateSettings, StoreRates, sources_offered
from app.domain.rates import COIN, Pair
from app.services import services
from app.usecases.set_rates import require_usable, set_rates


@store.command()
@click.argument("store_name", metavar="STORE")
@click.option("--source", help="Where rates come from, such as kraken; `server` for the server's own rules.")
@click.option("--rules", type=click.File(encoding="utf-8"), help="A file with rules of your own, - for standard input.")
@click.option("--spread", type=Percent(), help="Percent that you want to be paid more than the rate says.")
@click.option("--fallback", help="The source to ask where the first has no rate; `none` for none.")
@as_json
def rates(
    store_name: str,
    source: str | None,
    rules: TextIO | None,
    spread: Decimal | None,
    fallback: str | None,
    as_json: bool,
) -> None:
    """Show what a bitcoin costs in STORE (id or name), or choose where its rates come from."""
    store_id = the_store(store_name).id
    if source and rules:
        raise click.UsageError("give --source or --rules, not both")
    found = rates_of_store(reading(), store_id)
    before = found.rates if found else StoreRates()
    if source or rules or spread is not None:
        _set_primary(store_id, before.primary, source, rules.read() if rules else None, spread)
    if fallback:
        settings = None if fallback == "none" else _usable(RateSettings(fallback))
        set_rates(store_id, "fallback", settings)
    _tell(store_id, as_json=as_json)


def _set_primary(
    store_id: str, before: RateSettings, source: str | None, rules: str | None, spread: Decimal | None
) -> None:
    percent = before.spread_percent if spread is None else spread
    if source:
        chosen = RateSettings(None if source == "server" else source, None, percent)
    else:
        chosen = RateSettings(None if rules else before.source, rules or before.script, percent)
    set_rates(store_id, "primary", _usable(chosen))


def _usable(settings: RateSettings) -> RateSettings:
    chosen = services().settings
    require_usable(settings, sources_offered(chosen.rate_source, chosen.fixed_rates))
    return settings


def _tell(store_id: str, *, as_json: bool) -> None:
    found = rates_of_store(reading(), store_id)
    if found is None:
        return
    server_source, now = services().settings.rate_source, services().clock.now()
    priced = rates_now(reading(), found.rates, server_source, [Pair(COIN, each) for each in found.currencies], now)
    told: dict[str, Any] = {
        str(pair): f"{outcome.rate.bid:f}" if outcome.rate else None for pair, outcome in priced.items()
    }
    if as_json:
        print_json(told)
        return
    for settings in found.rates.configured():
        click.echo(f"{settings.text(server_source)}  // spread {settings.spread_percent:f} %")
    for pair, outcome in priced.items():
        click.echo(f"{pair}  {told[str(pair)] or '; '.join(outcome.problems)}")
