"""The report page as one HTML file that asks nobody for anything: style and script inside, media beside it.

Everything on it that a model or a person wrote is escaped, and a Content-Security-Policy lets nothing run or load but
the page's own script and style, by digest, and pictures and films from where the page lies.
"""

import base64
import hashlib
import zlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from onereel.page import Page

PARTS = "report_page"
APART = "\x1e"
"""Between two packed parts."""
_TEMPLATES = Environment(
    loader=PackageLoader("onereel.adapters", PARTS),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Compiled now, while nobody waits for the cut; the last is what the others are made of.
_PAGE, _CARD, _CALLS, _ = map(_TEMPLATES.get_template, ("report.html", "card.html", "calls.html", "parts.html"))
SLATE_SHAPES = (16, 9)
"""A slate card on a page is landscape whatever the film: it holds words."""


def report_page(page: Page, *, captions: str, language: str, generator: str) -> bytes:
    """Return a report page.

    Args:
        page: What is on it.
        captions: WebVTT; carried inside, because a page opened from a folder may not read a file beside it as text.
        language: Of what is spoken, as a BCP 47 tag.
        generator: What made it.
    """
    style, script, scale = _part("report.css"), _part("report.js"), _scale(page)
    html = _PAGE.render(
        page=page,
        policy=_policy(script, style, scale),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        packed=_packed(page, language),
        scale=Markup(scale),  # noqa: S704 - numbers only
        captions=_data_address(captions) if page.captions else "",
        language=language,
        generator=generator,
    )
    return html.encode()


def _packed(page: Page, language: str) -> str:
    """Return the whole of every card, then the ledger, compressed: the page's script puts them where they belong."""
    parts = [_CARD.render(card=card, language=language) for card in page.cards] + [_CALLS.render(books=page.books)]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    text = APART.join(part.replace(APART, " ") for part in parts)
    return base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()


@cache
def _part(name: str) -> str:
    return (files("onereel.adapters") / PARTS / name).read_text()


def _policy(script: str, *styles: str) -> str:
    # "file:" is what some browsers want beside 'self' for a page that was opened from a folder; over HTTP it is void.
    media = "'self' file: data:"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_digest(script)}",
            f"style-src {' '.join(map(_digest, styles))}",
            f"img-src {media}",
            f"media-src {media}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data_address(captions: str) -> str:
    return f"data:text/vtt;base64,{base64.b64encode(captions.encode()).decode()}"


def _scale(page: Page) -> str:
    """Return the style that draws the timeline to scale: style attributes would need a weaker policy."""
    reel = page.timeline
    wide, high = SLATE_SHAPES
    rules = [
        f":root{{--shape:{page.width}/{page.height};--slate:{wide}/{high}}}",
        f".scale{{min-width:{reel.pixels}px}}",
    ]
    rules.append(f".stage video{{aspect-ratio:{page.width}/{page.height}}}")
    for number, block in enumerate(reel.blocks):
        rules.append(f".blocks .k{number}{{flex-grow:{block.frames}}}")
        if block.fade:
            rules.append(f".k{number} i{{width:{block.fade:.2%}}}")
    rules += [f".m{number}{{left:{tick.at:.4%}}}" for number, tick in enumerate(reel.ticks)]
    return "".join(rules)
