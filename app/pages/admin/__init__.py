"""The merchant's pages below /admin: where the money and the orders are, and what needs a person."""

from flask import Flask

from app.pages.admin import (
    account,
    audit,
    components,
    doctor,
    frame,
    home,
    invoice,
    invoice_deeds,
    invoice_new,
    invoice_refund,
    invoices,
    mismatch_deeds,
    mismatches,
    people,
    rates,
    reports,
    shop,
    store_keys,
    stores,
    users,
    wallet,
    wallet_skip,
    webhooks,
)

OF_MONEY = (home, invoices, invoice_new, invoice, invoice_deeds, invoice_refund, reports)
OF_BRIDGE = (mismatches, mismatch_deeds)
OF_STORES = (stores, wallet, wallet_skip, rates, shop, webhooks, store_keys)
OF_PEOPLE = (account, people, users, audit, doctor)
PARTS = (*OF_MONEY, *OF_BRIDGE, *OF_STORES, *OF_PEOPLE, components)


def register(app: Flask) -> None:
    """Attach them to the application."""
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    frame.register(app)
