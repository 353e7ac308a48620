"""`flask doctor`: is everything in order, and what is to be done where it is not?"""

import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from app.checks import all_findings
from app.cli.terms import AnySchemaVerb, as_json, print_json
from app.domain.findings import Finding, Level
from app.services import services


@click.command(cls=AnySchemaVerb)
@as_json
@with_appcontext
def doctor(as_json: bool) -> None:
    """Check settings, database, worker, node, rates, deliveries, backups, disk, shops. Exit 1 when something failed."""
    found = all_findings(services())
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            click.echo(line(finding))
    if any(finding.level is Level.FAILED for finding in found):
        sys.exit(1)


def line(finding: Finding) -> str:
    """A finding as people read it."""
    remedy = f". Remedy: {finding.remedy}" if finding.remedy else ""
    return f"{finding.level.value:<8} {finding.check}: {finding.says}{remedy}"
