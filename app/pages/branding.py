"""What makes a checkout the store's own: name, logo, colour, links. Everything is checked again before it is shown."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, render_template

from app.db.facts import filled_address
from app.db.models import Invoice
from app.domain.colours import dark_palette, light_palette
from app.domain.store import is_colour, is_link, is_web_address, preferences
from app.pages.security import allow_images_from

CACHED_SECONDS = 7 * 86_400  # the sheet of a colour never changes
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")

blueprint = Blueprint("branding", __name__)


@dataclass(frozen=True)
class Branding:
    """How a store presents itself. `colour` is six hex digits, without the #."""

    name: str
    title: str
    logo: str | None
    colour: str | None
    support_url: str | None
    has_header: bool
    has_wallet_link: bool
    has_receipt: bool
    receipt_has_qr: bool
    receipt_has_payments: bool


def branding(row: Invoice) -> Branding:
    """The store of an invoice. What the receipt shows is the invoice's to say first."""
    chosen = preferences(row.store.preferences)
    receipt = {**chosen["receipt"], **(row.receipt or {})}
    return Branding(
        name=row.store.name,
        title=chosen["htmlTitle"] or row.store.name,
        logo=_logo(chosen["logoUrl"]),
        colour=_colour(chosen["brandColor"]),
        support_url=_support(row, chosen["supportUrl"]),
        has_header=chosen["showStoreHeader"],
        has_wallet_link=chosen["showPayInWalletButton"],
        has_receipt=receipt["enabled"],
        receipt_has_qr=receipt["showQR"],
        receipt_has_payments=receipt["showPayments"],
    )


def origin_of(url: str) -> str | None:
    """The origin of a picture as a content security policy may name it; None when it could mean anything else."""
    parts = urlsplit(url)
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except UnicodeError:
        return None
    host = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(host):
        return None
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


@blueprint.get("/brand/<colour>.css")
def sheet(colour: str) -> Response:
    """The colours of a brand: six hex digits, made readable in both themes."""
    if len(colour) != 6 or not is_colour(f"#{colour}"):
        abort(404)
    light, dark = light_palette(colour), dark_palette(colour)
    response = Response(render_template("brand.css", light=light, dark=dark), mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = CACHED_SECONDS
    return response


def _logo(url: str | None) -> str | None:
    """The address, once the answer's policy lets the browser fetch it."""
    origin = origin_of(url) if url and is_web_address(url) else None
    if origin is None:
        return None
    allow_images_from(origin)
    return url


def _colour(text: str | None) -> str | None:
    if not text or not is_colour(text):
        return None
    digits = text[1:].lower()
    return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)


def _support(row: Invoice, url: str | None) -> str | None:
    filled = filled_address(row, url) if url else None
    return filled if filled and is_link(filled) else None
