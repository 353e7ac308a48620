"""`python -m regtest.shop`: serve until told to end. Every request has a thread: an IPN makes the shop call back."""

import logging
import sys

from werkzeug.serving import make_server

from regtest.errors import RegtestError
from regtest.shop.app import create_shop
from regtest.shop.settings import from_environment
from regtest.shop.till import Till

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def main() -> None:
    """Pair if asked to, then serve on 127.0.0.1."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    settings = from_environment()
    till = Till(settings)
    # The socket is bound before the pairing: whoever asks meanwhile waits, and is answered by a paired shop.
    server = make_server("127.0.0.1", settings.port, create_shop(till), threaded=True)
    if settings.pairing_code and not till.paired:
        till.pair_when_reachable(settings.pairing_code)
    logging.getLogger(__name__).info("shop at %s, server %s", settings.url, settings.server)
    server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except RegtestError as error:
        sys.exit(f"the shop cannot start: {error}")
