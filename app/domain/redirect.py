"""Where an API key may be handed over, and where a person may be sent after signing in.

A key goes to the address that the asking shop named (greenfield-api section 7). The browser reads that address by
its own rules, so one that could be read in two ways is refused rather than understood.
"""

import ipaddress
import re
from dataclasses import dataclass

from app.errors import BadInput

LONGEST_BYTES = 2_000
LONGEST_TARGET = 8_000  # a question for a key, its redirect percent-encoded
FIELD = "redirect"
WHOLE = re.compile(r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?(?:[/?][^\s\x00-\x20\x7f]*)?", re.IGNORECASE | re.ASCII)
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)  # browsers read a host that ends in one as an IPv4 address
LOCAL = re.compile(r"/(?![/\\])[!-~]*", re.ASCII)
HOME = "/admin"


@dataclass(frozen=True)
class Redirect:
    """A checked address: `url` as it was given, `host` with the port if one is named, in lower case."""

    url: str
    origin: str
    host: str

    @property
    def is_encrypted(self) -> bool:
        return self.origin.startswith("https://")


def key_redirect(text: str, *, allow_http: bool) -> Redirect:
    """The address to which a key may be sent: absolute https, no user-info, no fragment. BadInput (redirect).

    http is accepted for this machine, and where the operator allows it.
    """
    if len(text.encode()) > LONGEST_BYTES:
        raise BadInput(FIELD, text, f"use at most {LONGEST_BYTES} bytes")
    if "#" in text:
        raise BadInput(FIELD, text, "leave the fragment (#…) away")
    parts = WHOLE.fullmatch(text)
    if parts is None or "\\" in text or not text.isprintable():
        raise BadInput(
            FIELD, text, "use an absolute address like https://shop.example/path, without user name and spaces"
        )
    scheme, host, port = parts[1].lower(), parts[2].lower(), parts[3]
    _require_host(host, text)
    if port is not None and not 0 < int(port) < 65_536:
        raise BadInput(FIELD, text, "the port is a number from 1 to 65535")
    if scheme == "http" and not (allow_http or is_this_machine(host)):
        raise BadInput(
            FIELD, text, "use https: over http others could read the key (SATTLE_ALLOW_HTTP_SHOPS=1 allows it)"
        )
    usual = {"http": "80", "https": "443"}[scheme]
    shown_host = host if port is None or port.lstrip("0") == usual else f"{host}:{int(port)}"
    return Redirect(text, f"{scheme}://{shown_host}", shown_host)


def is_this_machine(host: str) -> bool:
    """Is the host (without a port) the loopback interface of whoever reads it?"""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def local_target(text: str) -> str:
    """`text` if it is a path of this server, else the home page: anybody can make links to the sign-in page."""
    return text if LOCAL.fullmatch(text) and "\\" not in text and len(text) <= LONGEST_TARGET else HOME


def _require_host(host: str, text: str) -> None:
    labels = host.split(".")
    if NUMBER.fullmatch(labels[-1]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise BadInput(FIELD, text, "write the host as a name, or as an address like 192.0.2.1") from None
    elif len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise BadInput(FIELD, text, "the host is no name that a browser could look up")
