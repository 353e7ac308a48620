"""`flask store …`: shops, their terms, and the ways in which clients get access."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

from app.cli.terms import Verbs, as_json, print_json, the_store
from app.currencies import digits
from app.db.queries import reading
from app.db.queries_bitpay import all_stores
from app.domain.invoice import NetworkFeeMode, SpeedPolicy
from app.services import services
from app.usecases.create_store import create_store, set_store
from app.usecases.pair_client import approve_code, make_code
from app.usecases.set_legacy_key import set_legacy_key

Command = TypeVar("Command", bound=Callable[..., Any])


class Percent(click.ParamType[Decimal]):
    """A percentage, exactly as written."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is no number", param, ctx)
        if not number.is_finite():
            self.fail(f"{value!r} is no number", param, ctx)
        return number


class CurrencyCode(click.ParamType[str]):
    """A currency that invoices can be in."""

    name = "currency"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        code = str(value).strip().upper()
        if digits(code) is None:
            self.fail(f"{value!r} is not known; use an ISO 4217 code, BTC or SATS", param, ctx)
        return code


def term_options(command: Command) -> Command:
    """The options for a store's terms; what is not given stays as it is."""
    options = (
        click.option("--currency", "default_currency", type=CurrencyCode(), help="Of invoices that name none."),
        click.option("--website", help="Where a customer goes back to when the order names no address."),
        click.option(
            "--speed-policy",
            type=click.Choice([policy.value for policy in SpeedPolicy]),
            help="Confirmations that settle.",
        ),
        click.option(
            "--tolerance", "tolerance_percent", type=Percent(), help="Percent that may be missing, 0 to <100."
        ),
        click.option("--expiration-minutes", type=int, help="How long a customer has to pay."),
        click.option("--monitoring-minutes", type=int, help="How long after that a payment may confirm."),
        click.option(
            "--network-fee-mode",
            type=click.Choice([mode.value for mode in NetworkFeeMode]),
            help="Who is asked the fee.",
        ),
        click.option(
            "--anyone-can-create-invoice/--only-clients-create-invoices",
            "anyone_can_create_invoice",
            default=None,
            help="Let anybody who knows the store's id make invoices.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(cls=Verbs)
def store() -> None:
    """Shops configured on this server."""


@store.command()
@click.argument("name")
@term_options
@as_json
def create(name: str, as_json: bool, **terms: Any) -> None:
    """Make a store."""
    store_id = create_store(name, services().clock.now(), _in_seconds(_given(terms)))
    if as_json:
        print_json({"id": store_id, "name": name.strip()})
    else:
        click.echo(f"Store {name} has the id {store_id}. Next: flask wallet add {store_id} YOUR-XPUB")


@store.command("list")
@as_json
def list_stores(as_json: bool) -> None:
    """Show every store."""
    rows = all_stores(reading())
    if as_json:
        print_json([{"id": row.id, "name": row.name} for row in rows])
        return
    for row in rows:
        click.echo(f"{row.id}  {row.name}")


@store.command("set")
@click.argument("store_name", metavar="STORE")
@term_options
def set_terms(store_name: str, **terms: Any) -> None:
    """Change the terms of STORE (id or name) for invoices made from now on."""
    given = _given(terms)
    if not given:
        raise click.UsageError("name at least one setting; --help lists them")
    set_store(the_store(store_name).id, _in_seconds(given))
    click.echo("Changed: " + ", ".join(f"{name} = {value}" for name, value in given.items()))


@store.command()
@click.argument("store_name", metavar="STORE")
@as_json
def pair(store_name: str, as_json: bool) -> None:
    """Make a pairing code for STORE (id or name): one client, 15 minutes."""
    made = make_code(the_store(store_name).id, services().clock.now())
    if as_json:
        expires_at = made.expires_at.isoformat()
        print_json({"pairingCode": made.code, "storeId": made.store_id, "expiresAt": expires_at})
    else:
        click.echo(f"Pairing code {made.code}, to be used before {made.expires_at:%H:%M} UTC.")


@store.command()
@click.argument("code")
@click.argument("store_name", metavar="STORE")
@as_json
def approve(code: str, store_name: str, as_json: bool) -> None:
    """Accept the client that asked for CODE, for STORE (id or name)."""
    made = approve_code(code, the_store(store_name).id, services().clock.now())
    if as_json:
        print_json({"pairingCode": made.code, "storeId": made.store_id, "label": made.label})
    else:
        click.echo(f"Paired: {made.label or 'a client without a label'}")


@store.command("api-key")
@click.argument("store_name", metavar="STORE")
@as_json
def api_key(store_name: str, as_json: bool) -> None:
    """Make a legacy API key for STORE. It is shown once; the one before stops working."""
    found = the_store(store_name)
    key = set_legacy_key(found.id, services().clock.now())
    if as_json:
        print_json({"apiKey": key})
    else:
        click.echo(key)
        click.echo("Keep it: only its hash is stored.", err=True)


def _in_seconds(terms: dict[str, Any]) -> dict[str, Any]:
    """People write minutes, stores keep seconds."""
    return {
        name.replace("_minutes", "_seconds"): value * 60 if name.endswith("_minutes") else value
        for name, value in terms.items()
    }


def _given(terms: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in terms.items() if value is not None}
