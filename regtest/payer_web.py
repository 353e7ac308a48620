"""The target of the checkout's "pay from the test wallet" form, on a loopback port of its own.

It belongs to the harness: the product has no code that can spend. `POST /pay` takes `checkout` (a checkout page of
the one configured server: what remains due is paid, and the browser is sent back there), or `destination` and `amount`
in BTC.
"""

import contextlib
import threading
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.serving import make_server

from regtest.attach import attached
from regtest.chain import Chain
from regtest.errors import NeverHappened, RegtestError
from regtest.payer import Payer
from regtest.state import State
from regtest.targets import parse_bitcoin, read_target
from regtest.waiting import wait_until

SEEN_SECONDS = 5
LARGEST_REQUEST_BYTES = 100_000
MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def create_payer(chain: Chain, server: str, state: State) -> Flask:
    """The Flask application. `server` is the Sattle server whose pages may be paid and returned to."""
    page = Flask("regtest.payer_web", static_folder=None)
    page.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    payer = Payer(chain)
    one_at_a_time = threading.Lock()

    @page.post("/pay")
    def pay() -> Response:
        checkout = request.form.get("checkout", "").strip()
        if checkout and origin(checkout) != origin(server):
            raise RegtestError(f"{checkout} is no page of {server}; nothing was paid")
        with one_at_a_time:
            txid = _pay(payer, checkout, request.form.get("destination", "").strip(), request.form.get("amount", ""))
            if txid is not None:
                state.remember_payment(txid)
        if checkout:
            return Response(status=303, headers={"Location": checkout})
        return Response(f"{txid}\n", mimetype="text/plain")

    @page.errorhandler(RegtestError)
    def refuse(error: RegtestError) -> tuple[str, int]:
        return f"<!doctype html><title>Not paid</title><p>{str(error).translate(MARKUP)}</p>", 400

    return page


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port: what makes two addresses belong to the same server."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        raise RegtestError(f"{url} is no web address") from None
    if not url.isprintable():
        raise RegtestError(f"{url!r} is no web address")
    return parts.scheme, parts.hostname, port


def serve(state: State, port: int, server: str) -> None:
    """Serve on 127.0.0.1 until the process is told to end."""
    chain = attached(state)
    chain.require_regtest()
    make_server("127.0.0.1", port, create_payer(chain, server, state), threaded=True).serve_forever()


def _pay(payer: Payer, checkout: str, destination: str, amount: str) -> str | None:
    """Pay and return the txid; None if nothing remained due (the button was pressed twice)."""
    if destination:
        return payer.pay(destination, parse_bitcoin(amount))
    if not checkout:
        raise RegtestError("send a checkout page, or a destination and an amount in BTC")
    asked = read_target(checkout)
    if not asked.due_sats:
        return None
    txid = payer.pay(asked.destination, asked.due_sats)
    with contextlib.suppress(NeverHappened):  # the page shows it as soon as the server knows; that is not our business
        wait_until(
            lambda: read_target(checkout) != asked, "the server to see the payment", SEEN_SECONDS, every_seconds=0.1
        )
    return txid
