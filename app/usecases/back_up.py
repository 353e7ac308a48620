"""Write a backup while web and worker go on, and note that it was made."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.db.backup import Copies
from app.db.backup.archive import Sink, Told, write_archive
from app.db.backup.workplace import publish, require_new, workplace
from app.db.models import Backup
from app.db.schema import head_revision
from app.db.session import change
from app.db.trouble import trouble_named
from app.domain.backup import Manifest
from app.domain.version import VERSION


@dataclass(frozen=True)
class Made:
    """A finished backup. `noted` is False when the database is too old to have a place for the note."""

    file: Path
    manifest: Manifest
    noted: bool


def back_up(file: Path, copies: Copies, network: str, now: datetime, told: Told) -> Made:
    """Write a backup to `file`, which must not exist. BadInput, NotAllowed, ConfigError, Unavailable: no file then."""
    file = file.absolute()
    require_new(file)
    with workplace(file.with_name(file.name + ".part")) as place, trouble_named():

        def fill(sink: Sink) -> Manifest:
            facts = copies.write(sink, place, network, told)
            version = copies.version()
            return Manifest(VERSION, network, copies.engine_name, version, now, sink.size, sink.sha256, facts)

        made = place / "archive"
        manifest = write_archive(made, not copies.compressed, fill)
        publish(made, file)
    noted = manifest.facts.revision == head_revision()
    if noted:
        note_backup(file, manifest)
    return Made(file, manifest, noted)


def note_backup(file: Path, manifest: Manifest, verified_at: datetime | None = None) -> None:
    """Note that there is a backup, and whether it was proved."""
    with trouble_named(), change() as session:
        session.add(
            Backup(
                taken_at=manifest.taken_at,
                path=str(file),
                size_bytes=file.stat().st_size,
                sha256=manifest.sha256,
                verified_at=verified_at,
            )
        )
