"""A page written in Markdown, for a browser: what the Prefect UI shows at a gate, where there is no server."""

import html

from markdown_it import MarkdownIt

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Nothing runs, and nothing is loaded but the pictures inside the page."""
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.4rem;vertical-align:top;text-align:left;border-bottom:1px solid #ddd}"
    "img{max-width:100%;height:auto}pre{overflow-x:auto;background:#f4f4f4;padding:.6rem}"
)


def page_of(markdown: str, title: str) -> bytes:
    """Return an HTML page of Markdown; what is HTML in it, its writer made so, and stands for.

    Args:
        markdown: CommonMark with tables.
        title: Of the window, as written by anybody.
    """
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'.encode()
