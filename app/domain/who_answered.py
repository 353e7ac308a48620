"""Who gave an answer that the shop itself would not give: firewalls and maintenance pages, told by their marks."""

import html
import re
from collections.abc import Mapping

LONGEST_WORDS = 160
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_NO_WORDS = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>?")
OF_HEADERS = (  # name of a header, what its value begins with, who sends it
    ("cf-mitigated", "", "Cloudflare"),
    ("server", "cloudflare", "Cloudflare"),
    ("x-sucuri-id", "", "Sucuri"),
    ("server", "sucuri", "Sucuri"),
    ("x-iinfo", "", "Imperva"),
    ("server", "akamaighost", "Akamai"),
)
OF_BODIES = (
    (re.compile(r"wordfence", re.IGNORECASE), "Wordfence"),
    (re.compile(r"mod_?security|not acceptable!", re.IGNORECASE), "ModSecurity"),
    (re.compile(r"attention required!.*cloudflare|cf-error-details", re.IGNORECASE | re.DOTALL), "Cloudflare"),
    (re.compile(r"all-in-one wp security|aios", re.IGNORECASE), "All-In-One Security"),
    (re.compile(r"imunify360", re.IGNORECASE), "Imunify360"),
    (re.compile(r"sucuri website firewall", re.IGNORECASE), "Sucuri"),
    (re.compile(r"<title>\s*maintenance\s*</title>|scheduled maintenance", re.IGNORECASE), "maintenance mode"),
)
NOT_ITS_OWN = ("Cloudflare", "Sucuri", "Imperva", "Akamai")
"""They pass on what the shop says, too: their header alone proves nothing about a JSON answer."""


def who_answered(headers: Mapping[str, str], body: str) -> str | None:
    """The firewall or the mode that speaks in the shop's place; None when there is no mark of any.

    `headers` are by lower-case names.
    """
    for pattern, name in OF_BODIES:
        if pattern.search(body):
            return name
    for header, start, name in OF_HEADERS:
        if headers.get(header, "\n").lower().startswith(start) and header in headers:
            return name
    return None


def first_words(body: str) -> str:
    """What a page says to a person, cut short: its title, or its first words. Escape it wherever it is shown."""
    title = _TITLE.search(body)
    text = title[1] if title and title[1].strip() else _NO_WORDS.sub(" ", body)
    words = " ".join(html.unescape(_TAG.sub(" ", text)).split())
    shown = "".join(char for char in words if char.isprintable())
    return shown if len(shown) <= LONGEST_WORDS else shown[: LONGEST_WORDS - 1] + "…"
