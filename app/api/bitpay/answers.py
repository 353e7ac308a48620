"""Answers in BitPay's form: JSON, errors with a top-level `error` (sections 2.4 and 9), any origin."""

from typing import Any

from flask import Response

from app.domain.exact_json import dumps
from app.errors import BadInput, Forbidden, NotFound, SattleError, TooMany, Unauthenticated

STATUSES: tuple[tuple[type[SattleError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (TooMany, 429),
)
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "*, Authorization, Content-Type, X-Identity, X-Signature, X-Accept-Version",
}


def answer(value: object, status: int = 200) -> Response:
    """`value` as a JSON answer."""
    return Response(dumps(value), status, content_type="application/json; charset=utf-8")


def data(value: object) -> Response:
    """`{"data": …}`."""
    return answer({"data": value})


def failure(message: str, status: int) -> Response:
    """An error in the form that BitPay clients read; 401 carries the list as well."""
    body: dict[str, Any] = {"error": message}
    if status == 401:
        body = {"errors": [{"error": message}], "error": message}
    return answer(body, status)


def failed(error: SattleError) -> Response:
    """The answer for something that went wrong on purpose. What is not listed is 400, as clients expect it."""
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), 400)
    remedy = error.remedy if isinstance(error, BadInput) else ""
    response = failure(remedy if remedy.startswith("The ") else str(error), status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def open_to_all(response: Response) -> Response:
    """Let scripts of any origin read the answer: credentials travel in headers, never in cookies."""
    response.headers.extend(CORS)
    return response
