"""Deliveries without a worker: a test says what the endpoints answer."""

from flask import Flask

from app.notify import Answer
from app.usecases.deliver import Job, due, finish_attempt, start_attempt


def deliver(app: Flask, status: int | None = 200, error: str | None = None) -> list[Job]:
    """Try everything that is due once, as if this had been the answer."""
    with app.app_context():
        now = app.extensions["sattle"].clock.now()
        found = [start_attempt(item.id, "a test", lambda *_: b"", now) for item in due(now, 100)]
        jobs = [job for job in found if job is not None]
        for job in jobs:
            finish_attempt(job, Answer(status, error, None, 5), now, 0.5)
    return jobs
