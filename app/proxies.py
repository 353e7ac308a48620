"""The operator's reverse proxies: what they say about a request is believed, what strangers say is not."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from app.settings import IpNetwork


def is_trusted(address: str, trusted: tuple[IpNetwork, ...]) -> bool:
    """Is the peer one of the operator's proxies?"""
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped is not None:
        peer = peer.ipv4_mapped  # how a socket that listens on both writes an IPv4 peer
    return any(peer in network for network in trusted)


def scheme_and_host(environ: Mapping[str, Any], trusted: tuple[IpNetwork, ...]) -> tuple[str, str]:
    """How the client wrote the address: scheme, and host with its port, by the Host header and trusted proxies."""
    scheme = str(environ.get("wsgi.url_scheme", "http"))
    host = str(environ.get("HTTP_HOST", ""))
    if not is_trusted(str(environ.get("REMOTE_ADDR", "")), trusted):
        return scheme, host
    return (
        _first(environ.get("HTTP_X_FORWARDED_PROTO")) or scheme,
        _first(environ.get("HTTP_X_FORWARDED_HOST")) or host,
    )


def _first(header: object) -> str:
    """A chain of proxies appends; the first value is what the client used."""
    return str(header or "").partition(",")[0].strip()


def client_address(environ: Mapping[str, Any], trusted: tuple[IpNetwork, ...]) -> str:
    """Who asks: the peer, or behind trusted proxies the last address of X-Forwarded-For that is none of them.

    What stands before it was written by the client and may be anything.
    """
    address = str(environ.get("REMOTE_ADDR", ""))
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    for before in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not is_trusted(address, trusted):
            break
        address = before
    return address
