"""The settings: read once from the environment, frozen, listed in docs/settings.md (a test compares)."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from app.domain.rates import SOURCES
from app.errors import ConfigError, shown

NETWORKS = {"mainnet": 8332, "testnet": 18332, "signet": 38332, "regtest": 18443}
YES = {"1", "true", "yes", "on"}
NO = {"", "0", "false", "no", "off"}

T = TypeVar("T")
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Settings:
    """What an operator may choose. Times are in the names' units."""

    network: str
    public_url: str
    data_dir: Path
    database_url: str
    node_urls: tuple[str, ...]
    node_cookies: tuple[Path, ...]
    node_user: str | None
    node_password: str | None
    node_zmqs: tuple[str, ...]
    rate_source: str
    fixed_rates: Mapping[str, Decimal]
    trusted_proxies: tuple[IpNetwork, ...]
    allow_private_targets: bool
    allow_http_shops: bool
    test_clock: Path | None
    regtest_payer_url: str | None
    log_level: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Read DATABASE_URL and SATTLE_*. ConfigError names the setting, its value and what is accepted."""
        network = _choice(env, "SATTLE_NETWORK", "mainnet", NETWORKS)
        data_dir = Path(env.get("SATTLE_DATA_DIR") or "data").absolute()
        on_regtest = network == "regtest"
        test_clock = _path(env, "SATTLE_TEST_CLOCK")
        if test_clock and not on_regtest:
            raise ConfigError("SATTLE_TEST_CLOCK moves time and works on regtest only; unset it")
        return cls(
            network=network,
            public_url=_url(env, "SATTLE_PUBLIC_URL", "http://127.0.0.1:8000"),
            data_dir=data_dir,
            database_url=_database_url(env, data_dir),
            node_urls=_urls(env, "SATTLE_NODE_URL", f"http://127.0.0.1:{NETWORKS[network]}"),
            node_cookies=_for_each_node(env, "SATTLE_NODE_COOKIE", _paths(env.get("SATTLE_NODE_COOKIE") or "")),
            node_user=env.get("SATTLE_NODE_USER") or None,
            node_password=env.get("SATTLE_NODE_PASSWORD") or None,
            node_zmqs=_for_each_node(
                env, "SATTLE_NODE_ZMQ", _parts(env.get("SATTLE_NODE_ZMQ") or "tcp://127.0.0.1:28332")
            ),
            rate_source=_choice(env, "SATTLE_RATE_SOURCE", "fixed" if on_regtest else "kraken", SOURCES),
            fixed_rates=_rates(env.get("SATTLE_FIXED_RATES") or ("BTC_EUR=50000,BTC_USD=55000" if on_regtest else "")),
            trusted_proxies=_ip_networks(env.get("SATTLE_TRUSTED_PROXIES") or ""),
            allow_private_targets=_flag(env, "SATTLE_ALLOW_PRIVATE_TARGETS", default=on_regtest),
            allow_http_shops=_flag(env, "SATTLE_ALLOW_HTTP_SHOPS", default=False),
            test_clock=test_clock,
            regtest_payer_url=(env.get("SATTLE_REGTEST_PAYER_URL") or None) if on_regtest else None,
            log_level=_choice(env, "SATTLE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        )

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def _choice(env: Mapping[str, str], name: str, default: str, accepted: Mapping[str, object] | tuple[str, ...]) -> str:
    value = env.get(name) or default
    if value not in accepted:
        raise ConfigError(f"{name}={shown(value)} is not known; use one of {', '.join(accepted)}")
    return value


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name)
    if text is None:
        return default
    if text.lower() not in YES | NO:
        raise ConfigError(f"{name}={shown(text)} is neither yes nor no; use 1 or 0")
    return text.lower() in YES


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]).absolute() if env.get(name) else None


def _parts(text: str) -> tuple[str, ...]:
    """What stands between the commas."""
    return tuple(part for part in (piece.strip() for piece in text.split(",")) if part)


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(Path(part).absolute() for part in _parts(text))


def _for_each_node(env: Mapping[str, str], name: str, values: tuple[T, ...]) -> tuple[T, ...]:
    """None at all, or as many as there are nodes."""
    nodes = len(_parts(env.get("SATTLE_NODE_URL") or "-"))
    if values and len(values) != nodes:
        raise ConfigError(
            f"{name} names {len(values)}, SATTLE_NODE_URL {nodes}; name one for each node, in their order"
        )
    return values


def _urls(env: Mapping[str, str], name: str, default: str) -> tuple[str, ...]:
    return tuple(_checked_url(name, part) for part in _parts(env.get(name) or default))


def _url(env: Mapping[str, str], name: str, default: str) -> str:
    return _checked_url(name, env.get(name) or default)


def _checked_url(name: str, value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ConfigError(f"{name}={shown(value)} is not an address; it must start with http:// or https://")
    return value.rstrip("/")


def _database_url(env: Mapping[str, str], data_dir: Path) -> str:
    url = env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'sattle.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("DATABASE_URL is neither sqlite:///PATH nor postgresql://…; those two are supported")
    return url


def _rates(text: str) -> dict[str, Decimal]:
    rates = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        pair, _, rate = item.partition("=")
        try:
            rates[pair.strip().upper()] = Decimal(rate)
        except InvalidOperation:
            raise ConfigError(f"SATTLE_FIXED_RATES: {shown(item)} is not PAIR=RATE, such as BTC_EUR=50000") from None
    return rates


def _ip_networks(text: str) -> tuple[IpNetwork, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(f"SATTLE_TRUSTED_PROXIES: {error}; use addresses or networks like 10.0.0.0/8") from None
