"""Where we may connect to when a client names the address: public http and https, unless the operator allows more."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.errors import SattleError, shown
from app.notify.names import look_up

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024  # those below belong to mail, shells and shares, which read lines of whatever is sent
NOT_PUBLIC = (  # though Python 3.11 takes them for it
    ipaddress.IPv6Network("::/96"),  # an IPv4 address in its oldest wrapping (RFC 4291 2.5.5.1)
    ipaddress.IPv6Network("64:ff9b:1::/48"),  # a site's own translation to IPv4 (RFC 8215)
    ipaddress.IPv6Network("fec0::/10"),  # site-local (RFC 3879)
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class TargetRefused(SattleError):
    """The address a client named is none that we connect to."""


class TargetUnknown(TargetRefused):
    """The name does not resolve now; it may later."""


@dataclass(frozen=True)
class Target:
    """A checked target. `address` is the one to connect to, `host` the name to verify and to send."""

    scheme: str
    host: str
    netloc: str  # host, and the port if one was named
    address: IpAddress

    @property
    def is_public(self) -> bool:
        return is_public(self.address)


def resolve(url: str, *, allow_private: bool) -> Target:
    """Resolve and check `url`. Raises TargetRefused, or TargetUnknown when the name does not resolve.

    Every address of the name must be fit, not only the one we take. IPv4 comes first: a server without IPv6 is common.
    """
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        raise TargetRefused("this is no address") from None
    if not port or not parts.hostname or parts.scheme not in PORTS:
        raise TargetRefused("this is not an http or https address")
    if not allow_private and port < FIRST_FREE_PORT and port not in PORTS.values():
        raise TargetRefused(f"port {port} belongs to another service; use 80, 443, or one from {FIRST_FREE_PORT} on")
    addresses = sorted(_look_up(parts.hostname, port), key=lambda address: address.version)
    if not (allow_private or all(is_public(address) for address in addresses)):  # which one is told to no client
        raise TargetRefused(f"the address of {shown(parts.hostname)} is not a public address")
    return Target(parts.scheme, parts.hostname, parts.netloc.rpartition("@")[2], addresses[0])


def is_public(address: IpAddress) -> bool:
    """False for loopback, private, link-local, metadata, multicast and reserved ranges, also inside IPv6 wrappings."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in NOT_PUBLIC):
            return False
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def _look_up(host: str, port: int) -> list[IpAddress]:
    try:
        found = look_up(host, port)
    except UnicodeError:
        raise TargetRefused(f"{shown(host)} is no name that could resolve") from None
    except OSError as error:
        raise TargetUnknown(f"{shown(host)} does not resolve: {error}") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
