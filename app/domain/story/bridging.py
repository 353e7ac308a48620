"""The shop's order as it was read back: what was done to it, what a person had to settle, and that all agrees."""

from datetime import datetime

from app.domain.bridge_times import ActKind, Outcome
from app.domain.mismatch import MismatchKind
from app.domain.story.facts import Bridged, Disagreed
from app.domain.story.figures import Figures
from app.domain.story.steps import Fact, Key, State, Step

HELD = {"on-hold": "held", "cancelled": "cancelled"}
DEEDS = {ActKind.NUDGE: "told_again", ActKind.CLOSE: "closed"}
FRUITLESS = (Outcome.NOTHING, Outcome.REFUSED)


def bridging(told: Figures) -> list[Step]:
    """A step for each thing done, for each mismatch, and for the look that found both sides agreed."""
    values = {"order": told.facts.order_id or told.facts.id}
    done = [_done(act, values) for act in told.facts.bridged]
    steps = [step for step in done if step is not None]
    steps += [_disagreed(each, values) for each in told.facts.mismatches]
    if told.facts.agreed_at is not None:
        steps.append(Step(Key.BRIDGED, "agrees", State.DONE, told.facts.agreed_at, values))
    return steps


def paid_at(told: Figures) -> datetime | None:
    """When the order was set to paid over REST, if it was."""
    writes = [act for act in told.facts.bridged if act.act == ActKind.WRITE and act.key not in HELD]
    return max((act.at for act in writes if act.outcome == Outcome.DONE), default=None)


def _done(act: Bridged, values: dict[str, str]) -> Step | None:
    """Notes, and deliveries that were ended, are part of something else."""
    raw = ((f"{act.act} {act.key}", act.outcome),)
    if act.act == ActKind.WRITE:
        if act.outcome in FRUITLESS:
            return Step(Key.BRIDGED, "refused", State.TROUBLE, act.at, values, (), raw)
        if act.outcome == Outcome.INTENDED:
            return Step(Key.BRIDGED, "writing", State.NOW, None, values, (), raw)
        if act.outcome == Outcome.DONE:
            return Step(Key.BRIDGED, HELD.get(act.key, "paid"), State.DONE, act.at, values, (), raw)
    variant = next((words for kind, words in DEEDS.items() if act.act == kind), None)
    if variant is None or act.outcome != Outcome.DONE:
        return None
    return Step(Key.BRIDGED, variant, State.DONE, act.at, values, (), raw)


def _disagreed(each: Disagreed, values: dict[str, str]) -> Step:
    kind = next((kind for kind in MismatchKind if kind == each.kind), None)
    title = kind.told.title if kind else each.kind
    cause = ((Fact.MESSAGE, kind.told.cause),) if kind else ()
    values, raw = values | {"what": title}, (("mismatch", each.kind), ("remedy", each.remedy or "open"))
    if each.resolved_at is None:
        return Step(Key.MISMATCH, "open", State.TROUBLE, each.opened_at, values, cause, raw)
    if each.resolved_by is None:
        return Step(Key.MISMATCH, "agreed", State.DONE, each.resolved_at, values, cause, raw)
    said = ((Fact.REASON, each.note),) if each.note else ()
    shown = (*cause, (Fact.BY, each.resolved_by), *said)
    return Step(Key.MISMATCH, "seen_to", State.DONE, each.resolved_at, values | {"by": each.resolved_by}, shown, raw)
