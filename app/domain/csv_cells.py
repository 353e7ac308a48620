"""Cells of CSV files that people open in spreadsheets: text of others must not become a formula there."""

from collections.abc import Sequence

FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # of = + - @: some programs take them for the same
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *FULL_WIDTH)
BREAKS = str.maketrans({"\r": " ", "\n": " ", "\x00": ""})


def safe_cell(text: str) -> str:
    """`text` as a spreadsheet shows it: an apostrophe before what would be reckoned with, and no line break."""
    guarded = f"'{text}" if text.lstrip(" ").startswith(BEGINS_A_FORMULA) else text
    return guarded.translate(BREAKS)


def csv_line(cells: Sequence[str]) -> str:
    """One line after RFC 4180, each cell in quotes."""
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n"
