"""What a producer sees of a run in the Prefect UI: one page with the contact sheet, the shots, and where things are."""

import asyncio
import re
import shlex
from collections.abc import Iterator

from prefect import task
from prefect.artifacts import acreate_image_artifact, acreate_markdown_artifact, acreate_table_artifact

from onereel.casting import REHEARSALS, public_address
from onereel.gatepages import cell, opening, plain, sheet
from onereel.papers import Manifest, ShotPapers
from onereel.report import Report
from onereel.settings import read_settings
from onereel.slate import cut_prefix
from onereel.takes import Take
from tasks import WORKING, artifact_key, beside_the_run, company, unseen

MOST_PICTURES = 100
"""Keyframes that get an artifact of their own; all are on the report page."""
_WORD = re.compile("[^a-z0-9]+")
"""What the key of an artifact has none of."""


async def publish(report: Report, manifest: Manifest) -> None:
    """Put the contact sheet and the shot table beside the run."""
    await _publish(report.production, unseen(report), unseen(manifest))


@task(name="publish", task_run_name="publish {production}", **WORKING)
async def _publish(production: str, report: Report, manifest: Manifest) -> None:
    page = await asyncio.to_thread(_page, report, manifest)
    rows = await asyncio.to_thread(_rows, report, manifest)
    shown = [
        acreate_markdown_artifact(page, key=artifact_key("film"), description=report.message),
        acreate_table_artifact(rows, key=artifact_key("shots"), description="Every shot of the cut"),
    ]
    for what, address in _pictures(report, manifest):
        shown.append(acreate_image_artifact(address, key=artifact_key(what), description=what))
    with beside_the_run(production, f"the film in {report.page}"):
        await asyncio.gather(*shown)


def _pictures(report: Report, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the contact sheet and the keyframes on screen, where browsers can read the vault.

    Prefect's pages show pictures by address; one inside the artifact would be printed below it, too.
    """
    sheet_address = _public(report, manifest, "contact.jpg")
    if not sheet_address:
        return
    yield "contact", sheet_address
    frames, settings = [frame for papers in manifest.shots for frame in papers.keyframes], read_settings()
    for frame in frames[:MOST_PICTURES]:
        address = public_address(settings, frame.fitted.key, rehearsal=report.rehearsal)
        yield f"keyframe-{_WORD.sub('-', frame.id.lower()).strip('-')}", address


def _page(report: Report, manifest: Manifest) -> str:
    badge = " · REHEARSAL" if report.rehearsal else ""
    return "\n".join(
        (
            f"# {plain(manifest.title or report.production)}{badge}",
            f"**{report.message}** · {_facts(manifest)} · {_money(report)}",
            "",
            *_link(report, manifest),
            sheet([_cell(papers) for papers in manifest.shots]),
            "",
            "```",
            f"master    {report.master}",
            f"manifest  {report.manifest}",
            f"report    {report.page}",
            f"look at   {_command(report, manifest)}",
            "```",
            "",
            f"*{plain(manifest.label)}*",
        )
    )


def _link(report: Report, manifest: Manifest) -> tuple[str, ...]:
    """Return a link to the report page, where browsers can read the vault: none follows a file's path from here."""
    public = _public(report, manifest)
    return (f"[Report page: every take, its words, price and review]({public})", "") if public else ()


def _public(report: Report, manifest: Manifest, paper: str = "report.html") -> str:
    """Return the address of a paper of the cut where browsers can read the vault; empty where they cannot."""
    key = f"{cut_prefix(manifest.production, manifest.version)}{paper}"
    return public_address(read_settings(), key, rehearsal=report.rehearsal)


def _command(report: Report, manifest: Manifest) -> str:
    """Return the command that serves the report page."""
    vault = report.vault.removesuffix(f"/{REHEARSALS}") if report.rehearsal else report.vault
    words = ["onereel", "show", manifest.production, "--cut", str(manifest.version), "--vault", vault]
    return shlex.join([*words, "--rehearse"] if report.rehearsal else words)


def _facts(manifest: Manifest) -> str:
    return f"{manifest.footage.seconds:g} s · {len(manifest.shots)} shots · cut v{manifest.version:03d}"


def _money(report: Report) -> str:
    usd = report.usd
    if report.rehearsal:
        return f"nothing was paid; filming it costs ${usd.estimated:.2f} at most"
    unknown = f", ${usd.unknown:.2f} of it on calls that never answered" if usd.unknown else ""
    return f"${usd.spent:.2f} spent{unknown}, ${usd.estimated:.2f} estimated at most"


def _cell(papers: ShotPapers) -> str:
    take, name = _active(papers), f"<strong>{papers.shot.id}</strong>"
    if take is None:
        return cell("SLATE", [name, f"{papers.state.seconds:g} s"], _reason(papers))
    facts = [name, f"t{take.number:02d}", f"${take.usd:.2f}", f"{papers.state.seconds:g} s"]
    return cell(opening(company(), take), facts, papers.shot.action)


def _reason(papers: ShotPapers) -> str:
    """Return why there is no take, the vendor's own words included."""
    reason = papers.state.reason
    return " ".join([reason, *(f"“{words}”" for words in papers.state.words if words not in reason)])


def _rows(report: Report, manifest: Manifest) -> list[dict[str, str | float]]:
    page = _public(report, manifest)
    return [_row(papers, page) for papers in manifest.shots]


def _row(papers: ShotPapers, page: str) -> dict[str, str | float]:
    take = _active(papers)
    film = company().vault.address(take.film.key) if take is not None else ""
    return {
        "shot": papers.shot.id,
        "state": papers.state.state,
        "take": f"t{take.number:02d}" if take is not None else "",
        "seconds": papers.state.seconds,
        "usd": take.usd if take is not None else 0.0,
        "takes": len(papers.takes),
        "reason": _reason(papers),
        "link": f"{page}#{papers.shot.id}" if page else film,
    }


def _active(papers: ShotPapers) -> Take | None:
    return next((take for take in papers.takes if take.slate == papers.active), None)
