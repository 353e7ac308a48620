"""The merchant's pages below /admin: where the money and the orders are, and what needs a person."""

from flask import Flask

from app.pages.admin import (
    account,
    audit,
    frame,
    home,
    people,
    rates,
    store_keys,
    stores,
    users,
    wallet,
    wallet_skip,
    webhooks,
)

PARTS = (home, audit, stores, wallet, wallet_skip, rates, webhooks, store_keys, account, people, users)


def register(app: Flask) -> None:
    """Attach them to the application."""
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    frame.register(app)
