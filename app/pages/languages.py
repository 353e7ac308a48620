"""The language that a buyer's page is in, and its words: the one home of Flask-Babel.

The catalogues in app/translations are read as they are written; nothing has to be compiled. The merchant's pages are in
English.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, format_datetime, get_locale
from flask_babel import gettext as gettext
from werkzeug.datastructures import LanguageAccept

from app.db.models import Invoice
from app.domain.languages import (
    AS_IN_BROWSER,
    RIGHT_TO_LEFT,
    SOURCE,
    SPOKEN,
    ShopsChoice,
    html_language,
    language_to_speak,
    spoken_language,
)

CATALOGUES = Path(__file__).parent.parent / "translations"
MOST_ACCEPTED = 20  # languages of a browser that are looked at
PLACES = ("/i/",)  # below these paths, and at these, buyers read
PLACES_THEMSELVES = ("/invoice",)


@dataclass(frozen=True)
class Spoken:
    """The language of the page, for its <html> element and its select."""

    code: str
    direction: str
    asked: str | None  # what ?lang= named, if we know it
    offered: Mapping[str, str]


def N_(text: str) -> str:  # noqa: N802 # what the tools that collect messages look for
    """A text that is translated where it is shown."""
    return text


def register(app: Flask) -> None:
    """Let templates speak the buyer's language."""
    babel = Babel(app, locale_selector=_chosen, default_locale=SOURCE)
    babel.domain_instance = Catalogues()
    app.context_processor(lambda: {"spoken": spoken()})
    app.add_template_filter(moment)


class Catalogues(Domain):  # type: ignore[misc] # Flask-Babel is not typed
    """The words by language."""

    def get_translations(self) -> Any:
        return catalogue(str(get_locale() or SOURCE))


@cache
def catalogue(code: str) -> NullTranslations:
    """The words of a language; English has them in the source."""
    path = CATALOGUES / f"{code}.po"
    if code not in SPOKEN or not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as written:
        write_mo(compiled, read_po(written, locale=code))
    compiled.seek(0)
    return Translations(compiled)


def speak_for(row: Invoice) -> None:
    """Let this request's page be in the language that its invoice and store want."""
    stored = row.store.preferences
    g.shops_choice = ShopsChoice(
        invoice=(row.checkout or {}).get("defaultLanguage"),
        store=stored.get("defaultLang"),
        detects=bool(stored.get("autoDetectLanguage")),
    )


def spoken() -> Spoken:
    """What the page that answers this request is in."""
    code = str(get_locale() or SOURCE)
    return Spoken(
        code=html_language(code),
        direction="rtl" if code in RIGHT_TO_LEFT else "ltr",
        asked=_asked() if has_request_context() else None,
        offered={html_language(code): name for code, name in SPOKEN.items()},
    )


def kept() -> dict[str, str]:
    """What links between the buyer's pages carry on: a language that was asked for, and the view inside of a shop."""
    asked = {"lang": _asked(), "view": "modal" if request.args.get("view") == "modal" else None}
    return {name: value for name, value in asked.items() if value}


def moment(at: datetime) -> str:
    """A moment as the language writes it, in UTC: where the buyer is we do not know."""
    return f"{format_datetime(at, 'medium')} UTC"


def _chosen() -> str:
    if not has_request_context() or not _is_for_buyers(request.path):
        return SOURCE
    return language_to_speak(request.args.get("lang"), g.get("shops_choice", ShopsChoice()), _accepted())


def _accepted() -> list[str]:
    header: LanguageAccept = request.accept_languages
    return [name for name, quality in header[:MOST_ACCEPTED] if quality > 0]


def _asked() -> str | None:
    text = request.args.get("lang")
    code = spoken_language(text)
    return AS_IN_BROWSER if text == AS_IN_BROWSER else html_language(code) if code else None


def _is_for_buyers(path: str) -> bool:
    return path.startswith(PLACES) or path in PLACES_THEMSELVES
