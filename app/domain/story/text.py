"""Texts with places for values: `%(name)s`, as catalogues of translations have them."""

from typing import NamedTuple


class Words(NamedTuple):
    """What is read at a step. Buyers may need no second text."""

    title: str
    first: str
    second: str = ""
