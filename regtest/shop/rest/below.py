"""A WordPress in a sub-directory: where the site's own address has a path, the shop answers below it as well."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from regtest.shop.rest.site import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Below:
    """The WSGI application behind that path."""

    def __init__(self, application: "WSGIApplication", site: Site) -> None:
        self._application = application
        self._site = site

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Take the path off, as a web server does."""
        base, path = base_of(self._site), str(environ.get("PATH_INFO", ""))
        changed: dict[str, Any] = {}
        if base and (path == base or path.startswith(f"{base}/")):
            changed = {"SCRIPT_NAME": base, "PATH_INFO": path.removeprefix(base) or "/"}
        return self._application({**environ, **changed}, start_response)


def base_of(site: Site) -> str:
    """The path of the site's address, without a slash at the end; mostly empty."""
    return urlsplit(site.home()).path.rstrip("/")
