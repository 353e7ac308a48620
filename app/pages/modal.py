"""/modal/btcpay.js: the script that shows a checkout above a shop's own page (checkout 5)."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request

SCRIPT = Path(__file__).parent.parent / "static" / "modal.js"
CACHED_SECONDS = 3600
"""Shops put the script into the head of every page. Its address stays the same when Sattle is upgraded."""

blueprint = Blueprint("modal", __name__)


@blueprint.get("/modal/btcpay.js")
def script() -> Response:
    """The same for everybody and whatever the query: WordPress puts its plugin's version there."""
    text = _script()
    response = Response(text, mimetype="text/javascript")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.cache_control.public = True
    response.cache_control.max_age = CACHED_SECONDS
    response.set_etag(hashlib.sha256(text).hexdigest()[:32])
    response.make_conditional(request)
    return response


@cache
def _script() -> bytes:
    return SCRIPT.read_bytes()
