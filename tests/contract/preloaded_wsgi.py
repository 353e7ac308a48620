"""The application as a module that gunicorn can load before it forks, with a connection in its pool already."""

import os

from sqlalchemy import text

from app import create_app
from app.db.models import db

app = create_app()

with app.app_context():
    db.session.execute(text("SELECT 1"))


@app.get("/connection")
def connection() -> dict[str, int]:
    """Which process answers, over which of the database's connections."""
    return {"process": os.getpid(), "connection": db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()}
