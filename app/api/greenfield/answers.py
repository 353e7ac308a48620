"""Answers in Greenfield's form: JSON, errors as code and message or as a list of paths (greenfield 1), any origin."""

from typing import Any

from flask import Response, request

from app.domain.exact_json import dumps
from app.domain.permissions import Policy
from app.errors import BadInput, Forbidden, NotFound, Refused, SattleError, TooMany, Unauthenticated

JSON = "application/json; charset=utf-8"
PREFIXES = ("/api/v1/", "/misc/")
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*, Authorization, Content-Type",
}


class Problem(SattleError):
    """A failure with a status and a code of its own, as section 1 and the endpoints name them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Invalid(SattleError):
    """What was sent cannot be used: (path, message) of each part, PascalCase for bodies and camelCase for queries."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, message in problems))
        self.problems = problems


class MissingPermission(Forbidden):
    """The caller does not hold `policy` for what it asks; whether that exists is not said."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(f"This needs the permission {policy.value}, which these credentials do not have here")
        self.policy = policy


def answer(value: object, status: int = 200) -> Response:
    """`value` as a JSON answer; None as an empty one."""
    if value is None:
        response = Response(status=status)
        del response.headers["Content-Type"]
        return response
    return Response(dumps(value), status, content_type=JSON)


def problem(status: int, code: str, message: str) -> Response:
    """`{"code", "message"}`."""
    return answer({"code": code, "message": message}, status)


def failed(error: SattleError) -> Response:
    """The answer for something that went wrong on purpose. What is not listed is 400 generic-error."""
    if isinstance(error, Invalid):
        return answer([{"path": path, "message": message} for path, message in error.problems], 422)
    if isinstance(error, BadInput):
        return answer([{"path": pascal(error.field), "message": str(error)}], 422)
    if isinstance(error, MissingPermission):
        body: dict[str, Any] = {"missingPermission": error.policy.value, "code": "missing-permission"}
        return answer(body | {"message": str(error)}, 403)
    status, code = _named(error)
    response = problem(status, code, str(error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _named(error: SattleError) -> tuple[int, str]:
    if isinstance(error, Problem):
        return error.status, error.code
    if isinstance(error, Refused):
        return 400, error.code
    if isinstance(error, Unauthenticated):
        return 401, "unauthenticated"
    if isinstance(error, Forbidden):
        return 403, "missing-permission"
    if isinstance(error, NotFound):
        return 404, "not-found"
    if isinstance(error, TooMany):
        return 429, "too-many-requests"
    return 400, "generic-error"


def pascal(name: str) -> str:
    """expirationMinutes and "expiration minutes" as ExpirationMinutes."""
    return "".join(word[:1].upper() + word[1:] for word in name.split())


def open_to_all(response: Response) -> Response:
    """Let scripts of any origin read the dialect's answers: credentials travel in headers, never in cookies."""
    if request.path.startswith(PREFIXES):
        response.headers.extend(CORS)
    return response
