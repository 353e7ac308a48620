"""Is there a backup, and room on the disk?"""

import shutil
from datetime import timedelta

from app.db.queries import reading
from app.db.queries_backups import last_verified_at, newest_backup
from app.domain.findings import Finding, failed, ok, warning
from app.services import Services

BACKUP_EVERY = timedelta(days=2)  # a daily one may fail once
VERIFY_EVERY = timedelta(days=31)
LITTLE_BYTES = 2_000_000_000
TOO_LITTLE_BYTES = 200_000_000
MEGABYTE = 1_000_000


def backups(services: Services) -> Finding:
    """The age of the newest backup, and when one was last proved."""
    check, now = "backups", services.clock.now()
    newest = newest_backup(reading())
    if newest is None:
        return warning(check, "there is no backup", "run `flask backup FILE` every day, and keep the files elsewhere")
    hours = int((now - newest.taken_at).total_seconds()) // 3600
    if now - newest.taken_at > BACKUP_EVERY:
        return warning(check, f"the newest backup is {hours} hours old", "see why `flask backup FILE` no longer runs")
    verified_at = last_verified_at(reading())
    if verified_at is None or now - verified_at > VERIFY_EVERY:
        return warning(check, f"no backup was proved in {VERIFY_EVERY.days} days", "flask backup verify")
    return ok(check, f"the newest is {hours} hours old; one was proved at {verified_at:%Y-%m-%d}")


def disk(services: Services) -> Finding:
    """Free space for the data directory: a full disk stops everything."""
    check, directory = "disk", services.settings.data_dir
    free = shutil.disk_usage(directory).free
    says = f"{free // MEGABYTE:,} MB are free for {directory}"
    if free < LITTLE_BYTES:
        report = failed if free < TOO_LITTLE_BYTES else warning
        return report(check, says, "make room, or move the data directory to a larger disk")
    return ok(check, says)
