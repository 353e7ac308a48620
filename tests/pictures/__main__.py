"""`make screenshots`: the pictures of the README and of docs/pictures, from a real Sattle on regtest."""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.pictures.camera import Look, camera, setting, shoot, sign_in
from tests.pictures.scenery import EMAIL, PASSWORD, Scenery, make_disagreement, make_present, scenery

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
CARD = Look(620, 700)
DESK = Look(1200, 760)
PHONE = Look(390, 760)
SMALL = Look(320, 640)
CARD_DARK, DESK_DARK, PHONE_DARK = (Look(look.width, look.height, dark=True) for look in (CARD, DESK, PHONE))

# What {a word} stands for is in `Scenery.addresses`.
BUYERS = {
    "checkout-waiting": ("/i/{waiting}", CARD),
    "checkout-waiting-dark": ("/i/{waiting}", CARD_DARK),
    "checkout-waiting-phone": ("/i/{waiting}", PHONE),
    "checkout-waiting-small-phone": ("/i/{waiting}", SMALL),
    "checkout-waiting-arabic": ("/i/{waiting}?lang=ar", PHONE),
    "checkout-partly-paid": ("/i/{partial}", CARD),
    "checkout-seen": ("/i/{seen}", CARD),
    "checkout-seen-phone-dark": ("/i/{seen}", PHONE_DARK),
    "checkout-paid": ("/i/{paid}", CARD),
    "checkout-paid-arabic": ("/i/{paid}?lang=ar", PHONE),
    "checkout-expired": ("/i/{expired}", CARD),
    "receipt": ("/i/{paid}/receipt", CARD),
    "story-buyer-phone": ("/i/{paid}/story", PHONE),
    "how-it-works": ("/how-it-works", DESK),
}
MERCHANTS = {
    "admin-home": ("/admin", DESK),
    "admin-home-phone": ("/admin", PHONE),
    "admin-invoices": ("/admin/invoices", DESK),
    "admin-invoices-dark": ("/admin/invoices", DESK_DARK),
    "admin-invoice": ("/admin/invoices/{paid}", DESK),
    "admin-invoice-phone": ("/admin/invoices/{paid}", PHONE),
    "admin-wallet": ("/admin/stores/{store}/wallet", DESK),
    "admin-reports": ("/admin/reports", DESK),
    "admin-audit": ("/admin/audit", DESK),
    "story-merchant": ("/admin/invoices/{paid}/story", DESK),
    "story-merchant-dark": ("/admin/invoices/{paid}/story", DESK_DARK),
}
CONNECTED = {
    "admin-mismatch": ("/admin/mismatches/{mismatch}", DESK),
    "admin-mismatch-phone-dark": ("/admin/mismatches/{mismatch}", PHONE_DARK),
    "admin-shop": ("/admin/stores/{store}/shop", DESK),
    "admin-doctor": ("/admin/doctor", DESK),
}
ON_A_SERVER = Path("/srv")  # where its data would be; some pages tell it


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def take(browser: Browser, scene: Scenery, shots: dict[str, tuple[str, Look]], *, signed_in: bool) -> None:
    """The pictures, those of one look in one context."""
    for look in dict.fromkeys(look for _, look in shots.values()):
        context = setting(browser, look)
        if signed_in:
            sign_in(context, scene.server, EMAIL, PASSWORD)
        for name, (path, its_look) in shots.items():
            if its_look == look:
                say(f"picture: {name}")
                shoot(context, scene.server + path.format(**scene.addresses), PICTURES / f"{name}.png")
        context.close()


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    at = ON_A_SERVER if os.access(ON_A_SERVER, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="sattle-", dir=at) as directory, camera() as browser:
        say("a node, Sattle, a shop and some days of trade: two minutes")
        with scenery(Path(directory)) as scene:
            take(browser, scene, MERCHANTS, signed_in=True)
            make_present(scene)
            take(browser, scene, BUYERS, signed_in=False)
            make_disagreement(scene)
            take(browser, scene, CONNECTED, signed_in=True)


if __name__ == "__main__":
    main()
