"""A browser, and applications on ports of their own for it to visit."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from werkzeug.serving import make_server

from tests.serving import serving

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 30_000  # milliseconds: a busy machine is no failure

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def served(application: Any) -> Iterator[str]:
    """The address of a WSGI application that answers on a port of its own."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    with serving(server):
        yield f"http://127.0.0.1:{server.port}"
