"""The headers that every answer carries, and errors that tell a person what to do."""

import logging
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, TooManyRequests

from app.db.audit import ask_from
from app.errors import TooMany, shown
from app.pages.health import health
from app.pages.languages import N_, gettext
from app.pages.refusals import refusal
from app.pages.schema_guard import guard_schema
from app.proxies import client_address, scheme_and_host
from app.services import services

log = logging.getLogger(__name__)

FRAMEABLE = ("checkout.page", "checkout.page_by_query", "receipt.receipt")  # what shops show inside their own pages
CACHEABLE = (
    "static",
    "modal.script",
    "branding.sheet",
    "how_it_works.page",
)  # endpoints whose answers are the same for everybody
HTTPS_ALONE_SECONDS = 365 * 86_400  # this host, once a browser has reached it by https; its neighbours are not ours
NOT_OURS = N_("Something went wrong on our side; nothing was changed. Try again in a moment.")
TEXTS = {
    404: N_("There is nothing at this address. If you came here to pay, please go back to the shop and try again."),
    405: N_("This address does not take that kind of request."),
}


def protect(app: Flask) -> None:
    """Attach headers, error pages and /health."""
    guard_schema(app)
    app.before_request(note_where_from)
    app.before_request(refuse_what_is_no_text)
    app.after_request(secured)
    app.register_error_handler(Exception, failure)
    app.add_url_rule("/health", view_func=health)


def note_where_from() -> None:
    """For the audit log."""
    ask_from(client_address(request.environ, services().settings.trusted_proxies))


def refuse_what_is_no_text() -> None:
    """No database takes a zero byte for text: nothing has a name with one in it."""
    if "\x00" in request.path:
        abort(404, "Object not found")
    if any("\x00" in part for pair in request.args.items(multi=True) for part in pair):
        abort(400, "The address holds a character that is no text")


def secured(response: Response) -> Response:
    """Strict by default: no inline script or style, nothing from elsewhere; only the checkout page may be framed."""
    settings = services().settings
    payer = settings.regtest_payer_url
    # The test wallet sends the browser back to the public address, which need not be the one that it came by.
    form_targets = "'self'" + (f" {_origin(payer)} {_origin(settings.public_url)}" if payer else "")
    form_targets = g.get("form_targets", form_targets)
    images = " ".join(("'self'", *sorted(g.get("image_origins", ()))))
    framed = request.endpoint in FRAMEABLE and response.status_code == 200
    parents = "*" if framed else "'none'"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; "
        f"img-src {images}; connect-src 'self'; "
        f"base-uri 'none'; form-action {form_targets}; frame-ancestors {parents}"
    )
    if not framed:
        response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if scheme_and_host(request.environ, settings.trusted_proxies)[0] == "https":
        response.headers["Strict-Transport-Security"] = f"max-age={HTTPS_ALONE_SECONDS}"
    if request.endpoint not in CACHEABLE or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    return response


def allow_forms_to(origin: str) -> None:
    """Let the forms of the page that answers this request go to that origin, and nowhere else."""
    g.form_targets = origin


def allow_images_from(origin: str) -> None:
    """Let the page that answers this request show pictures of that origin, too."""
    g.image_origins = {*g.get("image_origins", ()), origin}


def failure(error: Exception) -> Response:
    """The one broad handler of the web process: a page or JSON, never a traceback."""
    known = _known(error)
    code = known.code or 500
    if code >= 500:
        log.error("%s %s failed", request.method, shown(request.path), exc_info=error)
    text = TEXTS.get(code) or (NOT_OURS if code >= 500 else known.description or known.name)
    response = refusal(code, text, lambda: _page(known, code, text))
    for name, value in known.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _page(known: HTTPException, code: int, text: str) -> str:
    """The error in the language of whoever reads the page, where it is one that buyers meet."""
    name = {404: gettext("Nothing here"), 429: gettext("One moment, please")}.get(code, known.name)
    if code >= 500:
        name, text = gettext("Something went wrong"), gettext(NOT_OURS)
    elif code == 429 and isinstance(known, TooManyRequests):
        text = gettext("You are asking very often. Please try again in %(seconds)s s.", seconds=known.retry_after)
    return render_template("error.html", code=code, name=name, text=gettext(text) if code in TEXTS else text)


def _known(error: Exception) -> HTTPException:
    if isinstance(error, TooMany):
        return TooManyRequests(str(error), retry_after=error.retry_after_seconds)
    return error if isinstance(error, HTTPException) and error.code else InternalServerError()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
