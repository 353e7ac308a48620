"""Who is signed in in this browser, and forms that only our own pages may send.

The browser carries one cookie, a random text. Signed in means that its hash is in the database. Before, it only ties
forms to the browser; signing in always gives a new one, so nobody can plant a cookie and wait for its owner to sign in.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, Response, abort, g, request
from markupsafe import Markup

from app.db.audit import act_as
from app.db.queries import reading
from app.db.queries_people import signed_in_user
from app.domain.api_keys import sha256_of
from app.domain.audit import By
from app.domain.ids import ALPHABET, new_id
from app.proxies import scheme_and_host
from app.services import services
from app.usecases.sign_in import COOKIE_LENGTH, VALID

CSRF_FIELD = "form_proof"
STALE = "This form was not sent by the page it belongs to, or the page is too old. Open it again, then send it."

View = Callable[..., Response]


@dataclass(frozen=True)
class SignedIn:
    """The merchant in front of this browser."""

    user_id: str
    email: str
    is_administrator: bool


def merchant() -> SignedIn | None:
    """Who is signed in; looked up once in a request."""
    if "merchant" not in g:
        cookie = cookie_text()
        user = signed_in_user(reading(), sha256_of(cookie), services().clock.now()) if cookie else None
        g.merchant = SignedIn(user.id, user.email, user.is_administrator) if user else None
    found: SignedIn | None = g.merchant
    return found


def the_merchant() -> SignedIn:
    """The same in a view for merchants."""
    found = merchant()
    if found is None:
        abort(403, "Sign in first")
    return found


def for_merchants(view: View) -> View:
    """Let a view be called for signed-in merchants only, and its POST by our own forms only."""

    @wraps(view)
    def guarded(*args: object, **ids: object) -> Response:
        person = merchant()
        if person is None:
            return to_sign_in()
        act_as(By.PERSON, person.user_id, person.user_id)
        if request.method == "POST":
            require_own_form()
        return view(*args, **ids)

    return guarded


def to_sign_in() -> Response:
    """To the sign-in page, and from there back here with the same query."""
    query = request.query_string.decode("latin-1")
    here = request.path + (f"?{query}" if query else "")
    return see_other("/login?" + urlencode({"next": here}))


def sign_in_address() -> str:
    """Where people sign in, as they are told it."""
    return services().settings.public_url.rstrip("/") + "/login"


def see_other(target: str) -> Response:
    """Go on with a GET of `target`, a path of ours."""
    return Response(status=303, headers={"Location": target})


def require_own_form() -> None:
    """403 unless the request was sent by a form of ours in this very browser."""
    if not form_is_ours():
        abort(403, STALE)


def form_is_ours() -> bool:
    """Was the request sent by a form of ours in this very browser? Its word on where it comes from, and the proof."""
    origin = request.headers.get("Origin")
    same_site = origin is None or origin in own_origins()  # what older browsers say
    ours = request.headers.get("Sec-Fetch-Site", "same-origin" if same_site else "cross-site") == "same-origin"
    cookie = cookie_text()
    proof = request.form.get(CSRF_FIELD, "")
    return bool(ours and cookie and hmac.compare_digest(proof.encode(), form_proof(cookie).encode()))


def form_proof(cookie: str) -> str:
    """What a form of ours carries: it follows from the cookie, which no other site can read."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def csrf_field() -> Markup:
    """The hidden field for templates; a browser without a cookie is given one with this answer."""
    cookie = cookie_text() or g.setdefault("new_cookie", new_id(COOKIE_LENGTH))
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, form_proof(cookie))


def cookie_text() -> str:
    """The browser's cookie; empty when there is none of the form that we give."""
    text = request.cookies.get(cookie_name(), "")
    return text if len(text) == COOKIE_LENGTH and set(text) <= set(ALPHABET) else ""


def cookie_name() -> str:
    """Behind https a name that no neighbouring host can plant a cookie under."""
    return "__Host-sattle" if is_encrypted() else "sattle"


def give_cookie(response: Response, text: str, *, signed_in: bool) -> None:
    """Scripts cannot read it, other sites' forms do not carry it, and http does not where there is https."""
    response.set_cookie(
        cookie_name(),
        text,
        max_age=int(VALID.total_seconds()) if signed_in else None,
        secure=is_encrypted(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def is_encrypted() -> bool:
    """Does the browser speak https, with us or with the proxy before us?"""
    settings = services().settings
    scheme, _ = scheme_and_host(request.environ, settings.trusted_proxies)
    return scheme == "https" or settings.public_url.startswith("https://")


def own_origins() -> set[str]:
    """How browsers call this server: by the address of this request, and by the public one."""
    settings = services().settings
    public = urlsplit(settings.public_url)
    scheme, host = scheme_and_host(request.environ, settings.trusted_proxies)
    return {f"{scheme}://{host}".lower(), f"{public.scheme}://{public.netloc}".lower()}


def for_forms(blueprint: Blueprint) -> Blueprint:
    """Set up a blueprint of pages with forms: they name themselves to their own server, and to nobody else."""
    blueprint.after_request(_for_forms)
    return blueprint


def _for_forms(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "same-origin"  # without, browsers hide from us where a form comes from
    if "new_cookie" in g:
        give_cookie(response, g.new_cookie, signed_in=False)
    return response


def register(app: Flask) -> None:
    """Give the templates what they need."""
    app.context_processor(lambda: {"csrf_field": csrf_field, "signed_in": merchant})
