"""The clock that tests move: a file that cannot be used is named, and stops whoever asks for the time."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.clock import Clock
from app.errors import ConfigError


def test_time_is_moved_by_the_seconds_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    assert Clock(file).offset() == timedelta(0), "a missing file moves nothing"
    for text, seconds in (("", 0), ("90\n", 90), ("-90", -90)):
        file.write_text(text)
        assert Clock(file).offset() == timedelta(seconds=seconds)


@pytest.mark.parametrize("content", [b"soon", b"\xff", b"1.5", b"9" * 20, b"9" * 5000])
def test_a_file_that_holds_no_seconds_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "clock"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"SATTLE_TEST_CLOCK={file}"):
        Clock(file).now()


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SATTLE_TEST_CLOCK"):
        Clock(tmp_path).now()
