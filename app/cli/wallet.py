"""`flask wallet …`: the account keys that stores are paid to."""

import click

from app.cli.terms import Verbs, as_json, print_json, the_store
from app.db.queries import reading
from app.db.queries_bitpay import all_wallets
from app.services import services
from app.usecases.add_wallet import add_wallet

SHOWN = 5  # addresses, for comparing with one's own wallet


@click.group(cls=Verbs)
def wallet() -> None:
    """Where the money goes: extended public keys, never private ones."""


@wallet.command()
@click.argument("store_name", metavar="STORE")
@click.argument("key")
@click.option("--script-type", help="p2pkh, p2sh-p2wpkh, p2wpkh or p2tr, where the key does not say it.")
@as_json
def add(store_name: str, key: str, script_type: str | None, as_json: bool) -> None:
    """Pay STORE (id or name) to KEY: an account's extended public key (xpub, zpub, tpub, …) or an output descriptor."""
    shop = the_store(store_name)
    scheme = services().account_key(key, script_type)
    network = services().settings.network
    wallet_id = add_wallet(shop.id, scheme.descriptor, network, services().clock.now())
    addresses = [scheme.at(index).address for index in range(SHOWN)]
    if as_json:
        print_json({"id": wallet_id, "descriptor": scheme.descriptor, "addresses": addresses})
        return
    click.echo(f"Its first {SHOWN} addresses; compare them with your own wallet before you sell anything:")
    for index, address in enumerate(addresses):
        click.echo(f"  {index}  {address}")


@wallet.command("list")
@as_json
def list_wallets(as_json: bool) -> None:
    """Show every wallet and the store it pays."""
    shown = [
        {
            "id": row.id,
            "network": row.network,
            "descriptor": row.descriptor,
            "next_index": row.next_index,
            "store": {"id": shop.id, "name": shop.name},
        }
        for row, shop in all_wallets(reading())
    ]
    if as_json:
        print_json(shown)
        return
    for entry in shown:
        click.echo("{id}  {network}  {descriptor}  next index {next_index}".format(**entry))
