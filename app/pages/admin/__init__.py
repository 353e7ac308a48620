"""The merchant's pages below /admin: where the money and the orders are, and what needs a person."""

from flask import Flask

from app.pages.admin import (
    audit,
    components,
    frame,
    home,
    invoice,
    invoice_deeds,
    invoice_new,
    invoice_refund,
    invoices,
    reports,
)

PARTS = (home, invoices, invoice_new, invoice, invoice_deeds, invoice_refund, reports, components, audit)


def register(app: Flask) -> None:
    """Attach them to the application."""
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    frame.register(app)
