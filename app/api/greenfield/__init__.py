"""The Greenfield dialect: what today's WooCommerce plugin and other carts speak."""

from flask import Blueprint, Flask

from app.api.greenfield import (
    api_keys,
    invoices,
    misc,
    not_offered,
    payouts,
    pull_payments,
    rates,
    refunds,
    server,
    store_methods,
    stores,
    users,
    wallet_preview,
    webhooks,
)
from app.api.greenfield.answers import failed, open_to_all
from app.api.greenfield.docs_page import docs
from app.api.greenfield.routing import Api
from app.errors import SattleError

PARTS: tuple[Api, ...] = (
    api_keys.part,
    invoices.part,
    server.part,
    users.part,
    webhooks.part,
    stores.part,
    store_methods.part,
    wallet_preview.part,
    rates.part,
    pull_payments.part,
    payouts.part,
    refunds.part,
    misc.part,
    not_offered.payment_requests,
    not_offered.lightning,
    not_offered.obsolete,
)


def register(app: Flask) -> None:
    """Attach the dialect's operations to the application."""
    greenfield = Blueprint("greenfield", __name__)
    greenfield.register_error_handler(SattleError, failed)
    for part in PARTS:
        part.register(greenfield)
    app.register_blueprint(greenfield)
    app.register_blueprint(docs(PARTS))
    app.after_request(open_to_all)  # also on what no operation answers
