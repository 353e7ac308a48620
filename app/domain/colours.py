"""A store's colour made readable: its own where it contrasts enough, else as much darker or lighter as it must be."""

from dataclasses import dataclass

Rgb = tuple[int, int, int]

READABLE = 4.6  # WCAG asks for a ratio of 4.5; the rest is for rounding
STEPS = 40
BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)
LIGHT_CARD: Rgb = WHITE
LIGHT_PAGE: Rgb = (0xF1, 0xF3, 0xEE)
DARK_CARD: Rgb = (0x18, 0x1F, 0x1B)
DARK_PAGE: Rgb = (0x0F, 0x14, 0x11)
DARK_WORDS: Rgb = (0x0C, 0x1A, 0x12)


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as #rrggbb: for links and buttons, under the mouse, on buttons, behind quiet marks."""

    accent: str
    hover: str
    on_accent: str
    tint: str


def light_palette(colour: str) -> Palette:
    """For a light page: accent on white, on the page and on its own tint can be read, and so can white on it."""
    own = rgb(colour)
    tint = mixed(own, LIGHT_CARD, 0.9)
    accent = _until_readable(own, BLACK, (tint, LIGHT_PAGE, LIGHT_CARD))
    return Palette(hexed(accent), hexed(mixed(accent, BLACK, 0.2)), hexed(WHITE), hexed(tint))


def dark_palette(colour: str) -> Palette:
    """For a dark page, the other way round."""
    own = rgb(colour)
    tint = mixed(own, DARK_CARD, 0.85)
    accent = _until_readable(own, WHITE, (tint, DARK_PAGE, DARK_CARD, DARK_WORDS))
    return Palette(hexed(accent), hexed(mixed(accent, WHITE, 0.25)), hexed(DARK_WORDS), hexed(tint))


def rgb(colour: str) -> Rgb:
    """The parts of #rgb or #rrggbb."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))


def hexed(colour: Rgb) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`one` with so large a share (0 to 1) of the other in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The ratio of WCAG 2: from 1 to 21."""
    darker, brighter = sorted((_luminance(one), _luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def _until_readable(own: Rgb, toward: Rgb, grounds: tuple[Rgb, ...]) -> Rgb:
    tried = (mixed(own, toward, step / STEPS) for step in range(STEPS + 1))
    return next((found for found in tried if all(contrast(found, g) >= READABLE for g in grounds)), toward)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
