"""Where we may connect to when a client names the address: public http and https, unless the operator allows more."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.errors import SattleError, shown

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
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
    port: int
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
        port = parts.port
    except ValueError:
        raise TargetRefused(f"{shown(url)} is not an address") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise TargetRefused(f"{shown(url)} is not an http or https address")
    port = port or PORTS[parts.scheme]
    addresses = sorted(_look_up(parts.hostname, port), key=lambda address: address.version)
    refused = [address for address in addresses if not (allow_private or is_public(address))]
    if refused:
        raise TargetRefused(f"{parts.hostname} is {refused[0]}, which is not a public address")
    return Target(parts.scheme, parts.hostname, port, addresses[0])


def is_public(address: IpAddress) -> bool:
    """False for loopback, private, link-local, metadata, multicast and reserved ranges, also inside IPv6 wrappings."""
    if isinstance(address, ipaddress.IPv6Address):
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
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TargetUnknown(f"{shown(host)} does not resolve: {error}") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
