"""The WSGI entry point, and what `flask --app wsgi` finds."""

import sys

from app import create_app
from app.errors import ConfigError

CANNOT_BOOT = 3  # gunicorn takes it for a worker that will never start, and does not try again

try:
    app = create_app()
except ConfigError as error:
    sys.stderr.write(f"Error: {error}\n")  # the sentence alone, whoever loads us
    sys.exit(CANNOT_BOOT)
