"""The languages that a checkout may be asked for, by code, each in its own words. BTCPay's clients know these codes."""

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
