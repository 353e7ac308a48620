"""What of the shop's WordPress and WooCommerce can be set: a file, changed by tests while the shop runs."""

import json
import threading
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """As a fresh site has them, but for what would only be a nuisance in a test.

    `https`: PHP takes every request for one over https. `home`: the address that the site believes to have; empty: the
    one where it listens. `hold_stock_minutes`: as WooCommerce keeps it, text, empty for never. `statuses`: those that
    some plugin adds. `number_prefix`: some plugin numbers orders by it. `rest_for_members`: a security plugin hides the
    REST index. `reaches_private`: webhooks and keys go to private addresses and to any port, which WordPress refuses.
    `callback_over_http`: the one-click key is sent to an http address as well, which WooCommerce refuses.
    `save_gap_ms`: between reading an order and writing it, as on a slow shop.
    """

    https: bool = False
    home: str = ""
    name: str = "Sattle's corner shop"
    plain_permalinks: bool = False
    timezone: str = ""
    currency: str = "EUR"
    decimals: int = 2
    hold_stock_minutes: str = ""
    manage_stock: bool = True
    number_prefix: str = ""
    statuses: tuple[str, ...] = ()
    disabled_gateways: tuple[str, ...] = ()
    plugin_version: str = "2.8.0"
    wp_cron: bool = True
    rest_for_members: bool = False
    application_passwords: bool = False
    reaches_private: bool = True
    callback_over_http: bool = True
    save_gap_ms: int = 0


class NoSuchOption(ValueError):
    """A name that is no option, or a value of another type than it has; the text says which."""


class OptionsFile:
    """The file that keeps them between two starts; nobody else writes it, so it is read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._options = Options(**_typed(kept))

    def read(self) -> Options:
        """What is set at present."""
        return self._options

    def change(self, values: dict[str, Any]) -> Options:
        """Set these; returns the whole. Raises NoSuchOption and changes nothing."""
        with self._writing:
            changed = replace(self.read(), **_typed(values))
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(changed)), encoding="utf-8")
            fresh.replace(self._path)
            self._options = changed
            return changed


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    known = {field.name: type(field.default) for field in fields(Options)}
    typed = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for name, value in typed.items():
        if name not in known:
            raise NoSuchOption(f"{name!r} is no option of the shop; they are {', '.join(known)}")
        if type(value) is not known[name]:
            raise NoSuchOption(f"{name} is {value!r}; it takes a {known[name].__name__}")
    return typed
