"""Put a backup into an empty place, prove it there and bring it to the newest revision."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.db.backup import Copies, Engine
from app.db.backup.archive import Told, opened_archive
from app.db.backup.workplace import workplace
from app.db.schema import migrate
from app.db.trouble import trouble_named
from app.db.worker_locks import somebody_leads
from app.domain.backup import Manifest
from app.errors import NotAllowed, SattleError
from app.usecases.back_up import note_backup
from app.usecases.verify_backup import compare, require_fitting, wallet_descriptors


class NotProved(SattleError):
    """What was restored is not what the manifest promises; it was taken out again."""


@dataclass(frozen=True)
class Restored:
    """`completed` is True when an earlier restore of the same backup was cut short and only its end was missing."""

    file: Path
    manifest: Manifest
    completed: bool
    descriptors: dict[int, str]  # of its wallets, by id


def restore_backup(
    file: Path, data_dir: Path, copies: Copies, target: Engine, network: str, now: datetime, told: Told
) -> Restored:
    """Restore `file` into the empty database of `target`. NotAllowed if it is not empty; nothing is changed then."""
    with opened_archive(file) as archive:
        require_fitting(archive, copies, network)
        manifest = archive.manifest

        def prove(engine: Engine) -> None:
            found = compare(engine, manifest, network)
            if found:
                raise NotProved(f"{file}: restored and found wanting: {'; '.join(found)}; use another backup")
            migrate(engine)

        with workplace(data_dir / "restore.part") as place, trouble_named():
            if somebody_leads(target):
                raise NotAllowed("a worker runs on the database of DATABASE_URL; stop web and worker first")
            completed = not copies.is_empty()
            if completed:
                _require_same(target, manifest, network)
                prove(target)
            else:
                copies.restore(archive, place, prove, told)
            descriptors = wallet_descriptors(target)
    note_backup(file.absolute(), manifest, verified_at=now)
    return Restored(file, manifest, completed, descriptors)


def _require_same(target: Engine, manifest: Manifest, network: str) -> None:
    """A restore that was killed before its last step goes on; over anything else nothing is ever restored."""
    if compare(target, manifest, network):
        raise NotAllowed(
            "the database of DATABASE_URL is not empty, and a restore overwrites nothing; "
            "give it an empty database, or a path where there is no file"
        )
