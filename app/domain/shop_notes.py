"""Notes on a shop's order, and what they say about who decided its status.

Their texts are in the shop's language, so the author is what counts: WooCommerce signs what programs do, a person's
name stands under what staff did in wp-admin. Where the texts are the English ones, they tell more.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.shop_fields import Body
from app.domain.shop_order import ShopOrder

PROGRAMS = {"woocommerce", "system", ""}
STATUS_CHANGED = re.compile(r"\bOrder status changed (?:by bulk edit: Order status changed )?from .+ to .+", re.DOTALL)
ENGLISH = re.compile(r'(Stock hold of |Stock levels |Email ")')  # then a status change would be noted in English, too
GOODS = "<br>- "  # in every language the list of what is held for a pending order; no other note of a program has one
NOTED_WITHIN = timedelta(minutes=5)  # a status change is noted after its mails went out


@dataclass(frozen=True)
class Note:
    """One note; `customer_note` went to the buyer by mail."""

    id: int
    at: datetime
    author: str
    text: str
    customer_note: bool

    @property
    def is_by_person(self) -> bool:
        return self.author.strip().casefold() not in PROGRAMS


def read_note(body: Mapping[str, Any]) -> Note:
    """The note in a REST answer. BadInput."""
    note = Body("note", body)
    return Note(
        id=note.whole("id"),
        at=note.moment("date_created_gmt"),
        author=note.text("author"),
        text=note.text("note"),
        customer_note=note.truth("customer_note"),
    )


def is_persons_decision(order: ShopOrder, notes: Sequence[Note]) -> bool:
    """Did a person bring the order to the status it has? In doubt yes: a decision of theirs is never undone.

    No doubt is made of an order that has never left pending: nobody has decided anything about it yet.
    """
    latest_first = sorted(notes, key=lambda note: note.id, reverse=True)
    changes = [note for note in latest_first if STATUS_CHANGED.search(note.text)]
    if changes:
        return changes[0].is_by_person
    if order.status == "pending" and _has_never_left(order, notes):
        return False
    return any(_may_have_changed(order, note) for note in latest_first)


def _has_never_left(order: ShopOrder, notes: Sequence[Note]) -> bool:
    """Has a pending order been pending all the time? Leaving it has mails and stock noted, in whatever language.

    Who types an order in by hand has each item noted under their name.
    """
    programs = [note.text for note in notes if not note.is_by_person]
    if order.created_via == "admin" or any(ENGLISH.match(text) for text in programs):
        return True
    return all(GOODS in text for text in programs)


def _may_have_changed(order: ShopOrder, note: Note) -> bool:
    """A note later than the order's last change changed nothing: it is a remark."""
    return note.is_by_person and not note.customer_note and note.at <= order.date_modified + NOTED_WITHIN
