"""The URL of a request as its client wrote it: what BitPay clients sign (bitpay-api 2.1)."""

from collections.abc import Mapping
from typing import Any

from app.proxies import scheme_and_host
from app.settings import Settings


def candidate_urls(environ: Mapping[str, Any], settings: Settings) -> list[str]:
    """What the client may have signed: the URL by Host header and trusted proxies, and by the configured address."""
    target = raw_target(environ)
    scheme, host = scheme_and_host(environ, settings.trusted_proxies)
    found = [f"{scheme}://{host}{target}", settings.public_url + target]
    return list(dict.fromkeys(found))


def raw_target(environ: Mapping[str, Any]) -> str:
    """Path and query exactly as sent: percent-encoding is signed, so nothing is decoded and encoded again."""
    target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")
    if target.startswith(("http://", "https://")):  # absolute form, as sent through a forward proxy
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    return target
