"""The stand-in shop's WooCommerce without a network: a client with a key, and the recordings of a real one."""

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from regtest.shop.app import create_shop
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.orders import NewOrder, Order
from regtest.shop.rest.keys import Key
from regtest.shop.rest.site import Site
from regtest.shop.settings import ShopSettings
from regtest.shop.till import Till

FIXTURES = Path(__file__).parents[1] / "fixtures" / "woo_rest"
URL = "http://127.0.0.1:8480"
API = "/wp-json/wc/v3"
UNTOLD = {"details", "_links"}
"""Cut from some recordings."""


def recorded(name: str) -> list[dict[str, Any]]:
    """The exchanges of one file."""
    found: list[dict[str, Any]] = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return found


def exchange(name: str, label: str) -> dict[str, Any]:
    """The one whose label begins so."""
    return next(one for one in recorded(name) if one["label"].startswith(label))


def shape(value: object) -> object:
    """JSON types by name; of a list the first entry stands for all."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name not in UNTOLD}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool):
        return "flag"
    return "number" if isinstance(value, int | float) else type(value).__name__


def header_names(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Those that say something about REST, in small letters."""
    told = {
        "content-type",
        "link",
        "allow",
        "cache-control",
        "x-wp-total",
        "x-wp-totalpages",
        "retry-after",
        "location",
    }
    return told & {name.lower() for name, _ in pairs}


class WooBench:
    """A shop at the recorded address that PHP believes to be over https, so that Basic authentication works."""

    def __init__(self, directory: Path) -> None:
        settings = ShopSettings(port=8480, server="http://127.0.0.1:9", state_dir=directory)
        self.till = Till(settings)
        self.orders = self.till.orders
        self.plugin = GreenfieldPlugin(settings, self.till.orders, self.till.inbox, self.till.clock.now)
        shop = create_shop(self.till, self.plugin)
        self.client = shop.test_client()
        self.site: Site = shop.extensions["woocommerce"]
        self.keys = self.site.keys
        self.till.options.change({"https": True})
        self.key = self.keys.add()

    def place(self, status: str = "pending", **changes: Any) -> Order:
        """An order of a mug by the Greenfield plugin, in whatever status, without the way there."""
        usual = {"item": "Mug", "total": "12.34", "currency": "EUR", "overrides": {}, "gateway": "btcpaygf_default"}
        return self.orders.place(NewOrder(**{**usual, "status": status, **changes}))

    def call(self, method: str, path: str, body: object = None, key: Key | None = None, **options: Any) -> TestResponse:
        """One request with Basic authentication; `path` below the API unless it begins with a slash."""
        used = key or self.key
        secret = base64.b64encode(f"{used.consumer_key}:{used.consumer_secret}".encode()).decode()
        given = {"json": body} if body is not None else {}
        headers = {"Authorization": f"Basic {secret}"}
        address = path if path.startswith("/") else f"{API}/{path}"
        return self.client.open(address, method=method, **{"headers": headers, **given, **options})

    def get(self, path: str) -> Any:
        """The JSON of a GET that goes well."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def put(self, order: Order, **body: object) -> dict[str, Any]:
        """The JSON of a PUT that goes well."""
        answer = self.call("PUT", f"orders/{order.id}", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def control(self, path: str, body: object = None) -> Any:
        """The shop's own interface for tests."""
        answer = self.client.post(path, json=body or {})
        assert answer.status_code == 200, answer.text
        return answer.json

    def deed(self, order: Order, name: str, **asked: object) -> None:
        self.control(f"/api/orders/{order.id}/deed", {"deed": name, **asked})

    def fail(self, mode: str, **asked: object) -> None:
        self.control("/api/woo/mode", {"mode": mode, **asked})


@contextmanager
def woo_bench(directory: Path) -> Iterator[WooBench]:
    """One shop."""
    bench = WooBench(directory)
    with bench.client:
        yield bench
