"""Sattle: a self-hosted Bitcoin payment server for WooCommerce.

This module imports the parts of the application when it is built, not before: whoever needs one module of this package
(the rules' tests, the harness's clock) shall not load all of them.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

LARGEST_BODY_BYTES = 1_000_000

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the web application (and the context that the worker and the command line run in)."""
    from flask import Flask

    from app.db.session import init_db
    from app.services import Services
    from app.settings import Settings
    from app.url_rules import LateRule

    settings = settings or Settings.from_environment(os.environ)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    _make(settings.data_dir)
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.url_rule_class = LateRule
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES  # chunked bodies, too, and before anybody is authenticated
    app.extensions["sattle"] = shared = Services(settings)
    init_db(app, settings.database_url, shared.clock.now)
    _register(app)
    return app


def _make(data_dir: Path) -> None:
    from app.errors import ConfigError

    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"SATTLE_DATA_DIR={data_dir} cannot be made: {error.strerror}") from None


def _register(app: Flask) -> None:
    from app import cli
    from app.api import bitpay, greenfield
    from app.pages import admin, checkout, merchant, story

    bitpay.register(app)
    greenfield.register(app)
    checkout.register(app)
    merchant.register(app)
    admin.register(app)
    story.register(app)
    cli.register(app)
