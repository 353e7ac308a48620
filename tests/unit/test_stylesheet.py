"""The stylesheet is sent in fewer bytes and says the same."""

import re

from app.pages.stylesheet import COMMENT, STYLES, squeezed


def rules(text: str) -> str:
    """All that is not blank: what a sheet says."""
    return re.sub(r"\s+", "", COMMENT.sub("", text)).replace(";}", "}")


def test_nothing_but_blanks_and_comments_is_left_out() -> None:
    whole = STYLES.read_text(encoding="utf-8")
    assert rules(squeezed(whole)) == rules(whole)
    assert len(squeezed(whole)) < 0.9 * len(whole)


def test_blanks_with_a_meaning_stay() -> None:
    sheet = """
    /* a comment; with { braces } */
    .a > .b .c, a:hover { margin: 0 1px; width: calc(1px + 2px);
      content: ""; }
    @media (min-width: 40rem) and (prefers-color-scheme: dark) { .d { color: rgb(1 2 3 / .5); } }
    """
    assert squeezed(sheet) == (
        '.a > .b .c,a:hover{margin:0 1px;width:calc(1px + 2px);content:""}'
        "@media (min-width:40rem) and (prefers-color-scheme:dark){.d{color:rgb(1 2 3 / .5)}}"
    )


def test_texts_in_quotes_hold_nothing_that_would_be_squeezed() -> None:
    for text in re.findall(r'"[^"]*"', COMMENT.sub("", STYLES.read_text(encoding="utf-8"))):
        assert squeezed(f"x{text}x") == f"x{text}x"
