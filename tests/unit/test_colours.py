"""A store's colour can be read in both themes, whatever it is."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.colours import (
    DARK_CARD,
    DARK_PAGE,
    LIGHT_CARD,
    LIGHT_PAGE,
    Palette,
    Rgb,
    contrast,
    dark_palette,
    light_palette,
    rgb,
)

ENOUGH = 4.5


def readable(palette: Palette, *grounds: Rgb) -> bool:
    accent, on_accent = rgb(palette.accent), rgb(palette.on_accent)
    pairs = [(accent, ground) for ground in (*grounds, rgb(palette.tint))]
    return all(contrast(*pair) >= ENOUGH for pair in [*pairs, (on_accent, accent), (on_accent, rgb(palette.hover))])


@given(st.integers(0, 0xFFFFFF))
def test_any_colour_becomes_one_that_can_be_read(number: int) -> None:
    assert readable(light_palette(f"#{number:06x}"), LIGHT_CARD, LIGHT_PAGE)
    assert readable(dark_palette(f"#{number:06x}"), DARK_CARD, DARK_PAGE)


def test_a_colour_that_can_be_read_stays_what_it_is() -> None:
    assert light_palette("#14603a").accent == "#14603a"
    assert dark_palette("#7fd3a2").accent == "#7fd3a2"


def test_contrast_is_measured_as_wcag_does() -> None:
    assert round(contrast((0, 0, 0), (255, 255, 255)), 2) == 21
    assert round(contrast(rgb("#767676"), rgb("#fff")), 2) == 4.54
