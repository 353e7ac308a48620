"""The shop's settings, read from the environment once."""

import os
from dataclasses import dataclass
from pathlib import Path

from regtest.ports import port_from


@dataclass(frozen=True)
class ShopSettings:
    """Where the shop listens, which Sattle server it uses, and the directory with its key, token and orders."""

    port: int
    server: str
    state_dir: Path
    pairing_code: str | None = None
    api_key: str | None = None
    clock_file: Path | None = None

    @property
    def url(self) -> str:
        """The shop's own address, as it names it to the server."""
        return f"http://127.0.0.1:{self.port}"


def from_environment() -> ShopSettings:
    """SATTLE_SHOP_PORT, _SERVER, _STATE, _PAIRING_CODE, _API_KEY, SATTLE_TEST_CLOCK. Raises RegtestError for a port."""
    clock_file = os.environ.get("SATTLE_TEST_CLOCK")
    return ShopSettings(
        port=port_from("SATTLE_SHOP_PORT", 8001),
        server=os.environ.get("SATTLE_SHOP_SERVER", "http://127.0.0.1:8000").rstrip("/"),
        state_dir=Path(os.environ.get("SATTLE_SHOP_STATE", ".sattle/shop")),
        pairing_code=os.environ.get("SATTLE_SHOP_PAIRING_CODE") or None,
        api_key=os.environ.get("SATTLE_SHOP_API_KEY") or None,
        clock_file=Path(clock_file) if clock_file else None,
    )
