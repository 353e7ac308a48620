"""The settings: read once from the environment, frozen, listed in docs/settings.md (a test compares)."""

import binascii
import ipaddress
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from app.domain.rates import COIN, SOURCES, BidAsk, read_pair
from app.domain.web_address import why_no_web_address
from app.errors import BadInput, ConfigError, shown

NETWORKS = {"mainnet": 8332, "testnet": 18332, "signet": 38332, "regtest": 18443}
YES = {"1", "true", "yes", "on"}
NO = {"", "0", "false", "no", "off"}
HIGHEST_PORT = 65_535
SEALING_KEY_BYTES = 32
MOST_DIGITS = 4  # of a number of things that a process holds open

# As SQLAlchemy reads it: a password may hold anything but an @.
_POSTGRESQL = re.compile(
    r"postgresql\+psycopg://(?:[^:/@]*(?::[^@]*)?@)?(?:\[[^]/?]+\]|[^:/?@\s]*)(?::(?P<port>[^/?]*))?(?:/[^?]*)?(?:\?.*)?"
)

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
    transaction_link: str | None
    log_level: str
    streams: int
    sealing_keys: tuple[str, ...] = field(repr=False)

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
            public_url=_web_address("SATTLE_PUBLIC_URL", env.get("SATTLE_PUBLIC_URL") or "http://127.0.0.1:8000"),
            data_dir=data_dir,
            database_url=_database_url(env, data_dir),
            node_urls=_node_urls(env.get("SATTLE_NODE_URL") or f"http://127.0.0.1:{NETWORKS[network]}"),
            node_cookies=_for_each_node(env, "SATTLE_NODE_COOKIE", _paths(env.get("SATTLE_NODE_COOKIE") or "")),
            node_user=env.get("SATTLE_NODE_USER") or None,
            node_password=env.get("SATTLE_NODE_PASSWORD") or None,
            node_zmqs=_for_each_node(
                env, "SATTLE_NODE_ZMQ", _zmqs(env.get("SATTLE_NODE_ZMQ") or "tcp://127.0.0.1:28332")
            ),
            rate_source=_choice(env, "SATTLE_RATE_SOURCE", "fixed" if on_regtest else "kraken", SOURCES),
            fixed_rates=_rates(env.get("SATTLE_FIXED_RATES") or ("BTC_EUR=50000,BTC_USD=55000" if on_regtest else "")),
            trusted_proxies=_ip_networks(env.get("SATTLE_TRUSTED_PROXIES") or ""),
            allow_private_targets=_flag(env, "SATTLE_ALLOW_PRIVATE_TARGETS", default=on_regtest),
            allow_http_shops=_flag(env, "SATTLE_ALLOW_HTTP_SHOPS", default=False),
            test_clock=test_clock,
            regtest_payer_url=_payer_url(env.get("SATTLE_REGTEST_PAYER_URL")) if on_regtest else None,
            transaction_link=_transaction_link(env.get("SATTLE_TRANSACTION_LINK")),
            log_level=_choice(env, "SATTLE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
            streams=_count(env, "SATTLE_STREAMS", 32),
            sealing_keys=_sealing_keys(env.get("SATTLE_SEALING_KEY") or ""),
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


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    text = (env.get(name) or str(default)).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ConfigError(f"{name}={shown(text)} is no number from 0 to {10**MOST_DIGITS - 1}")
    return int(text)


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]).absolute() if env.get(name) else None


def _parts(text: str) -> tuple[str, ...]:
    """What stands between the commas."""
    return tuple(part for part in (piece.strip() for piece in text.split(",")) if part)


def _paths(text: str) -> tuple[Path, ...]:
    return tuple(Path(part).absolute() for part in _parts(text))


def _sealing_keys(text: str) -> tuple[str, ...]:
    """Each 32 bytes in base64. What is wrong is told without the value."""
    keys = _parts(text)
    for key in keys:
        try:
            is_good = len(urlsafe_b64decode(key.encode())) == SEALING_KEY_BYTES
        except (binascii.Error, ValueError):
            is_good = False
        if not is_good:
            raise ConfigError("SATTLE_SEALING_KEY holds what is no key; `flask secret new` makes one")
    return keys


def _for_each_node(env: Mapping[str, str], name: str, values: tuple[T, ...]) -> tuple[T, ...]:
    """None at all, or as many as there are nodes."""
    nodes = len(_parts(env.get("SATTLE_NODE_URL") or "-"))
    if values and len(values) != nodes:
        raise ConfigError(
            f"{name} names {len(values)}, SATTLE_NODE_URL {nodes}; name one for each node, in their order"
        )
    return values


