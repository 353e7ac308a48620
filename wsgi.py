"""The WSGI entry point, and what `flask --app wsgi` finds."""

import click

from app import create_app
from app.errors import ConfigError

try:
    app = create_app()
except ConfigError as error:
    raise click.ClickException(str(error)) from error  # `flask` says the sentence alone
