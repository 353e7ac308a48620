"""What can be had against a page: what axe finds in light and in dark, and a width that no small phone has."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE = {"width": 320, "height": 640}
OF_COLOUR = {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that can differ between two themes


def complaints(page: Page) -> list[str]:
    """Each with the theme and the element. Motion is off: a colour on its way to another one is nobody's mistake."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        answer = Axe().run(page, options=OF_COLOUR if scheme == "dark" else None).response
        assert answer["passes"], f"axe looked at nothing on {page.url}"
        found += [f"{scheme}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in answer["violations"]]
    return found


def is_too_wide(page: Page) -> bool:
    """Whether a small phone has to be pushed sideways to read it."""
    before = page.viewport_size
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    width = page.evaluate("document.documentElement.scrollWidth")
    if before:
        page.set_viewport_size(before)
    return bool(width > PHONE["width"])


def require_sound(page: Page) -> None:
    """AssertionError names the page and all that is wrong with it."""
    assert complaints(page) == [], page.url
    assert not is_too_wide(page), page.url
