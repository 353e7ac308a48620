"""The buyer's page. It needs no JavaScript; with it, the page follows the invoice live."""

import hashlib
import json

from flask import Blueprint, Flask, Response, abort, render_template, request

from app.db.models import Invoice
from app.db.queries import newest_height, reading, whole_invoice
from app.pages import modal
from app.pages.checkout_bare import activated, nothing_to_pay
from app.pages.checkout_json import checkout_json
from app.pages.checkout_view import CheckoutView, checkout_view
from app.pages.qr import qr_svg
from app.pages.security import protect
from app.services import services

RUNNING = ("expirationSeconds", "timeLeft")  # what changes by itself is no news

blueprint = Blueprint("checkout", __name__)


def register(app: Flask) -> None:
    """Attach the pages, and the headers that every answer carries."""
    app.register_blueprint(blueprint)
    app.register_blueprint(modal.blueprint)
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
    body = checkout_json(_view(first, second or request.args.get("paymentMethodId")))
    steady = {name: value for name, value in body.items() if name not in RUNNING}
    response = Response(json.dumps(body), mimetype="application/json")
    response.set_etag(hashlib.sha256(json.dumps(steady).encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response


@blueprint.get("/i/<first>/qr.svg")
@blueprint.get("/i/<first>/<second>/qr.svg")
def qr(first: str, second: str | None = None) -> Response:
    """The payment link as a QR code, while it should be paid."""
    view = _view(first, second)
    if not view.is_payable:
        abort(404)
    return Response(qr_svg(view.qr_text), mimetype="image/svg+xml")


def _page(first: str, second: str | None) -> Response:
    is_modal = request.args.get("view") == "modal"
    row, method = _find(first, second)
    if row is not None and not row.archived and not row.prompts:
        row = activated(row, method)
        if not row.prompts:
            return nothing_to_pay(row, is_modal=is_modal)
    return _payment_page(_view(first, second), is_modal=is_modal)


def _payment_page(view: CheckoutView, *, is_modal: bool) -> Response:
    settings = services().settings
    payer = settings.regtest_payer_url if view.is_payable and not view.is_open_amount else None
    url = f"{settings.public_url}/i/{view.invoice_id}"
    return Response(render_template("checkout.html", view=view, payer_url=payer, checkout_url=url, is_modal=is_modal))


def _view(first: str, second: str | None) -> CheckoutView:
    session = reading()
    row, method = _find(first, second)
    if row is None or row.archived or not row.prompts:
        abort(404)
    methods = [prompt.payment_method for prompt in row.prompts]
    if method is not None and method not in methods:
        abort(404)
    now = services().clock.now()
    return checkout_view(row, method or methods[0], newest_height(session, services().settings.network), now)


def _find(first: str, second: str | None) -> tuple[Invoice | None, str | None]:
    row = whole_invoice(reading(), first)
    if row is None and second:
        return whole_invoice(reading(), second), first
    return row, second
