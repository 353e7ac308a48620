"""What a shop says of its own set-up: what the advisor and the doctor judge by."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

V2_PREFIX = "btcpaygf_"
V1_GATEWAY = "btcpay"


def is_ours(gateway: str) -> bool:
    """Is it a payment method of one of the two plugins?"""
    return gateway == V1_GATEWAY or gateway.startswith(V2_PREFIX)


@dataclass(frozen=True)
class ShopFacts:
    """None is what the shop did not tell. `gateways` are those of the plugins, by id: enabled or not.

    `hold_stock_minutes` is 0 where stock is not held; `plugins` are the versions of the two payment plugins by the
    names of their directories. `home_seen` is the shop's address as it sees itself.
    """

    currency: str | None = None
    decimals: int | None = None
    manages_stock: bool | None = None
    hold_stock_minutes: int | None = None
    gateways: Mapping[str, bool] | None = None
    plugins: Mapping[str, str] = field(default_factory=dict)
    woocommerce: str | None = None
    wordpress: str | None = None
    wp_cron: bool | None = None
    home_seen: str | None = None
    plain_permalinks: bool = False
    timezone: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def holds_stock(self) -> bool | None:
        """Does the shop cancel orders that wait too long for their payment? None: it did not tell."""
        if self.manages_stock is False or self.hold_stock_minutes == 0:
            return False
        return None if self.manages_stock is None or self.hold_stock_minutes is None else True


def facts_from(kept: Mapping[str, Any] | None) -> ShopFacts:
    """What `to_json` kept; names that only another version knows are left out."""
    known = ShopFacts.__dataclass_fields__
    return ShopFacts(**{name: value for name, value in (kept or {}).items() if name in known})
