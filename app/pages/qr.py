"""QR codes. The one home of segno."""

import io

import segno


def qr_svg(text: str) -> bytes:
    """An SVG picture of `text`, scalable, with the quiet zone that scanners need."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="svg", border=4, scale=4, xmldecl=False, omitsize=True)
    return picture.getvalue()
