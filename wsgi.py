"""The WSGI entry point, and what `flask --app wsgi` finds."""

from app import create_app

app = create_app()
