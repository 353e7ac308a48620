"""The catalogues of the buyer's pages: every text in every language, with its placeholders and plural forms."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from app.domain.languages import RIGHT_TO_LEFT, SOURCE, SPOKEN, ShopsChoice, language_to_speak, spoken_language
from app.domain.story.public import FACTS
from app.domain.story.steps import State
from app.domain.story.words_buyer import BUYER_ACTORS, BUYER_WORDS
from app.pages.languages import catalogue
from app.pages.story.view import LABELS, STATES

APP = Path(__file__).parents[2] / "app"
CATALOGUES = APP / "translations"
FOREIGN = sorted(set(SPOKEN) - {SOURCE})
PLACEHOLDER = re.compile(r"%\(\w+\)s")
MARKUP = re.compile(r"[<>&]")
NAMES = {  # the same word in several languages
    *("Block", "Block %(number)s", "Confirmations", "Details", "Invoice", "Pause", "Shop", "Total", "Transaction")
}

Key = str | tuple[str, ...] | list[str]


@cache
def written() -> frozenset[str | tuple[str, ...]]:
    """What the pages say, in English."""
    with (CATALOGUES / "messages.cfg").open(encoding="utf-8") as file:
        speakers, options = parse_mapping_cfg(file)
    found = extract_from_dir(APP, speakers, options)
    return frozenset(key(message) for _file, _line, message, *_ in found)


def key(message: Key) -> str | tuple[str, ...]:
    return message if isinstance(message, str) else tuple(message)


@cache
def read(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> list[Message]:
    return [message for message in read(language) if message.id]


def texts(part: Key) -> list[str]:
    return [part] if isinstance(part, str) else list(part)


def test_there_is_a_catalogue_for_every_language_that_is_offered() -> None:
    assert {path.stem for path in CATALOGUES.glob("*.po")} == set(FOREIGN)
    assert {code for code in SPOKEN if Locale.parse(code).text_direction == "rtl"} == RIGHT_TO_LEFT


@pytest.mark.parametrize("language", FOREIGN)
def test_a_catalogue_says_everything_that_the_pages_say_and_nothing_else(language: str) -> None:
    assert {key(message.id) for message in messages(language)} == written()
    assert read(language).obsolete == {}


@pytest.mark.parametrize("language", FOREIGN)
def test_no_text_is_missing_or_fuzzy_and_every_plural_form_is_there(language: str) -> None:
    forms = Catalog(locale=language).num_plurals
    assert read(language).num_plurals == forms
    for message in messages(language):
        said = texts(message.string)
        assert not message.fuzzy, message.id
        assert all(text.strip() for text in said), message.id
        assert len(said) == (forms if message.pluralizable else 1), message.id


@pytest.mark.parametrize("language", FOREIGN)
def test_a_text_has_the_placeholders_of_its_source_and_no_markup(language: str) -> None:
    for message in messages(language):
        wanted = sorted(PLACEHOLDER.findall(texts(message.id)[-1]))
        for text in texts(message.string):
            assert sorted(PLACEHOLDER.findall(text)) == wanted, text
            assert "%" not in PLACEHOLDER.sub("", text), text
            assert not MARKUP.search(text), text


@pytest.mark.parametrize("language", FOREIGN)
def test_hardly_any_text_was_left_in_english(language: str) -> None:
    alike = {message.id for message in messages(language) if message.string == message.id}
    assert alike <= NAMES


def test_everything_that_the_buyers_story_can_say_is_in_the_catalogues() -> None:
    states = [word for state, (word, _style) in STATES.items() if state is not State.SKIPPED]
    texts = [text for words in BUYER_WORDS.values() for text in words if text]
    names = [name for name in BUYER_ACTORS.values() if name != "Sattle"]
    assert {*states, *texts, *names, *(LABELS[fact] for fact in FACTS)} <= written()


def test_english_pages_say_what_is_written() -> None:
    assert catalogue(SOURCE).ugettext("Payment received") == "Payment received"


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("de", 1, "0 von 1 Bestätigung"),
        ("de", 6, "0 von 6 Bestätigungen"),
        ("pl", 1, "0 z 1 potwierdzenia"),
        ("pl", 2, "0 z 2 potwierdzeń"),
        ("cs", 2, "0 ze 2 potvrzení"),
        ("ja", 6, "6 回中 0 回の承認"),
        ("ar", 6, "0 من 6 تأكيدات"),
        ("ar", 100, "0 من 100 تأكيد"),
        ("uk", 1, "0 з 1 підтвердження"),
    ],
)
def test_confirmations_are_counted_as_the_language_counts(language: str, number: int, said: str) -> None:
    one, many = "%(seen)s of %(num)s confirmation", "%(seen)s of %(num)s confirmations"
    assert catalogue(language).ungettext(one, many, number) % {"seen": 0, "num": number} == said


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("PT_br", "pt"),
        ("zh-CN", "zh_Hans"),
        ("zh-SP", "zh_Hans"),
        ("iw", "he"),
        ("en-GB", "en"),
        ("sv", None),
        ("", None),
        (None, None),
        ("../de", None),
    ],
)
def test_a_code_is_served_by_the_catalogue_of_its_language(code: str | None, language: str | None) -> None:
    assert spoken_language(code) == language


@pytest.mark.parametrize(
    ("asked", "shop", "accepted", "language"),
    [
        ("fr", ShopsChoice("de", "it"), ["es"], "fr"),
        ("sv", ShopsChoice("de", "it"), ["es"], "de"),
        ("auto", ShopsChoice("de", "it"), ["es"], "es"),
        ("auto", ShopsChoice("de", "it"), ["sv"], "de"),
        (None, ShopsChoice("de", "it"), ["es"], "de"),
        (None, ShopsChoice(None, "it"), ["es"], "it"),
        (None, ShopsChoice("sv", "sv"), ["fi", "es"], "es"),
        (None, ShopsChoice(None, "it", detects=True), ["es"], "es"),
        (None, ShopsChoice("it", "it", detects=True), ["es"], "es"),
        (None, ShopsChoice("de", "it", detects=True), ["es"], "de"),
        (None, ShopsChoice("it", "it", detects=True), ["fi"], "it"),
        (None, ShopsChoice(), ["fi"], "en"),
        (None, ShopsChoice(), [], "en"),
    ],
)
def test_address_invoice_store_and_browser_choose_in_this_order(
    asked: str | None, shop: ShopsChoice, accepted: list[str], language: str
) -> None:
    assert language_to_speak(asked, shop, accepted) == language
