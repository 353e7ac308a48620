"""What an invoice is found by: the beginning of any of its terms, in any case (greenfield 2.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

LONGEST_TERM = 200  # characters; whoever looks for more has found it by then
MOST_TERMS = 50


def as_term(text: str) -> str:
    """`text` as it is kept and looked for; empty when nothing is left of it."""
    plain = "".join(" " if char.isspace() else char for char in text if char.isprintable() or char.isspace())
    return plain.strip().lower()[:LONGEST_TERM]


def search_terms(texts: Iterable[str | None]) -> list[str]:
    """The terms that these make, each once, in order."""
    plain = (as_term(text) for text in texts if text)
    return list(dict.fromkeys(term for term in plain if term))[:MOST_TERMS]


def described(order_id: str | None, details: Mapping[str, Any]) -> list[str | None]:
    """What is looked for of order, buyer and item."""
    buyer = details.get("buyer") or {}
    return [order_id, buyer.get("email"), buyer.get("name"), details.get("itemCode"), details.get("itemDesc")]


def as_search_text(terms: Iterable[str]) -> str:
    """The terms in one text, each after a line break: no term holds one."""
    return "".join(f"\n{term}" for term in terms)


def terms_of(search_text: str | None) -> list[str]:
    """The terms in a text made by `as_search_text`."""
    return (search_text or "").split("\n")[1:]
