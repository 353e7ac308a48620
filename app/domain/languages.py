"""The languages that a checkout may be asked for, by code, each in its own words. BTCPay's clients know these codes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LANGUAGES = {
    "am-ET": "አማርኛ",
    "ar": "العربية",
    "az": "Azərbaycanca",
    "bg-BG": "Български",
    "bs-BA": "Bosanski",
    "ca-ES": "Català",
    "cs-CZ": "Čeština",
    "da-DK": "Dansk",
    "de-DE": "Deutsch",
    "el-GR": "Ελληνικά",
    "en": "English",
    "es-ES": "Español",
    "fa": "فارسی",
    "fi-FI": "Suomi",
    "fr-FR": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr-HR": "Hrvatski",
    "hu-HU": "Magyar",
    "hy": "Հայերեն",
    "id": "Bahasa Indonesia",
    "is-IS": "Íslenska",
    "it-IT": "Italiano",
    "ja-JP": "日本語",
    "ka": "ქართული",
    "kk-KZ": "Қазақша",
    "ko": "한국어",
    "lv": "Latviešu",
    "nl-NL": "Nederlands",
    "no": "Norsk",
    "np-NP": "नेपाली",
    "pl": "Polski",
    "pt-BR": "Português (Brasil)",
    "pt-PT": "Português",
    "ro": "Română",
    "ru-RU": "Русский",
    "sk-SK": "Slovenčina",
    "sl-SI": "Slovenščina",
    "sr": "Srpski",
    "sv": "Svenska",
    "th-TH": "ไทย",
    "tr": "Türkçe",
    "uk-UA": "Українська",
    "vi-VN": "Tiếng Việt",
    "zh-SG": "中文 (新加坡)",
    "zh-SP": "简体中文",
    "zh-TW": "中文 (台灣)",
    "zu": "isiZulu",
}


def language_code(text: str) -> str | None:
    """The code that `text` means, in any case and whatever its region; None when we know no such language."""
    wanted = text.strip().lower().replace("_", "-")
    exact = next((code for code in LANGUAGES if code.lower() == wanted), None)
    return exact or next((code for code in LANGUAGES if code.lower().split("-")[0] == wanted.split("-")[0]), None)


AS_IN_BROWSER = "auto"  # in place of a code: whatever the browser prefers
SOURCE = "en"  # what the texts are written in
SPOKEN = {  # what the buyer's pages can be read in: the names of the catalogues, each language in its own words
    "ar": "العربية",
    "cs": "Čeština",
    "de": "Deutsch",
    SOURCE: "English",
    "es": "Español",
    "fr": "Français",
    "he": "עברית",
    "it": "Italiano",
    "ja": "日本語",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "tr": "Türkçe",
    "uk": "Українська",
    "zh_Hans": "简体中文",
}
RIGHT_TO_LEFT = frozenset({"ar", "he"})
RENAMED = {"iw": "he", "zh": "zh_Hans"}


@dataclass(frozen=True)
class ShopsChoice:
    """What an invoice and its store want to be read in. `detects`: the store would rather have the browser decide."""

    invoice: str | None = None
    store: str | None = None
    detects: bool = False


def spoken_language(text: str | None) -> str | None:
    """The catalogue that serves a code, whatever its region: pt-BR is read in Portuguese. None when there is none."""
    primary = (text or "").strip().lower().replace("_", "-").split("-")[0]
    code = RENAMED.get(primary, primary)
    return code if code in SPOKEN else None


def language_to_speak(asked: str | None, shop: ShopsChoice, accepted: Iterable[str]) -> str:
    """The first language that we have of: what the address asks for, the invoice, the store, the browser; else English.

    An invoice that was made without a language holds its store's: where that store lets the browser decide, so does it.
    """
    return next((code for wish in _wishes(asked, shop, accepted) if (code := spoken_language(wish))), SOURCE)


def _wishes(asked: str | None, shop: ShopsChoice, accepted: Iterable[str]) -> Iterator[str | None]:
    yield asked
    if asked == AS_IN_BROWSER:
        yield from accepted
    own = shop.invoice if shop.invoice != shop.store else None
    yield own
    if shop.detects:
        yield from accepted
    yield shop.store
    yield from accepted


def html_language(code: str) -> str:
    """A catalogue's name as HTML wants it: zh-Hans."""
    return code.replace("_", "-")
