"""The settings of a store that are kept for its clients and pages, by the names that Greenfield gives them."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from app.domain.web_address import SCHEMES, why_no_web_address

LONGEST_SECONDS = 24 * 24 * 60 * 60  # of each window below
SHORTEST_SECONDS = {"expiration_seconds": 60, "display_timer_seconds": 60, "monitoring_seconds": 600}
RECEIPT: Mapping[str, bool] = {"enabled": True, "showQR": True, "showPayments": True}
DEFAULTS: Mapping[str, Any] = {
    "brandColor": None,
    "applyBrandColorToBackend": False,
    "logoUrl": None,
    "cssUrl": None,
    "paymentSoundUrl": None,
    "supportUrl": None,
    "refundBOLT11Expiration": 30,  # days
    "lightningDescriptionTemplate": "{StoreName}",
    "lightningAmountInSatoshi": False,
    "lightningPrivateRouteHints": False,
    "onChainWithLnInvoiceFallback": False,
    "showRecommendedFee": True,
    "recommendedFeeBlockTarget": 1,
    "defaultLang": "en",
    "autoDetectLanguage": False,
    "htmlTitle": None,
    "payJoinEnabled": False,
    "showPayInWalletButton": True,
    "showStoreHeader": True,
    "celebratePayment": True,
    "playSoundOnPayment": False,
    "lazyPaymentMethods": False,
    "paymentMethodCriteria": (),
    "receipt": RECEIPT,
}
LINKS = {"http", "https", "mailto", "tel", "sms", "nostr", "xmpp", "matrix", "tg", "simplex"}  # none that runs a script

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


def preferences(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Every preference: as it is stored, else its default."""
    found = {**DEFAULTS, **{name: value for name, value in stored.items() if name in DEFAULTS}}
    return found | {
        "receipt": {**RECEIPT, **found["receipt"]},
        "paymentMethodCriteria": list(found["paymentMethodCriteria"]),
    }


def with_preferences(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored when `given` has been changed; parts of the receipt that it does not name stay."""
    merged = {**stored, **given}
    if "receipt" in given:
        merged["receipt"] = {**stored.get("receipt", {}), **given["receipt"]}
    return merged


def with_defaults(
    asked: Mapping[str, Any], stored: Mapping[str, Any], default_payment_method: str | None
) -> dict[str, Any]:
    """What an invoice was asked for at its checkout, with what the store decides where nothing was said."""
    chosen = {
        "defaultPaymentMethod": default_payment_method,
        "lazyPaymentMethods": stored.get("lazyPaymentMethods"),
        "defaultLanguage": stored.get("defaultLang"),
    }
    return {**{name: value for name, value in chosen.items() if value is not None}, **asked}


def is_web_address(text: str) -> bool:
    """An absolute http or https address with a host, and no space in it."""
    return " " not in text and why_no_web_address(text) is None


def is_link(text: str) -> bool:
    """An address that a customer may safely follow: to a page, a mailbox, a messenger."""
    scheme = _scheme(text)
    return is_web_address(text) if scheme in SCHEMES else scheme in LINKS


def is_colour(text: str) -> bool:
    """#RGB or #RRGGBB."""
    return _COLOUR.fullmatch(text) is not None


def _scheme(text: str) -> str | None:
    if any(char.isspace() or not char.isprintable() for char in text):
        return None
    try:
        return urlsplit(text).scheme.lower()
    except ValueError:
        return None
