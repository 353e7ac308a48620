"""/modal/btcpay.js: the script that shows a checkout above a shop's own page (checkout 5)."""

from flask import Blueprint, Response, current_app

CACHED_SECONDS = 3600
"""Shops put the script into the head of every page. Its address stays the same when Sattle is upgraded."""

blueprint = Blueprint("modal", __name__)


@blueprint.get("/modal/btcpay.js")
def script() -> Response:
    """The same for everybody and whatever the query: WordPress puts its plugin's version there."""
    response = current_app.send_static_file("modal.js")
    response.cache_control.no_cache = None
    response.cache_control.public = True
    response.cache_control.max_age = CACHED_SECONDS
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
