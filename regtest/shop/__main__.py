"""`python -m regtest.shop`: serve until told to end. Each request has a thread: a notification makes us call back."""

import argparse
import logging
import sys

from werkzeug.serving import make_server

from regtest.errors import RegtestError
from regtest.shop.app import create_shop
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.settings import from_environment
from regtest.shop.till import Till

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def main() -> None:
    """Pair if asked to, then serve on 127.0.0.1."""
    about = "The stand-in shop. It takes no arguments: its settings are in the environment, see docs/settings.md."
    argparse.ArgumentParser("python -m regtest.shop", description=about).parse_args()
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    settings = from_environment()
    till = Till(settings)
    plugin = GreenfieldPlugin(settings, till.orders, till.inbox, till.clock.now)
    # The socket is bound before the pairing: whoever asks meanwhile waits, and is answered by a connected shop.
    server = make_server("127.0.0.1", settings.port, create_shop(till, plugin), threaded=True)
    if settings.pairing_code and not till.paired:
        till.pair_when_reachable(settings.pairing_code)
    if settings.api_key and not plugin.connected:
        plugin.connect_when_reachable(settings.server, settings.api_key)
    logging.getLogger(__name__).info("shop at %s, server %s", settings.url, settings.server)
    server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except RegtestError as error:
        sys.exit(f"the shop cannot start: {error}")
