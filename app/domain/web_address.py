"""Web addresses that somebody wrote down, told apart from what only looks like one, without a look-up."""

import re
from urllib.parse import urlsplit

SCHEMES = ("http", "https")

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
