"""Results as JUnit XML, which every CI server reads."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from regtest.scenarios.playing import InvoiceTold, Outcome, Result

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold; an order's note may hold anything."""


def write_junit(results: Sequence[Result], to: Path) -> None:
    """One suite, one case a scenario; steps and stories are its output."""
    failed = sum(result.outcome is Outcome.FAILED for result in results)
    left_out = sum(result.outcome is Outcome.LEFT_OUT for result in results)
    counts = {"tests": len(results), "failures": failed, "errors": 0, "skipped": left_out}
    totals = {name: str(count) for name, count in counts.items()}
    seconds = f"{sum(result.seconds for result in results):.3f}"
    root = ElementTree.Element("testsuites", {**totals, "time": seconds})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "sattle.scenarios", **totals, "time": seconds})
    for result in results:
        _add(suite, result)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(to, encoding="utf-8", xml_declaration=True)


def _add(suite: ElementTree.Element, result: Result) -> None:
    named = {"classname": "sattle.scenarios", "name": result.scenario.name, "time": f"{result.seconds:.3f}"}
    case = ElementTree.SubElement(suite, "testcase", named)
    if result.outcome is Outcome.FAILED:
        failure = ElementTree.SubElement(case, "failure", {"message": _clean(result.reason)})
        failure.text = _clean(f"{result.scenario.says}\n{result.reason}")
    if result.outcome is Outcome.LEFT_OUT:
        ElementTree.SubElement(case, "skipped", {"message": _clean(result.reason)})
    if lines := _lines(result):
        ElementTree.SubElement(case, "system-out").text = _clean("\n".join(lines))


def _lines(result: Result) -> list[str]:
    done = [f"{at:%H:%M:%S} {line}" for at, line in result.done]
    stories = [line for invoice in result.invoices for line in _story(invoice)]
    return [*done, *stories, *result.trouble]


def _story(invoice: InvoiceTold) -> list[str]:
    order = f", order {invoice.order_id} is {invoice.order.status}" if invoice.order else ""
    steps = [f"  {step['at'] or '-'} [{step['state']}] {step['title']}" for step in invoice.story]
    notes = [f"  note: {note}" for note in invoice.order.notes] if invoice.order else []
    return ["", f"invoice {invoice.invoice_id} over {invoice.price} is {invoice.standing}{order}", *steps, *notes]


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", text)
