"""What the merchant set: the server, the key, the store, the webhook that was registered, and how the shop sells."""

import json
import os
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

OPTIONS = ("protect", "separate_gateways", "modal", "customer_data")
"""The settings that are switched on or off."""

MANUAL = "manual"
"""The id of a webhook whose secret the merchant typed: the plugin neither looks it up nor makes one."""


@dataclass(frozen=True)
class Connection:
    """One row of settings.

    `protect`: a webhook leaves an order alone that is processing or completed. The wizard leaves it off, as the
    plugin does; saving the form sets it as the form has it, which is on at first. `extra_methods`: payment methods that
    a test makes the shop believe in beside the server's.
    """

    server: str = ""
    api_key: str = ""
    store_id: str = ""
    webhook_id: str = ""
    webhook_secret: str | None = None
    webhook_url: str = ""
    protect: bool = False
    separate_gateways: bool = False
    modal: bool = False
    customer_data: bool = True
    extra_methods: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the shop can sell by it."""
        return bool(self.server and self.api_key and self.store_id)


class ConnectionFile:
    """The file that keeps it, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()

    def read(self) -> Connection:
        """What is set at present."""
        if not self._path.exists():
            return Connection()
        return Connection(**json.loads(self._path.read_text(encoding="utf-8")))

    def change(self, **values: Any) -> Connection:
        """Set these; returns the whole."""
        with self._writing:
            changed = replace(self.read(), **values)
            fresh = self._path.with_suffix(".new")
            with open(fresh, "w", opener=_owner_only, encoding="utf-8") as file:  # Path.open takes no opener
                json.dump(asdict(changed), file)
            fresh.replace(self._path)
            return changed


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
