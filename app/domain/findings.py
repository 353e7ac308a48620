"""What a check of the installation found: how bad it is, in a sentence, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """FAILED needs a person now; WARNING wants one soon."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One line of `flask doctor`. `remedy` is empty where nothing is to be done."""

    check: str
    level: Level
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, says)


def warning(check: str, says: str, remedy: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, Level.WARNING, says, remedy)


def failed(check: str, says: str, remedy: str) -> Finding:
    """Money or notifications wait until somebody acts."""
    return Finding(check, Level.FAILED, says, remedy)
