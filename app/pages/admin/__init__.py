"""The merchant's pages below /admin: where the money and the orders are, and what needs a person."""

from flask import Flask

from app.pages.admin import audit, components, frame, home

PARTS = (home, components, audit)


def register(app: Flask) -> None:
    """Attach them to the application."""
    for part in PARTS:
        app.register_blueprint(part.blueprint)
    frame.register(app)
