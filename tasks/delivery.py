"""What a producer sees of a run in the Prefect UI: one page with the contact sheet, the shots, and where things are."""

import asyncio
import base64
import html

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from onereel.adapters.pictures import thumbnail
from onereel.media import fetch
from onereel.papers import Manifest, ShotPapers
from onereel.report import Report
from onereel.takes import Take
from tasks import WORKING, company

THUMB = 320


@task(task_run_name="publish {report.production}", **WORKING)
async def publish(report: Report, manifest: Manifest) -> None:
    """Put the contact sheet and the shot table beside the run."""
    page = await asyncio.to_thread(_page, report, manifest)
    await acreate_markdown_artifact(page, key=f"{report.production}-film", description=report.message)
    rows = [_row(papers) for papers in manifest.shots]
    await acreate_table_artifact(rows, key=f"{report.production}-shots", description="Shots")


def _page(report: Report, manifest: Manifest) -> str:
    badge = " · **REHEARSAL**" if report.rehearsal else ""
    lines = [
        f"# {_plain(manifest.title or report.production)}{badge}",
        (
            f"{report.message}. {manifest.footage.seconds:.1f} s, {len(manifest.shots)} shots, "
            f"cut v{manifest.version:03d}."
        ),
        f"Estimated at most ${report.usd.estimated:.2f}, spent ${report.usd.spent:.2f}"
        + (f", of which unknown ${report.usd.unknown:.2f}." if report.usd.unknown else "."),
        "",
        "| shot | | take | length | price | what happens |",
        "|---|---|---|---|---|---|",
        *(_line(papers) for papers in manifest.shots),
        "",
        f"Master: `{report.master}`",
        "",
        f"Manifest: `{report.manifest}`",
        "",
        f"*{_plain(manifest.label)}*",
    ]
    return "\n".join(lines)


def _line(papers: ShotPapers) -> str:
    take = _active(papers)
    picture = ""
    if take is not None:
        data = thumbnail(fetch(company().vault, take.first_frame), THUMB)
        picture = f'<img width="200" src="data:image/webp;base64,{base64.b64encode(data).decode()}">'
    told = papers.shot.action if take is not None else f"SLATE: {papers.state.reason}"
    number = f"t{take.number:02d}" if take is not None else "slate"
    price = f"${take.usd:.2f}" if take is not None else ""
    return f"| {papers.shot.id} | {picture} | {number} | {papers.state.seconds:g} s | {price} | {_plain(told)} |"


def _row(papers: ShotPapers) -> dict[str, str | float]:
    take = _active(papers)
    return {
        "shot": papers.shot.id,
        "state": papers.state.state,
        "take": f"t{take.number:02d}" if take is not None else "",
        "seconds": papers.state.seconds,
        "usd": take.usd if take is not None else 0.0,
        "takes": len(papers.takes),
        "reason": papers.state.reason,
    }


def _active(papers: ShotPapers) -> Take | None:
    return next((take for take in papers.takes if take.slate == papers.active), None)


def _plain(text: str) -> str:
    """Return model-written text that cannot become HTML, a link or a table cell of its own."""
    shown = html.escape(" ".join(text.split())[:300])
    return "".join(f"&#{ord(sign)};" if sign in "|[]()*_`#!~\\" else sign for sign in shown)
