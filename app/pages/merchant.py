"""The merchant's pages: signing in, keys, consent, pairing, an invoice."""

from flask import Flask

from app.pages import authorize, claim, keys, merchant_invoice, pairing, payouts, sign_in, signed_in, woo
from app.services import Services


def register(app: Flask) -> None:
    """Attach them to the application."""
    parts = (sign_in, authorize, keys, pairing, claim, payouts, woo)
    for part in parts:
        app.register_blueprint(part.blueprint)
    signed_in.register(app)
    shared: Services = app.extensions["sattle"]
    shared.merchant_invoice = merchant_invoice.page
