"""The recordings that /how-it-works plays can be made again, and tell what their names promise."""

import json
from pathlib import Path

import pytest

from app.domain.story import tell
from app.domain.story.recording import from_json
from app.domain.story.steps import ROAD, Key, State
from regtest.record_story import SCENES, record

SIDE_ROADS = {
    "partial": Key.PARTIAL,
    "replaced": Key.REPLACED,
    "double-spent": Key.DOUBLE_SPENT,
    "late": Key.LATE,
    "reorg": Key.REORGED,
    "shop-down": Key.RETRIED,
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_recordings_can_be_made_again(tmp_path: Path) -> None:
    record(lambda _: None, tmp_path / "recorded.json")
    recorded = json.loads((tmp_path / "recorded.json").read_text(encoding="utf-8"))
    assert set(recorded) == set(SCENES) == {"paid", *SIDE_ROADS}
    usual = tell(from_json(recorded["paid"]))
    assert [step.key for step in usual if step.state is State.DONE] == list(ROAD)
    for name, key in SIDE_ROADS.items():
        assert key in [step.key for step in tell(from_json(recorded[name]))], name
