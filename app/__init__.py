"""Sattle: a self-hosted Bitcoin payment server for WooCommerce."""

import logging
import os
from pathlib import Path

from flask import Flask

from app import cli
from app.api import bitpay
from app.db.session import init_db
from app.errors import ConfigError
from app.pages import checkout
from app.services import Services
from app.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web application (and the context that the worker and the command line run in)."""
    settings = settings or Settings.from_environment(os.environ)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    _make(settings.data_dir)
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.extensions["sattle"] = Services(settings)
    init_db(app, settings.database_url)
    _register(app)
    return app


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"SATTLE_DATA_DIR={data_dir} cannot be made: {error.strerror}") from None


def _register(app: Flask) -> None:
    bitpay.register(app)
    checkout.register(app)
    cli.register(app)
