"""`flask user …`: accounts of merchants, and what they are to stores."""

import sys
from typing import Any

import click

from app.cli.terms import Verbs, as_json, print_json, the_store
from app.db.queries import reading
from app.db.queries_people import all_users, stores_of
from app.domain.passwords import generated_password
from app.domain.permissions import Role
from app.services import services
from app.usecases.create_user import create_user, set_disabled, set_password
from app.usecases.second_factor import reset
from app.usecases.set_role import NotAMember, add_to_store, remove_from_store, set_role

ROLES = click.Choice([role.value for role in Role], case_sensitive=False)
NO_ROLE = "none"
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
generate = click.option("--generate", is_flag=True, help="Make a password and show it once.")


@click.group(cls=Verbs)
def user() -> None:
    """People who sign in on this server."""


@user.command()
@click.argument("email")
@click.option(
    "--store", "store_names", multiple=True, metavar="STORE", help="A store of theirs (id or name); repeatable."
)
@click.option("--role", type=ROLES, default=Role.OWNER.value, show_default=True, help="What they are to those stores.")
@click.option("--administrator", is_flag=True, help="May manage this server and its users.")
@from_stdin
@generate
@as_json
def create(email: str, store_names: tuple[str, ...], role: str, administrator: bool, **how: Any) -> None:
    """Make an account for EMAIL. The password is asked for unless an option says where it comes from."""
    stores = [the_store(name).id for name in store_names]
    password = _password(how)
    made = create_user(email, password, services().clock.now(), stores, _role(role), is_administrator=administrator)
    if how["as_json"]:
        print_json({"id": made, "email": email.strip().lower()} | ({"password": password} if how["generate"] else {}))
        return
    click.echo(f"Account {email.strip().lower()} is made; sign in at {services().settings.public_url}/login")
    _tell(how, password)
    if not stores:
        click.echo("It has no store yet. Next: flask user role EMAIL STORE Owner")


@user.command("list")
@as_json
def list_users(as_json: bool) -> None:
    """Everybody, with their stores and roles."""
    session = reading()
    told: list[dict[str, Any]] = [
        {
            "id": row.id,
            "email": row.email,
            "administrator": row.is_administrator,
            "disabled": row.disabled,
            "stores": [
                {"id": store.id, "name": store.name, "role": role} for store, role in stores_of(session, row.id)
            ],
        }
        for row in all_users(session)
    ]
    if as_json:
        print_json(told)
        return
    for person in told:
        stores = ", ".join(f"{store['name']} ({store['role']})" for store in person["stores"]) or "no store"
        marks = [word for word in ("administrator", "disabled") if person[word]]
        click.echo("  ".join([person["email"], stores, *marks]))


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Shut EMAIL out: the account cannot sign in, and its keys stop working until it is enabled."""
    set_disabled(email, disabled=True)
    click.echo(f"{email} is shut out.")


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let EMAIL in again."""
    set_disabled(email, disabled=False)
    click.echo(f"{email} may sign in again.")


@user.command()
@click.argument("email")
@from_stdin
@generate
def password(email: str, **how: Any) -> None:
    """Give EMAIL another password. It is signed out everywhere; its keys go on working."""
    text = _password(how)
    set_password(email, text)
    click.echo(f"{email} has a new password.")
    _tell(how, text)


@user.command("reset-totp")
@click.argument("email")
def reset_totp(email: str) -> None:
    """Turn the second factor of EMAIL off: for somebody who lost authenticator and recovery codes.

    Make sure that it is really they who ask. They are signed out everywhere, and their password alone counts again.
    """
    reset(email)
    click.echo(f"{email} signs in with the password alone; they should turn the second factor on again.")


@user.command()
@click.argument("email")
@click.argument("store_name", metavar="STORE")
@click.argument("role", type=click.Choice([*(role.value for role in Role), NO_ROLE], case_sensitive=False))
def role(email: str, store_name: str, role: str) -> None:
    """Say what EMAIL is to STORE (id or name); none takes the role away."""
    store = the_store(store_name)
    if role == NO_ROLE:
        remove_from_store(store.id, email)
    else:
        _give(store.id, email, _role(role))
    click.echo(f"{email}: {role} in {store.name}")


def _give(store_id: str, email: str, role: Role) -> None:
    try:
        set_role(store_id, email, role)
    except NotAMember:
        add_to_store(store_id, email, role)


def _role(word: str) -> Role:
    return Role(word.capitalize())


def _password(how: dict[str, Any]) -> str:
    """From standard input, made here, or asked for twice. Raises UsageError when two ways are named."""
    if how["generate"] and how["password_stdin"]:
        raise click.UsageError("use either --generate or --password-stdin")
    if how["generate"]:
        return generated_password()
    if how["password_stdin"]:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


def _tell(how: dict[str, Any], password: str) -> None:
    if how["generate"]:
        click.echo(f"Password: {password}\nKeep it: only its hash is stored.")