def _web_address(name: str, value: str) -> str:
    """Without the slash at its end. A value that may hold a password is not repeated."""
    if "@" in value:
        raise ConfigError(f"{name} holds a user name or an @; it takes an address without")
    if why := why_no_web_address(value):
        raise ConfigError(f"{name}={shown(value)} cannot be used: {why}")
    if "?" in value or "#" in value:
        raise ConfigError(f"{name}={shown(value)} cannot be used: leave away what follows the path")
    return value.rstrip("/")


def _node_urls(text: str) -> tuple[str, ...]:
    name = "SATTLE_NODE_URL"
    urls = _at_least_one(name, text)
    if "@" in text:
        raise ConfigError(f"{name} holds a user name or an @; they belong into SATTLE_NODE_USER and _PASSWORD")
    checked = tuple(_web_address(name, url) for url in urls)
    for url in checked:
        if urlsplit(url).path:
            raise ConfigError(
                f"{name}={shown(url)} cannot be used: a node answers at its host and port, without a path"
            )
    return checked


def _transaction_link(text: str | None) -> str | None:
    """An address with {txid} in its path or query."""
    name = "SATTLE_TRANSACTION_LINK"
    if not text:
        return None
    if why := why_no_web_address(text.replace("{txid}", "0" * 64)):
        raise ConfigError(f"{name}={shown(text)} cannot be used: {why}")
    if "{txid}" not in text or "{txid}" in urlsplit(text).netloc:
        raise ConfigError(f"{name}={shown(text)} cannot be used: write {{txid}} in its path, where the id belongs")
    return text


def _payer_url(text: str | None) -> str | None:
    return _web_address("SATTLE_REGTEST_PAYER_URL", text) if text else None


def _zmqs(text: str) -> tuple[str, ...]:
    endpoints = _at_least_one("SATTLE_NODE_ZMQ", text)
    for endpoint in endpoints:
        if not _is_endpoint(endpoint):
            raise ConfigError(f"SATTLE_NODE_ZMQ={shown(endpoint)} cannot be used: write tcp://HOST:PORT or ipc://PATH")
    return endpoints


def _is_endpoint(text: str) -> bool:
    """What ZeroMQ can connect to."""
    try:
        parts = urlsplit(text)
        if parts.scheme == "tcp":
            return bool(parts.hostname and parts.port) and not parts.path and "@" not in text
    except ValueError:
        return False
    return parts.scheme == "ipc" and bool(parts.netloc + parts.path)


def _at_least_one(name: str, text: str) -> tuple[str, ...]:
    parts = _parts(text)
    if not parts:
        raise ConfigError(f"{name}={shown(text)} names none; unset it for the default")
    return parts


def _database_url(env: Mapping[str, str], data_dir: Path) -> str:
    """With the driver's name in it. It may hold a password, so what is wrong is told without the value."""
    url = env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'sattle.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            url = "postgresql+psycopg://" + url.removeprefix(prefix)
    if url.startswith("sqlite:///"):
        file = url.removeprefix("sqlite:///")
        if not file or file.startswith((":", "file:", "?")) or "?" in file:
            raise ConfigError("DATABASE_URL names no file; web and worker share one: write sqlite:///PATH")
        return url
    found = _POSTGRESQL.fullmatch(url)
    if found is None:
        raise ConfigError("DATABASE_URL is neither sqlite:///PATH nor postgresql://…; those two are supported")
    port = found["port"]
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port) <= HIGHEST_PORT):
        raise ConfigError(f"DATABASE_URL has a port that is none; use a number from 1 to {HIGHEST_PORT}")
    return url


def _rates(text: str) -> dict[str, Decimal]:
    rates = {}
    for item in _parts(text):
        pair, _, written = item.partition("=")
        try:
            name, rate = read_pair(pair), Decimal(written.strip())
        except (BadInput, InvalidOperation):
            raise ConfigError(f"SATTLE_FIXED_RATES: {shown(item)} is not PAIR=RATE, such as BTC_EUR=50000") from None
        if name.quote == COIN:
            raise ConfigError(f"SATTLE_FIXED_RATES: {shown(item)} is the wrong way round; {COIN} comes first")
        if not BidAsk.of(rate).usable:
            raise ConfigError(f"SATTLE_FIXED_RATES: {shown(item)} is no rate to sell at; it is a number above 0")
        rates[str(name)] = rate
    return rates


def _ip_networks(text: str) -> tuple[IpNetwork, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(f"SATTLE_TRUSTED_PROXIES: {error}; use addresses or networks like 10.0.0.0/8") from None
