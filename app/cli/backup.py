"""`flask backup …` and `flask restore`: copies of the database that prove themselves."""

import signal
import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.terms import AnySchemaVerb, Verbs, as_json, print_json
from app.db.backup import copies_of
from app.db.models import db
from app.domain.backup import Manifest, mark_sentences
from app.services import services
from app.usecases.back_up import back_up
from app.usecases.restore_backup import Restored, restore_backup
from app.usecases.verify_backup import Verdict, newest_file, verify_backup

TELL_BYTES = 100_000_000  # between two lines about the progress: a smaller copy is made before anybody asks
MEGABYTE = 1_000_000
NEXT_STEPS = """Next:
  1. The data directory of the lost server, if you have it, holds the marks of address indexes: keep them here.
  2. Start the worker, then the web server. The worker follows the chain from block {height} and finds what was paid.
  3. flask doctor"""

file_argument = click.argument("file", type=click.Path(path_type=Path))


class MakeOrVerify(Verbs):
    """`flask backup FILE` makes one; a file called verify is written ./verify."""

    any_schema = True  # the copy of a database that is to be upgraded is made before

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {"verify", "--help"}:
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=MakeOrVerify, subcommand_metavar="FILE | verify [FILE]")
def backup() -> None:
    """Write a copy of the database to FILE while web and worker go on; or prove such a copy.

    The marks of address indexes in the data directory are no part of it.
    """


@backup.command(hidden=True)
@file_argument
@as_json
def make(file: Path, as_json: bool) -> None:
    """Write a backup to FILE, which must not exist."""
    around = services()
    end_in_order()
    made = back_up(file, copies_of(db.engine), around.settings.network, around.clock.now(), Progress())
    if as_json:
        print_json({"file": str(made.file), "noted": made.noted, "manifest": made.manifest.as_json()})
        return
    click.echo(f"{made.file}: {summary(made.manifest)}.")
    if not made.noted:
        click.echo("The database is older than this Sattle, so the backup is not noted in it: flask db upgrade")


@backup.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@as_json
def verify(file: Path | None, as_json: bool) -> None:
    """Restore FILE, or the newest backup, into a temporary database and compare. Exit 1 when anything is wrong."""
    around = services()
    end_in_order()
    copies = copies_of(db.engine)
    verdict = verify_backup(
        file or newest_file(copies),
        around.settings.data_dir,
        copies,
        around.settings.network,
        around.clock.now(),
        Progress(),
        db.engine,
    )
    marks = mark_sentences(verdict.manifest.facts.wallets, around.address_marks(verdict.descriptors))
    if as_json:
        print_json({**_verdict(verdict), "marks": marks})
    else:
        _tell_verdict(verdict, marks)
    if not verdict.good:
        sys.exit(1)


@click.command(cls=AnySchemaVerb)
@file_argument
@as_json
@with_appcontext
def restore(file: Path, as_json: bool) -> None:
    """Put the backup FILE into the database of DATABASE_URL, which must be empty."""
    around = services()
    end_in_order()
    settings, now = around.settings, around.clock.now()
    done = restore_backup(file, settings.data_dir, copies_of(db.engine), db.engine, settings.network, now, Progress())
    marks = mark_sentences(done.manifest.facts.wallets, around.address_marks(done.descriptors))
    if as_json:
        told = {"file": str(done.file), "completed": done.completed, "manifest": done.manifest.as_json()}
        print_json({**told, "marks": marks})
    else:
        _tell_restored(done, marks)


class Progress:
    """Tells on standard error how far a large copy is."""

    def __init__(self) -> None:
        self._step = ""
        self._next = 0

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            self._step, self._next = step, TELL_BYTES
        if done < self._next:
            return
        self._next = done + TELL_BYTES
        part = f"{done // MEGABYTE:,} of {total // MEGABYTE:,} MB" if total else f"{done // MEGABYTE:,} MB"
        click.echo(f"{step}: {part}", err=True)


def end_in_order() -> None:
    """Let SIGTERM end the command like an error, so that nothing is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def summary(manifest: Manifest) -> str:
    """A backup in one line."""
    facts = manifest.facts
    block = f"block {facts.newest_block.height}" if facts.newest_block else "no block yet"
    return (
        f"{manifest.network} at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, {facts.rows.get('invoices', 0)} invoices, "
        f"{facts.rows.get('payments', 0)} payments of {facts.paid_sats} sats, {block}, revision {facts.revision}"
    )


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "file": str(verdict.file),
        "good": verdict.good,
        "proved": verdict.proved,
        "differences": verdict.differences,
        "setbacks": verdict.setbacks,
        "why_not_compared": verdict.why_not,
        "manifest": verdict.manifest.as_json(),
    }


def _tell_verdict(verdict: Verdict, marks: list[str]) -> None:
    click.echo(f"{verdict.file}: {summary(verdict.manifest)}.")
    for difference in verdict.differences:
        click.echo(f"WRONG: {difference}")
    if verdict.proved:
        click.echo("Good: restored aside, every count, sum and next index is what the manifest says.")
    for setback in verdict.setbacks or []:
        click.echo(f"The live database has less than this backup: {setback}")
    if verdict.why_not:
        click.echo(f"Not compared with the live database: {verdict.why_not}")
    for mark in marks:
        click.echo(mark)


def _tell_restored(done: Restored, marks: list[str]) -> None:
    began = "An earlier restore of it was cut short and is complete now" if done.completed else "Restored"
    click.echo(f"{began}: {summary(done.manifest)}.")
    for mark in marks:
        click.echo(mark)
    block = done.manifest.facts.newest_block
    click.echo(NEXT_STEPS.format(height=block.height if block else "(none yet)"))
