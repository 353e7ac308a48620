"""The BitPay dialect: what the older WooCommerce plugin and other BitPay clients speak."""

from flask import Flask
from werkzeug.routing import BaseConverter

from app.api.bitpay.rates import rates
from app.api.bitpay.routes import bitpay


class TokensConverter(BaseConverter):
    """`tokens` in any case."""

    regex = "(?i:tokens)"


def register(app: Flask) -> None:
    """Attach the dialect's routes to the application."""
    app.url_map.converters["tokens"] = TokensConverter
    for blueprint in (bitpay, rates):
        app.register_blueprint(blueprint)
