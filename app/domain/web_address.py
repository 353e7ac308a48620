"""Web addresses that somebody wrote down, told apart from what only looks like one, without a look-up."""

import re
from urllib.parse import SplitResult, urlsplit

SCHEMES = ("http", "https")
READ_IN_TWO_WAYS = frozenset("ßς\u200c\u200d")
"""By the older rules of international names these are other letters or none: another name, maybe somebody else's."""

_IN_NO_HOST = re.compile(r"[\s<>\"\\^`{|}]")


def why_no_web_address(text: str) -> str | None:
    """Why nothing could ever be reached at `text`; None for an http or https address with a host and port that can be.

    Spaces in the path are let pass: whoever calls the address encodes them.
    """
    if not text.isprintable():
        return "it holds characters that no address has"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "it is not an http or https address"
    if parts.scheme not in SCHEMES or not parts.hostname or _IN_NO_HOST.search(parts.netloc):
        return "it is not an http or https address"
    try:
        usable = parts.port != 0
    except ValueError:
        usable = False
    return None if usable else "its port is none; a port is a number from 1 to 65535"


def ascii_netloc(parts: SplitResult) -> str:
    """Host and port of an address as they go over the line: international names in ASCII, no user and password.

    ValueError where the host or port cannot be written so.
    """
    host = parts.hostname or ""
    if READ_IN_TWO_WAYS & set(host):
        raise ValueError("the name can be read in two ways; write it as xn--…")
    host = host.encode("idna").decode("ascii")
    shown = f"[{host}]" if ":" in host else host
    return shown if parts.port is None else f"{shown}:{parts.port}"
