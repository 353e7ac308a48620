"""Pictures of pages as a browser draws them on a desk, on a phone, in the dark."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.conftest import PROGRAM
from tests.pictures.palette import in_few_colours

TALLEST = 1500
"""Pixels of a page that a picture shows at most: below that nobody looks at it."""


@dataclass(frozen=True)
class Look:
    """How a page is looked at: pixels of the window, pixels of the picture for each of them, theme."""

    width: int
    height: int
    density: float = 1
    dark: bool = False


@contextmanager
def camera() -> Iterator[Browser]:
    """A browser that draws the same way each time."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield browser
        browser.close()


def setting(browser: Browser, look: Look) -> BrowserContext:
    """Where pages are opened to be looked at like that. Nothing moves."""
    return browser.new_context(
        viewport={"width": look.width, "height": look.height},
        device_scale_factor=look.density,
        color_scheme="dark" if look.dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
    )


def sign_in(context: BrowserContext, server: str, email: str, password: str) -> None:
    page = context.new_page()
    page.goto(f"{server}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()


def shoot(context: BrowserContext, url: str, to: Path) -> None:
    """A picture of the whole page, or of as much of it as is worth looking at."""
    page = context.new_page()
    page.goto(url, wait_until="load")
    size = page.viewport_size or {"width": 0, "height": 0}
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    clip = {"x": 0, "y": 0, "width": size["width"], "height": max(height, size["height"])}
    picture = page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type] # a literal of its type
    page.goto("about:blank")
    to.write_bytes(in_few_colours(page, picture))
    page.close()
