"""Prove a backup: restore it into a temporary database, count there, and compare with what it promises."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.db.backup import Copies, Engine
from app.db.backup.archive import Archive, Told, opened_archive
from app.db.backup.facts import descriptors_of, facts_of
from app.db.backup.workplace import workplace
from app.db.queries import reading
from app.db.queries_backups import mark_verified, newest_backup
from app.db.schema import head_revision, is_known, migrate
from app.db.session import change
from app.db.trouble import trouble_named
from app.domain.backup import Facts, Manifest, differences, setbacks
from app.errors import NotFound, Unavailable


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    `differences` are between restored copy and manifest. `setbacks` are what the live database has less of than the
    copy; None where there was none to compare with, and `why_not` says why. `descriptors` are those of the copy's
    wallets, by id.
    """

    file: Path
    manifest: Manifest
    differences: list[str]
    setbacks: list[str] | None
    why_not: str | None
    descriptors: dict[int, str]

    @property
    def proved(self) -> bool:
        """Can this backup be relied on?"""
        return not self.differences

    @property
    def good(self) -> bool:
        """Is all well, with the live database too?"""
        return not self.differences and not self.setbacks


def newest_file(copies: Copies) -> Path:
    """Where the newest backup that is noted was written to. NotFound."""
    with trouble_named():
        newest = None if copies.is_empty() else newest_backup(reading())
    if newest is None:
        raise NotFound("no backup is noted in the database; name the FILE")
    return Path(newest.path)


def verify_backup(
    file: Path, data_dir: Path, copies: Copies, network: str, now: datetime, told: Told, live: Engine
) -> Verdict:
    """Restore the backup aside and compare. BadInput if it cannot be read, NotAllowed while another check runs."""
    with opened_archive(file) as archive:
        require_fitting(archive, copies, network)
        manifest = archive.manifest
        working = workplace(data_dir / "verify.part")
        with working as place, trouble_named(), copies.opened(archive, place, told) as engine:
            found = compare(engine, manifest, network)
            descriptors = wallet_descriptors(engine)
            if not found:
                migrate(engine)
    facts, why_not = _live_facts(copies, live, network)
    less = None if facts is None else setbacks(manifest.facts, facts)
    verdict = Verdict(file, manifest, found, less, why_not, descriptors)
    if verdict.proved and facts is not None and facts.revision == head_revision():
        with trouble_named(), change() as session:
            mark_verified(session, manifest.taken_at, manifest.sha256, now)
    return verdict


def require_fitting(archive: Archive, copies: Copies, network: str) -> None:
    """Raises BadInput when the backup is of another network or engine, or of a Sattle that we do not know yet."""
    manifest = archive.manifest
    if manifest.network != network:
        raise archive.refused(f"it holds a database of {manifest.network}, and SATTLE_NETWORK is {network}")
    if manifest.engine != copies.engine_name:
        raise archive.refused(
            f"it holds a database of {manifest.engine}, and DATABASE_URL names one of {copies.engine_name}"
        )
    if not is_known(manifest.facts.revision):
        raise archive.refused(f"it was made by Sattle {manifest.sattle}, which is newer than this; use that version")


def compare(engine: Engine, manifest: Manifest, network: str) -> list[str]:
    """Where the database of `engine` is not what the manifest promises."""
    with engine.connect() as connection:
        found = facts_of(connection, network)
    return ["it holds no database of Sattle's"] if found is None else differences(manifest.facts, found)


def wallet_descriptors(engine: Engine) -> dict[int, str]:
    """The derivation schemes of the wallets of `engine`, by id."""
    with engine.connect() as connection:
        return descriptors_of(connection)


def _live_facts(copies: Copies, live: Engine, network: str) -> tuple[Facts | None, str | None]:
    try:
        with trouble_named():
            if copies.is_empty():
                return None, "the live database is empty"
            with live.connect() as connection:
                facts = facts_of(connection, network)
    except Unavailable as trouble:
        return None, str(trouble)
    return facts, None if facts else "the live database is none of Sattle's"
