"""`flask wallet …`: the account keys that stores are paid to."""

import click

from app.cli.terms import Verbs, as_json, print_json, row_number, the_store
from app.cli.wallet_scan import await_scan
from app.cli.wallet_told import the_wallet, told_scan, told_strays, told_wallet, warnings
from app.db.queries import reading
from app.db.queries_wallet import listed_wallets
from app.services import services
from app.usecases.add_wallet import add_wallet
from app.usecases.request_scan import ScanReason, request_scan
from app.usecases.skip_addresses import skip_addresses

SHOWN = 5  # addresses, for comparing with one's own wallet

wallet_argument = click.argument("wallet_id", metavar="WALLET", type=row_number)


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
        print_json({"id": wallet_id, "descriptor": scheme.checked_descriptor, "addresses": addresses})
        return
    click.echo(f"Wallet {wallet_id}: {scheme.checked_descriptor}")
    click.echo(f"Its first {SHOWN} addresses; compare them with your own wallet before you sell anything:")
    for index, address in enumerate(addresses):
        click.echo(f"  {index}  {address}")
    click.echo(f"The worker looks whether the key was used before; `flask wallet gap {wallet_id}` tells what it found.")


@wallet.command("list")
@as_json
def list_wallets(as_json: bool) -> None:
    """Show every wallet, the stores it pays, and how far its addresses have run ahead of payments."""
    listed = listed_wallets(reading(), services().settings.network)
    if as_json:
        print_json([told_wallet(entry) for entry in listed])
        return
    for entry in listed:
        row = entry.wallet
        stores = ", ".join(store.name for store in entry.stores) or "no store"
        click.echo(f"{row.id}  {row.network}  {row.descriptor}  next index {row.next_index}  pays {stores}")
        for warning in warnings(entry):
            click.echo(f"   ! {warning}")


@wallet.command()
@wallet_argument
@as_json
def gap(wallet_id: int, as_json: bool) -> None:
    """What the merchant's own wallet must be set to, and the coins that no invoice accounts for."""
    entry = the_wallet(wallet_id)
    told, strays = told_wallet(entry), told_strays(entry.wallet)
    if as_json:
        print_json({**told, "stray_outputs": strays})
        return
    for part in ("gap", "mark", "scan"):
        values = told[part] or {"state": "none"}
        click.echo(
            f"{part}: " + ", ".join(f"{name} {value}" for name, value in values.items() if value not in (None, ""))
        )
    for warning in warnings(entry):
        click.echo(f"! {warning}")
    for stray in strays:
        click.echo("  " + ", ".join(f"{name} {value}" for name, value in stray.items()))


@wallet.command()
@wallet_argument
@click.argument("index", metavar="N", type=click.IntRange(0, 2**31 - 1))
@click.option("--yes", is_flag=True, help="Ask nothing.")
def skip(wallet_id: int, index: int, yes: bool) -> None:
    """Give out no address of WALLET below index N, for good.

    The way on after a restore without the mark that lies in the data directory. Choose N above the number of addresses
    that can ever have been given out.
    """
    entry = the_wallet(wallet_id)
    if not yes:
        change = f"wallet {wallet_id} will go on from index {index} in place of {entry.wallet.next_index}"
        click.confirm(f"{change}; this cannot be undone. Do it?", abort=True, err=True)
    skip_addresses(wallet_id, index, services().marks)
    click.echo(f"Wallet {wallet_id} goes on from index {index}.")


@wallet.command()
@wallet_argument
@as_json
def scan(wallet_id: int, as_json: bool) -> None:
    """Have the node look through all its coins for those of WALLET; the worker does it, this waits and tells."""
    scan_id = request_scan(the_wallet(wallet_id).wallet.id, ScanReason.COMMAND, services().clock.now())
    done = told_scan(await_scan(scan_id))
    if as_json:
        print_json(done)
        return
    click.echo(
        f"Looked at the indexes to {done['range_end']}: {done['found_outputs']} unspent coins, of which "
        f"{done['found_payments']} are payments that were not known."
    )
    click.echo(f"The wallet goes on from index {the_wallet(wallet_id).wallet.next_index}.")
