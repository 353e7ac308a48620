"""An answer that says no: a page for people, JSON in the words of the dialect for programs."""

import json
from collections.abc import Callable

from flask import Response, request

FOR_PROGRAMS = ("/api/", "/misc/", "/invoices", "/tokens", "/rates", "/currencies", "/health")
GREENFIELD = ("/api/v1/", "/misc/")
CODES = {
    404: "not-found",
    405: "method-not-allowed",
    413: "payload-too-large",
    429: "too-many-requests",
    500: "internal-error",
}


def refusal(code: int, text: str, page: Callable[[], str]) -> Response:
    """`text` is what a program is told, `page` draws what a person sees."""
    response = Response(status=code)
    if _wants_page():
        response.set_data(page())
    else:
        response.mimetype = "application/json"
        response.set_data(json.dumps(_said(code, text)))
    return response


def _wants_page() -> bool:
    """What the client asked for; when it does not care, what lives at the path."""
    accepts = request.accept_mimetypes
    if accepts["text/html"] != accepts["application/json"]:
        return accepts["text/html"] > accepts["application/json"]
    return not request.path.startswith(FOR_PROGRAMS) and not request.path.endswith("/status")


def _said(code: int, text: str) -> dict[str, str]:
    """The error in the words of the dialect that lives at the path."""
    if request.path.startswith(GREENFIELD):
        return {"code": CODES.get(code, "generic-error"), "message": text}
    return {"error": text}
