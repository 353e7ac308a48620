"""How texts of forms become values. Each takes stripped text and raises BadInput with a remedy."""

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

from app.currencies import digits
from app.domain.languages import language_code
from app.domain.store import LONGEST_SECONDS, SHORTEST_SECONDS, is_colour, is_link, is_web_address
from app.errors import BadInput

MOST_CURRENCIES = 50
LARGEST_EXPONENT = 30  # beyond anything that is meant


def text(longest: int, *, name: str = "text") -> Callable[[str], str]:
    """Any text of up to so many characters."""

    def read(given: str) -> str:
        if len(given) > longest:
            raise BadInput(name, given, f"use at most {longest} characters")
        if not given.isprintable():
            raise BadInput(name, given, "use characters that can be seen, on one line")
        return given

    return read


def address(given: str) -> str:
    """An address of the web, or nothing."""
    if given and not is_web_address(given):
        raise BadInput("address", given, "give an absolute address, such as https://shop.example")
    return text(2_000)(given)


def link(given: str) -> str:
    """An address that a customer may follow, a mailbox included, or nothing."""
    if given and not is_link(given):
        raise BadInput(
            "link", given, "give an absolute address, such as https://shop.example/help or mailto:help@shop.example"
        )
    return text(2_000)(given)


def colour(given: str) -> str:
    if given and not is_colour(given):
        raise BadInput("colour", given, "write a colour as #RRGGBB, such as #14603a")
    return given


def currency(given: str) -> str:
    code = given.upper()
    if digits(code) is None:
        raise BadInput("currency", given, "use an ISO 4217 code such as EUR or USD, BTC or SATS")
    return code


def currencies(given: str) -> list[str]:
    """Some codes, between commas or spaces."""
    found = list(dict.fromkeys(currency(code) for code in given.replace(",", " ").split()))
    if len(found) > MOST_CURRENCIES:
        raise BadInput("currencies", given, f"name at most {MOST_CURRENCIES}")
    return found


def language(given: str) -> str:
    code = language_code(given)
    if code is None:
        raise BadInput("language", given, "choose one of the list")
    return code


def number(given: str) -> Decimal:
    """A number with a point or a comma."""
    try:
        found = Decimal(given.replace(",", ".") if given.count(",") == 1 and "." not in given else given)
    except InvalidOperation:
        raise BadInput("number", given, "write a number, such as 1.5") from None
    if not found.is_finite() or (found and abs(found.adjusted()) > LARGEST_EXPONENT):
        raise BadInput("number", given, "write a number of ordinary size, such as 1.5")
    return found


def percent(given: str) -> Decimal:
    found = number(given or "0")
    if not Decimal(0) <= found < Decimal(100):
        raise BadInput("percent", given, "use a percentage from 0 to less than 100")
    return found


def minutes(setting: str) -> Callable[[str], int]:
    """Minutes as people write them, as the seconds of that setting of a store."""
    least, most = SHORTEST_SECONDS[setting], LONGEST_SECONDS

    def read(given: str) -> int:
        seconds = number(given) * 60
        if not least <= seconds <= most:
            raise BadInput(setting, given, f"use {in_minutes(least)} to {in_minutes(most)} minutes")
        if seconds != int(seconds):
            raise BadInput(setting, given, "use whole seconds, such as 2.5 minutes")
        return int(seconds)

    return read


def in_minutes(seconds: int) -> str:
    """900 as 15, 150 as 2.5."""
    return f"{(Decimal(seconds) / 60).quantize(Decimal('0.0001')).normalize():f}"


def one_of(options: Iterable[tuple[str, str]]) -> Callable[[str], str]:
    names = [value for value, _ in options]

    def read(given: str) -> str:
        if given not in names:
            raise BadInput("choice", given, "choose one of the list")
        return given

    return read


def ticked(given: str) -> bool:
    return given == "1"


def tick(value: object) -> str:
    return "1" if value else ""
