"""The merchant's pages: signing in, keys, consent, pairing, an invoice."""

from flask import Flask

from app.pages import authorize, keys, merchant_invoice, pairing, sign_in, signed_in
from app.services import Services


def register(app: Flask) -> None:
    """Attach them to the application."""
    for blueprint in (sign_in.blueprint, authorize.blueprint, keys.blueprint, pairing.blueprint):
        app.register_blueprint(blueprint)
    signed_in.register(app)
    shared: Services = app.extensions["sattle"]
    shared.merchant_invoice = merchant_invoice.page
