"""Keys come from files: what stands on a command line is read by everybody on the machine."""

from pathlib import Path

from regtest.errors import RegtestError
from regtest.scenarios.woo import WooKey


def read_api_key(path: Path) -> str:
    """A Greenfield API key: the file's only word. Raises RegtestError."""
    words = _words(path, "--api-key")
    if len(words) != 1:
        raise RegtestError(f"--api-key {path} should hold an API key and nothing else; it holds {len(words)} words")
    return words[0]


def read_woo_key(path: Path) -> WooKey:
    """A key of a shop's REST API: consumer key and secret, in the form that `flask woo connect` takes, too."""
    words = _words(path, "--woo-key")
    if len(words) != 2 or not words[0].startswith("ck_") or not words[1].startswith("cs_"):
        raise RegtestError(f"--woo-key {path} should hold the consumer key (ck_…) and the secret (cs_…), a line each")
    return WooKey(*words)


def _words(path: Path, option: str) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError as error:
        raise RegtestError(f"{option} {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RegtestError(f"{option} {path} holds no key: it is not plain text") from error
