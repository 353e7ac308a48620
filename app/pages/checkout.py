"""The buyer's page. It needs no JavaScript; with it, the page follows the invoice live."""

import hashlib
import json

from flask import Blueprint, Flask, Response, abort, render_template, request

from app.db.models import Invoice
from app.pages import branding, checkout_events, checkout_receipt, languages, modal, stylesheet
from app.pages.checkout_bare import activated, nothing_to_pay
from app.pages.checkout_find import found, viewed
from app.pages.checkout_json import checkout_json
from app.pages.checkout_view import CheckoutView
from app.pages.languages import kept
from app.pages.qr import qr_svg
from app.pages.security import protect
from app.services import services

RUNNING = ("expirationSeconds", "timeLeft")  # what changes by itself is no news

blueprint = Blueprint("checkout", __name__)


def register(app: Flask) -> None:
    """Attach the pages, and the headers that every answer carries."""
    for each in (blueprint, checkout_receipt.blueprint, branding.blueprint, modal.blueprint, stylesheet.blueprint):
        app.register_blueprint(each)
    checkout_events.register(app)
    languages.register(app)
    protect(app)


@blueprint.get("/i/<first>")
@blueprint.get("/i/<first>/<second>")
def page(first: str, second: str | None = None) -> Response:
    """The checkout page: /i/{id}, /i/{id}/{method} and, as old links have it, /i/{method}/{id}."""
    return _page(first, second)


@blueprint.get("/invoice")
def page_by_query() -> Response:
    """The same page under the address that BitPay clients are given."""
    return _page(request.args.get("id", ""), None)


@blueprint.get("/i/<first>/status")
@blueprint.get("/i/<first>/<second>/status")
def status(first: str, second: str | None = None) -> Response:
    """The page's figures as JSON, with an ETag so that an unchanged invoice costs little."""
    services().slow_down(services().status_throttle, request.environ)
    body = checkout_json(viewed(*found(first, second or request.args.get("paymentMethodId"))))
    steady = {name: value for name, value in body.items() if name not in RUNNING}
    response = Response(json.dumps(body), mimetype="application/json")
    response.set_etag(hashlib.sha256(json.dumps(steady).encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response


@blueprint.get("/i/<first>/qr.svg")
@blueprint.get("/i/<first>/<second>/qr.svg")
def qr(first: str, second: str | None = None) -> Response:
    """The payment link as a QR code, while it should be paid."""
    services().slow_down(services().page_throttle, request.environ)
    view = viewed(*found(first, second))
    if not view.is_payable:
        abort(404)
    return Response(qr_svg(view.qr_text), mimetype="image/svg+xml")


def _page(first: str, second: str | None) -> Response:
    services().slow_down(services().page_throttle, request.environ)
    is_modal = request.args.get("view") == "modal"
    row, method = found(first, second)
    if row is not None and not row.archived and not row.prompts:
        row = activated(row, method)
        if not row.prompts:
            return nothing_to_pay(row, is_modal=is_modal)
    view = viewed(row, method)
    return _payment_page(row, view, is_modal=is_modal) if row is not None else abort(404)


def _payment_page(row: Invoice, view: CheckoutView, *, is_modal: bool) -> Response:
    settings = services().settings
    page = render_template(
        "checkout.html",
        view=view,
        brand=branding.branding(row),
        payer_url=settings.regtest_payer_url if view.is_payable and not view.is_open_amount else None,
        checkout_url=f"{settings.public_url}/i/{view.invoice_id}",
        is_modal=is_modal,
        kept=kept(),
    )
    return Response(page)
