"""A request as PHP sees it, an answer, and errors in WordPress' shape."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

JSON_TYPE = "application/json; charset=UTF-8"
HTML_TYPE = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class RestRequest:
    """`route` is the path below the REST root; `address` the path as asked, `target` with the query as it was sent.

    `is_https`: what PHP believes. `key_is_read`: whether WooCommerce looks for its keys in this request at all.
    """

    method: str
    route: str
    address: str
    query_text: str
    headers: dict[str, str]
    body: bytes
    is_https: bool
    key_is_read: bool = True

    @property
    def verb(self) -> str:
        """What is meant: a POST may name another method, and HEAD is a GET without its body."""
        meant = self.query.get("_method", "").upper() if self.method == "POST" else ""
        return "GET" if self.method == "HEAD" else meant or self.method

    @property
    def query(self) -> dict[str, str]:
        """The parameters; of one given twice the last counts, as in PHP."""
        pairs = (part.partition("=") for part in self.query_text.split("&") if part)
        return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}

    @property
    def fields(self) -> list[str]:
        """`_fields`; empty asks for all."""
        return [name.strip() for name in self.query.get("_fields", "").split(",") if name.strip()]


@dataclass(frozen=True)
class RestAnswer:
    """`body` is JSON, or text of `kind`. Headers that every answer has are added later."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = JSON_TYPE


class RestError(Exception):
    """A refusal; `data` joins the status in the error's data."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.data = status, code, message, data

    def answer(self) -> RestAnswer:
        """As WordPress sends it."""
        return RestAnswer(self.status, self.body())

    def body(self) -> dict[str, Any]:
        """The JSON alone."""
        return {"code": self.code, "message": self.message, "data": {"status": self.status, **self.data}}


def invalid_order(status: int = 404, message: str = "Invalid ID.") -> RestError:
    """An id that is no order's."""
    return RestError(status, "woocommerce_rest_shop_order_invalid_id", message)


def no_route() -> RestError:
    """A path or method that the API does not have."""
    return RestError(404, "rest_no_route", "No route was found matching the URL and request method.")


def invalid_parameter(name: str, message: str, code: str | None = None) -> RestError:
    """One parameter is not as it should be; most kinds of faults have a code of their own beside."""
    details = {"details": {name: {"code": code, "message": message, "data": None}}} if code else {}
    return RestError(400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: message}, **details)


def missing_parameter(name: str) -> RestError:
    """One parameter is not there."""
    return RestError(400, "rest_missing_callback_param", f"Missing parameter(s): {name}", params=[name])
