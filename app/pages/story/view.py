"""What a page about a story shows: its steps in words, the picture, and a tag that changes when the story does."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.domain.story.developer import BEHIND
from app.domain.story.public import words_key
from app.domain.story.steps import Fact, State, Step
from app.domain.story.text import Words
from app.pages.languages import N_
from app.pages.story.picture import Picture, picture_of
from app.pages.story.voice import AS_WRITTEN, Voice

STATES = {
    State.DONE: (N_("Done"), "tag-good"),
    State.NOW: (N_("Now"), "tag-warn"),
    State.WAITING: (N_("To come"), ""),
    State.SKIPPED: ("Left out", ""),  # which buyers are never told
    State.TROUBLE: (N_("Look here"), "tag-bad"),
}
LABELS = {  # those that buyers read are translated
    Fact.AMOUNT: N_("Amount"),
    Fact.PRICE: N_("Price"),
    Fact.RATE: N_("Rate"),
    Fact.RATE_SOURCE: "Rate from",
    Fact.RATE_AT: "Rate of",
    Fact.ADDRESS: "Address",
    Fact.KEY_PATH: "Below the account key",
    Fact.TXID: N_("Transaction"),
    Fact.OUTPUT: "Output",
    Fact.BLOCK: N_("Block"),
    Fact.BLOCK_HASH: "Block hash",
    Fact.BLOCK_TIME: "Block time",
    Fact.CONFIRMATIONS: N_("Confirmations"),
    Fact.DEADLINE: "Deadline",
    Fact.RIVAL: "Other transaction",
    Fact.ANSWERS: "Answer",
    Fact.BY: "By",
    Fact.REASON: "Reason",
    Fact.MESSAGE: "Alarm",
    Fact.ORDER: "Order",
}
CODES = (Fact.ADDRESS, Fact.KEY_PATH, Fact.TXID, Fact.OUTPUT, Fact.BLOCK_HASH, Fact.RIVAL, Fact.ANSWERS)


@dataclass(frozen=True)
class StepView:
    """One step in words, from `start` to `end`, who are the same where one works alone."""

    id: str
    number: int
    state: State
    state_word: str
    state_class: str
    title: str
    sentences: Sequence[str]
    at: datetime | None
    since: str
    who: str
    start: str
    end: str
    facts: Sequence[tuple[str, str, bool]]
    module: str
    rule: str
    raw: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class StoryView:
    """The whole of it. `tag` is the same as long as nothing has happened; `is_over`: nothing is under way."""

    steps: Sequence[StepView]
    picture: Picture
    tag: str
    is_over: bool
    says: str

    def as_json(self) -> dict[str, Any]:
        """What scripts are told: every name in it is chosen here."""
        return {
            "tag": self.tag,
            "over": self.is_over,
            "steps": [
                {
                    "id": step.id,
                    "state": step.state.value,
                    "at": step.at.isoformat() if step.at else None,
                    "title": step.title,
                    "text": list(step.sentences),
                    "facts": [[label, text] for label, text, _ in step.facts],
                }
                for step in self.steps
            ],
        }


def story_view(steps: Sequence[Step], words: Mapping[str, Words], voice: Voice = AS_WRITTEN) -> StoryView:
    """The story in these words, told by this voice."""
    ids = _ids(steps)
    start = min((step.at for step in steps if step.at is not None), default=None)
    shown = [
        _step(step, step_id, number, words[words_key(step)], voice, start)
        for number, (step, step_id) in enumerate(zip(steps, ids, strict=True), start=1)
    ]
    under_way = [step for step in shown if step.state is State.NOW]
    is_over = not under_way and not any(step.state is State.WAITING for step in shown)
    latest = under_way[:1] or [step for step in shown if step.at is not None][-1:]
    says = latest[0].title if latest else ""
    return StoryView(shown, picture_of(steps, ids, voice.say), _tag(steps), is_over, says)


def _step(step: Step, step_id: str, number: int, words: Words, voice: Voice, start: datetime | None) -> StepView:
    state_word, state_class = STATES[step.state]
    one, other = step.way
    return StepView(
        id=step_id,
        number=number,
        state=step.state,
        state_word=voice.say(state_word),
        state_class=state_class,
        title=voice.filled(words.title, step.values),
        sentences=[voice.filled(text, step.values) for text in (words.first, words.second) if text],
        at=step.at,
        since=_since(step.at, start),
        who=voice.way(one, other),
        start=one.value,
        end=other.value,
        facts=[(voice.say(LABELS[fact]), text, fact in CODES) for fact, text in step.facts],
        module=BEHIND[step.key].module,
        rule=BEHIND[step.key].rule,
        raw=step.raw,
    )


def _since(at: datetime | None, start: datetime | None) -> str:
    """+3:07, +1:03:07, +2 d 1:03:07 since the beginning; empty without a time."""
    if at is None or start is None:
        return ""
    seconds = int((at - start).total_seconds())
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    clock = f"{minutes}:{seconds % 60:02d}" if seconds < 3600 else f"{hours}:{minutes:02d}:{seconds % 60:02d}"
    return f"+{days} d {clock}" if days else f"+{clock}"


def _ids(steps: Sequence[Step]) -> list[str]:
    """The steps' names; of several of a kind the further ones have numbers."""
    seen: Counter[str] = Counter()
    found = []
    for step in steps:
        seen[step.key] += 1
        number = seen[step.key]
        found.append(step.key.value if number == 1 else f"{step.key.value}-{number}")
    return found


def _tag(steps: Sequence[Step]) -> str:
    """It leaves out what changes by itself, such as the time that is left."""
    told = [[step.key, step.variant, step.state, _iso(step.at), step.facts] for step in steps]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
