"""GET /i/{id}/events: server-sent events that tell an open checkout when to look."""

import socket
from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, request

from app.db.queries import reading
from app.db.queries_events import News, news_after
from app.db.trouble import database_trouble_named
from app.pages.checkout_find import found, viewed
from app.pages.streams import Streams
from app.proxies import client_address
from app.services import services
from app.throttle import address_group

EXTENSION = "sattle_streams"
FULL_SECONDS = 60  # who finds no room looks by itself for so long
NOTHING_TO_COME = 204  # which ends an EventSource for good

SOCKETS = ("gunicorn.socket", "werkzeug.socket")  # where a server leaves the connection

blueprint = Blueprint("events", __name__)


def register(app: Flask) -> None:
    """Attach the streams of this process. app.gunicorn tells them what their share is."""
    settings = app.extensions["sattle"].settings

    def read(after: int | None) -> list[News]:
        with app.app_context(), database_trouble_named():
            return news_after(reading(), after, settings.network)

    app.extensions[EXTENSION] = Streams(read, settings.streams)
    app.register_blueprint(blueprint)


@blueprint.get("/i/<first>/events")
@blueprint.get("/i/<first>/<second>/events")
def events(first: str, second: str | None = None) -> Response:
    """A line that says "look"; 204 when nothing can change by itself, 503 when there is no room.

    No connection to the database is held: the request's session ends before the first word is sent.
    """
    services().slow_down(services().page_throttle, request.environ)
    view = viewed(*found(first, second))
    if view.is_final:
        return Response(status=NOTHING_TO_COME)
    if request.method != "GET":
        return Response(mimetype="text/event-stream")
    who = address_group(client_address(request.environ, services().settings.trusted_proxies))
    streams = cast(Streams, current_app.extensions[EXTENSION])
    stream = streams.open(view.invoice_id, who, _hung_up(request.environ))
    if stream is None:
        return Response(status=503, headers={"Retry-After": str(FULL_SECONDS)})
    response = Response(stream.told(), mimetype="text/event-stream")
    response.call_on_close(lambda: streams.close(stream))
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects would hold back every word
    return response


def _hung_up(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """Looks whether the other end has closed the connection, where the server lets us see it."""
    connection = next((environ[name] for name in SOCKETS if name in environ), None)
    if type(connection) is not socket.socket:  # one with TLS cannot be peeked at
        return lambda: False

    def is_closed() -> bool:
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    return is_closed
