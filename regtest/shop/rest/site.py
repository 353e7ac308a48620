"""What every part of the REST API works with."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regtest.shop.database import Database
from regtest.shop.options import Options, OptionsFile
from regtest.shop.orders import Orders
from regtest.shop.rest.exchange import RestError, RestRequest, invalid_parameter
from regtest.shop.rest.keys import Keys

ORDERS = "wc/v3/orders"


@dataclass(frozen=True)
class Site:
    """One WordPress with WooCommerce; `url` is where it listens."""

    database: Database
    orders: Orders
    options_file: OptionsFile
    keys: Keys
    now: Callable[[], datetime]
    url: str

    @property
    def options(self) -> Options:
        """As it is set at present."""
        return self.options_file.read()

    def home(self, is_https: bool | None = None) -> str:
        """The address the site believes to have, without a slash at the end."""
        options = self.options
        address = (options.home or self.url).rstrip("/")
        if is_https is None:
            return address
        return f"{'https' if is_https else 'http'}://{address.partition('://')[2]}"

    def root(self, is_https: bool | None = None) -> str:
        """The REST root, with a slash at the end."""
        below = "index.php?rest_route=/" if self.options.plain_permalinks else "wp-json/"
        return f"{self.home(is_https)}/{below}"


def wanted(request: RestRequest) -> dict[str, Any]:
    """The JSON object of a request; no body is an empty one. Raises RestError."""
    if not request.body.strip():
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        told = {"json_error_code": 4, "json_error_message": "Syntax error"}
        raise RestError(400, "rest_invalid_json", "Invalid JSON body passed.", **told) from None
    if not isinstance(body, dict):
        raise RestError(400, "rest_invalid_json", "Invalid JSON body passed.")
    return body


def text_of(body: dict[str, Any], name: str) -> str | None:
    """A text of the body, None where it is not there. Raises RestError."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid_parameter(name, f"{name} is not of type string.", "rest_invalid_type")
    return value


def flag_of(body: dict[str, Any], name: str) -> bool:
    """A switch of the body; WordPress takes a few spellings for it. Raises RestError."""
    value = body.get(name, False)
    if value in (True, False, "true", "false", "1", "0") and not isinstance(value, float):
        return value in (True, "true", "1")
    raise invalid_parameter(name, f"{name} is not of type boolean.", "rest_invalid_type")
