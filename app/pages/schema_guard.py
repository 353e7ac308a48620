"""Nothing is served on a database of another version: its tables are not those that the code knows.

The command that is missing is named in the answer and in the log. As soon as it was run, requests are served.
"""

import logging
from dataclasses import dataclass

from flask import Flask, Response, render_template, request

from app.db.session import require_schema
from app.db.trouble import trouble_named
from app.errors import ConfigError, Unavailable
from app.pages.refusals import refusal
from app.services import services

log = logging.getLogger(__name__)

LOOK_SECONDS = 30  # somebody may migrate the database under a server that still runs
OPEN = ("static", "stylesheet.sheet", "health")  # endpoints that need no tables, or say themselves what is wrong


@dataclass
class SchemaGuard:
    """Looks now and then while all is well, and with each request while it is not."""

    good_until: float = 0.0

    def __call__(self) -> Response | None:
        now = services().clock.monotonic()
        if now < self.good_until or request.endpoint in OPEN:
            return None
        try:
            with trouble_named():
                require_schema()
        except ConfigError as trouble:
            self.good_until = 0.0
            log.error("no request is served: %s", trouble)
            return _refused(f"{str(trouble)[:1].upper()}{str(trouble)[1:]}.")
        except Unavailable:
            return None  # whoever asks the database next says so
        self.good_until = now + LOOK_SECONDS
        return None


def _refused(text: str) -> Response:
    return refusal(503, text, lambda: render_template("error.html", code=503, name="Service Unavailable", text=text))


def guard_schema(app: Flask) -> None:
    """Ask before anything else does."""
    app.before_request(SchemaGuard())
