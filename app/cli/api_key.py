"""`flask api-key …`: keys made by hand, and the end of keys."""

from typing import Any

import click

from app.cli.invoice import printable
from app.cli.terms import Verbs, as_json, print_json, the_store
from app.db.queries import reading
from app.db.queries_people import all_keys, user_named
from app.domain.permissions import Permission, permission
from app.errors import BadInput, NotFound
from app.services import services
from app.usecases.create_api_key import NewKey, create_api_key
from app.usecases.revoke_api_key import revoke_api_key


@click.group("api-key", cls=Verbs)
def api_key() -> None:
    """Keys of the Greenfield API. What they may do is listed in docs/keys.md."""


@api_key.command()
@click.argument("email")
@click.argument("permissions", nargs=-1, required=True, metavar="PERMISSION…")
@click.option(
    "--store", "store_name", metavar="STORE", help="Hold the store permissions for this store (id or name) only."
)
@click.option("--label", default="made by hand", show_default=True)
@as_json
def create(email: str, permissions: tuple[str, ...], store_name: str | None, label: str, as_json: bool) -> None:
    """Make a key of EMAIL with PERMISSIONs such as btcpay.store.canviewinvoices; print it alone, this once."""
    person = user_named(reading(), email)
    if person is None:
        raise NotFound(f"there is no account {email}")
    store_id = the_store(store_name).id if store_name else None
    wanted = NewKey(person.id, label, tuple(_permission(text, store_id) for text in permissions))
    made = create_api_key(wanted, services().clock.now())
    if as_json:
        print_json({"id": made.id, "apiKey": made.text, "label": made.label, "permissions": made.permissions})
    else:
        click.echo(made.text)
        click.echo("Keep it: only its hash is stored.", err=True)


@api_key.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """Every key that works."""
    told: list[dict[str, Any]] = [
        {
            "id": key.id,
            "email": email,
            "label": key.label,
            "permissions": key.permissions,
            "created_at": key.created_at.isoformat(),
            "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        }
        for key, email in all_keys(reading())
    ]
    if as_json:
        print_json(told)
        return
    for key in told:
        used = key["last_used_at"] or "never"
        click.echo(printable(f"{key['id']}  {key['email']}  {key['label']}  used {used}"))
        for text in key["permissions"]:
            click.echo(printable(f"    {text}"))


@api_key.command()
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """End the key with this ID (`list` shows it) at once and for good."""
    label = revoke_api_key(key_id, services().clock.now())
    click.echo(printable(f"Revoked: {label or key_id}"))


def _permission(text: str, store_id: str | None) -> Permission:
    try:
        return permission(text).for_store(store_id)
    except ValueError:
        raise BadInput("permission", text, "there is none of this name; see docs/keys.md") from None
