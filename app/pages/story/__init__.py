"""The story of an invoice: for its merchant, for its buyer, and recorded ones for everybody."""

from flask import Flask

from app.pages.story import how, merchant, public

PARTS = (merchant, public, how)


def register(app: Flask) -> None:
    """Attach the pages."""
    for part in PARTS:
        app.register_blueprint(part.blueprint)
