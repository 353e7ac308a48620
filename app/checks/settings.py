"""Are the settings sane? That they can be read at all is certain: no process starts otherwise."""

import tempfile
from urllib.parse import urlsplit

from app.domain.findings import Finding, failed, ok, warning
from app.services import Services


def public_url(services: Services) -> Finding:
    """Customers and shops must reach us by https; a test network may do without."""
    settings, check = services.settings, "public URL"
    url = urlsplit(settings.public_url)
    encrypted = url.scheme == "https" or (url.hostname or "").endswith(".onion")
    if encrypted or settings.network == "regtest":
        return ok(check, f"customers are sent to {settings.public_url}")
    report = failed if settings.network == "mainnet" else warning
    return report(
        check,
        f"SATTLE_PUBLIC_URL={settings.public_url} is not encrypted",
        "put a proxy with TLS in front and set its https:// address",
    )


def data_dir(services: Services) -> Finding:
    """Lock files and marks of address indexes are written there."""
    check, directory = "data directory", services.settings.data_dir
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(b"x")
    except OSError as error:
        return failed(
            check,
            f"nothing can be written in SATTLE_DATA_DIR={directory}: {error.strerror}",
            "let the user that Sattle runs as write there",
        )
    return ok(check, f"{directory} can be written to")


def private_targets(services: Services) -> Finding:
    """With real money, nobody may make the server call addresses inside its own network."""
    settings, check = services.settings, "private targets"
    if settings.network == "mainnet" and settings.allow_private_targets:
        return failed(
            check,
            "notifications may go to private addresses, so whoever may create invoices can reach into your network",
            "unset SATTLE_ALLOW_PRIVATE_TARGETS, and give the shop a public address",
        )
    allowed = "may" if settings.allow_private_targets else "may not"
    return ok(check, f"notifications {allowed} go to private addresses ({settings.network})")
