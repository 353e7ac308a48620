"""Arrives in a moment."""

from flask import Flask


def register(app: Flask) -> None:
    """Attach to the application."""
    del app
