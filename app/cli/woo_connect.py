"""`flask woo connect` and `disconnect`: the same as the store's Shop page, from a shell and at once."""

from typing import TextIO

import click

from app.checks.woo import probes
from app.cli.invoice import printable
from app.cli.terms import the_store
from app.cli.woo import woo
from app.db.queries import reading
from app.db.queries_shops import shop_of, store_terms
from app.domain.shop_connect import shop_home
from app.errors import BadInput
from app.services import checked_key, services
from app.shop_keeper import connection_of
from app.usecases.connect_shop import connect_tried, disconnect_shop

MOST_CHARACTERS = 1_000


@woo.command()
@click.argument("store_name", metavar="STORE")
@click.argument("address", metavar="URL")
@click.option("--key-file", type=click.File(encoding="utf-8"), default="-", help="A file in place of standard input.")
def connect(store_name: str, address: str, key_file: TextIO) -> None:
    """Connect STORE (id or name) to the shop at URL, with a key of its REST API: consumer key and secret, a line each.

    The key is tried first; a shop that STORE is connected to stays so until the new one works.
    """
    server, store = services(), the_store(store_name)
    home = shop_home(address, allow_http=server.settings.allow_http_shops)
    words = key_file.read(MOST_CHARACTERS).split()
    if len(words) != 2:
        raise BadInput("key", "", "give two words: the consumer key, which begins with ck_, and the secret, with cs_")
    key = checked_key(*words)
    both = f"{key.consumer_key}:{key.consumer_secret}"
    sealed = server.sealer.seal(both, store.id)
    seen = server.examine_shop(home, both, store_terms(store, shop_of(reading(), store.id)))
    if seen.trouble is not None:
        raise seen.trouble
    made = connection_of(seen, key.ending, [*seen.findings, *probes(server, store.id)])
    connect_tried(store.id, sealed, made, server.clock.now())
    click.echo(printable(f"{store.name} is connected to {made.name}, {made.home_url}"))


@woo.command()
@click.argument("store_name", metavar="STORE")
def disconnect(store_name: str) -> None:
    """Forget the shop of STORE and its key; revoke the key in the shop, too."""
    disconnect_shop(the_store(store_name).id)
