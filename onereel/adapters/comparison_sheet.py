"""A comparison as a page that asks nobody for anything, and as CSV."""

import base64
import csv
import hashlib
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from onereel.comparison import COLUMNS, Comparison, row

CLOSED = "base-uri 'none'; form-action 'none'"
FOLDER = files("onereel.adapters") / "comparison"
"""The set of prompts, its reference pictures and the page."""


def comparison_sheet(comparison: Comparison, pictures: Mapping[str, bytes]) -> bytes:
    """Return a page: the table, and every model's picture of every prompt side by side.

    Args:
        comparison: What was found.
        pictures: Small WebP copies by the digest of the picture.
    """
    shared = (files("onereel.adapters") / "report_page" / "report.css").read_text()
    style = shared + (FOLDER / "sheet.css").read_text()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    html = (
        _templates()
        .get_template("sheet.html")
        .render(
            comparison=comparison,
            columns=COLUMNS,
            rows=[row(line) for line in comparison.lines],
            pictures={
                name: f"data:image/webp;base64,{base64.b64encode(data).decode()}" for name, data in pictures.items()
            },
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; {CLOSED}",
            style=Markup(style),  # noqa: S704 - our own files
        )
    )
    return html.encode()


def comparison_csv(comparison: Comparison) -> bytes:
    """Return the table as CSV; empty where nothing was measured."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    writer.writerows(["" if cell == "-" else cell for cell in row(line)] for line in comparison.lines)
    return target.getvalue().encode()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("onereel.adapters", "comparison"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
