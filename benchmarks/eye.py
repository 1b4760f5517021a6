"""The eye: defects planted by the local studio, found and mended, false alarms on clean footage, and what it all cost.

    python -m benchmarks.eye [--cells NAME ...] [--json FILE]

Every cell is a film of one shot made through the real flow against a studio that plants one defect; the last ones are
films without any. What a vision model judges, the studio's own judge answers from the planted mark: those rows show
that a verdict is acted upon, not how good Google's model is. What is measured (size, blank, frozen, black, silent, cut,
last frame, likeness) is measured on real pixels and sound.

* found: somebody said so: a finding, a verdict that rejects, or an attempt the journal calls failed.
* mended: what is in the cut has no such defect.
* held: no clip was bought, or a slate stands in; a person decides.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.chaos import paying
from onereel.adapters.folder import FolderVault
from onereel.brief import Brief
from onereel.calls import Call, calls_of
from onereel.delivering import latest_manifest
from onereel.media import keep
from onereel.models import PROXY
from onereel.papers import Manifest, Reviewed
from onereel.progress import embedded
from onereel.storyboard import Shot, Storyboard
from onereel.studio import Latency, Studio, StudioOptions, parse_fault, running
from onereel.takes import Keyframe, Take
from onereel.verdicts import Verdict, good_enough

RESULTS = Path(__file__).parent / "results" / "eye.json"
PRODUCTION = "harbour"
MARA = {"name": "Mara", "description": "a keeper of sixty in a yellow oilskin coat, grey hair"}
SIGN = Shot(
    id="s010",
    seconds=4,
    action="Mara points at the boats.",
    opening='Mara stands under a sign that reads "HARBOUR", medium shot',
    setting="a pier at dusk",
    characters=("Mara",),
)
CLOSED = SIGN.model_copy(update={"closing": "Mara has gone, the pier is empty, wide shot", "characters": ()})
TWIN = SIGN.model_copy(update={"id": "s020"})
WALK = Shot(id="s010", seconds=18, action="Mara walks along the pier", setting="a pier at dusk", characters=("Mara",))
STORM = SIGN.model_copy(update={"action": "Mara points at the storm."})


@dataclass(frozen=True)
class Cell:
    """One planted defect.

    Attributes:
        fault: In the words of `onereel.studio.parse_fault`; empty: clean footage.
        shots: What is filmed.
        judged: Whether a model's verdict finds it, answered from the planted mark.
        review: The brief's review, where it is not the default.
        drift: What the brief has done about extensions that drift.
    """

    name: str
    fault: str = ""
    shots: tuple[Shot, ...] = (SIGN,)
    judged: bool = False
    review: dict[str, Any] = field(default_factory=dict)
    drift: str = "report"


AGAIN = {"take_attempts": 1}
CELLS = (
    Cell("keyframe: wrong size", "image:~SIGN:wrong-size:times=1"),
    Cell("keyframe: blank", "image:~SIGN:blank:times=1"),
    Cell("keyframe: near-duplicate of another shot's", "", (SIGN, TWIN)),
    Cell("keyframe: wrong text", "image:~SIGN:wrong-text:times=1", judged=True),
    Cell("keyframe: wrong count", "image:~SIGN:wrong-count:times=1", judged=True),
    Cell("keyframe: character missing", "image:~SIGN:missing:times=1", judged=True),
    Cell("keyframe: another person", "image:~SIGN:wrong-identity:times=1", judged=True),
    Cell("keyframe: wrong action", "image:~SIGN:wrong-action:times=1", judged=True),
    Cell("keyframe: hands", "image:~SIGN:bad-hands:times=1", judged=True),
    Cell("keyframe: wrong count, edits do not help", "image:~SIGN:wrong-count:times=2", judged=True),
    Cell("keyframe: wrong count, nothing helps", "image:~SIGN:wrong-count", judged=True),
    Cell("take: frozen", "video:1:frozen", review=AGAIN),
    Cell("take: black", "video:1:black", review=AGAIN),
    Cell("take: silent", "video:1:silent", review=AGAIN),
    Cell("take: mid-shot cut", "video:1:jump", review=AGAIN),
    Cell("take: wrong last frame", "video:1:wrong-end", (CLOSED,), review=AGAIN),
    Cell("take: wrong count", "video:1:wrong-count", judged=True, review=AGAIN),
    Cell("take: another person", "video:1:wrong-identity", judged=True, review=AGAIN),
    Cell("take: wrong action", "video:1:wrong-action", judged=True, review=AGAIN),
    Cell(
        "take: wrong count until its words are softened",
        "video:~storm:wrong-count",
        (STORM,),
        judged=True,
        review=AGAIN,
    ),
    Cell("chain: an extension drifts in colour", "extension:1:drift", (WALK,), drift="reanchor"),
    Cell(
        "chain: an extension shows somebody else", "extension:1:wrong-identity", (WALK,), judged=True, drift="reanchor"
    ),
    Cell(
        "chain: the last extension shows somebody else", "extension:2:wrong-identity", (WALK,), judged=True, drift="cut"
    ),
    Cell("clean: a sign and a character"),
    Cell("clean: a chain of three", shots=(WALK,), drift="reanchor"),
    Cell("clean: to a closing keyframe", shots=(CLOSED,)),
    Cell("clean: no people, no sign", shots=(Shot(id="s010", seconds=4, action="Waves break on the rocks at dawn"),)),
)


@dataclass(frozen=True)
class Result:
    """One cell as it went; dollars as the studio would have billed them."""

    name: str
    planted: bool
    judged: bool
    found: bool
    mended: bool
    held: bool
    by: tuple[str, ...]
    reviews_usd: float
    repairs_usd: float
    saved_usd: float
    billed_usd: float
    seconds: float


async def play(studio: Studio, folder: Path, cell: Cell) -> Result:
    """Make the film of a cell and see what became of its defect."""
    from flows.produce import produce  # noqa: PLC0415 - after the server is up

    studio.reset()
    if cell.fault:
        studio.plan.add(parse_fault(cell.fault.replace("~SIGN", "~HARBOUR")))
    vault = FolderVault(folder)
    os.environ["ONEREEL_VAULT"] = str(folder)
    given = Storyboard(title="Eye", shots=cell.shots)
    shots = keep(vault, given.model_dump_json().encode(), "json").key
    brief = Brief.model_validate(
        {
            "production": PRODUCTION,
            "idea": "The eye.",
            "seconds": given.seconds,
            "resolution": PROXY,
            "characters": [MARA],
            "review": cell.review,
            "drift": cell.drift,
            "budget_usd": 100,
        }
    )
    began = time.monotonic()
    await produce(brief=brief, shots=shots, return_state=True)  # type: ignore[arg-type]
    seconds = time.monotonic() - began
    manifest = latest_manifest(vault, PRODUCTION)
    calls = calls_of(vault, PRODUCTION)
    told = tuple(dict.fromkeys(_said(vault, manifest, calls)))
    eye = manifest.reviewed if manifest else _held(vault)
    return Result(
        name=cell.name,
        planted=not cell.name.startswith("clean"),
        judged=cell.judged,
        found=bool(told),
        mended=manifest is not None and all(_clean(papers.active, papers.takes) for papers in manifest.shots),
        held=manifest is None,
        by=told,
        reviews_usd=round(sum(_usd(call) for call in calls if call.intent.kind == "review"), 4),
        repairs_usd=eye.repairs_usd,
        saved_usd=round(eye.saved_usd, 4),
        billed_usd=studio.tally().total_usd,
        seconds=round(seconds, 2),
    )


async def play_all(studio: Studio, folder: Path, cells: list[Cell]) -> list[Result]:
    """Play cells one after the other, and print each."""
    results = []
    for number, cell in enumerate(cells):
        one = await play(studio, folder / f"{number:03d}", cell)
        results.append(one)
        good = "mended" if one.planted else "clean"
        end = "held" if one.held else good if one.mended else "IN THE CUT"
        usd = f"reviews ${one.reviews_usd:.3f}  mending ${one.repairs_usd:.3f}  saved ${one.saved_usd:.2f}"
        print(f"{one.name:52} {'found' if one.found else '-':6} {end:11} {usd}  {', '.join(one.by)}", flush=True)
    return results


def _clean(active: str, takes: tuple[Take, ...]) -> bool:
    """Return whether the take on screen passed."""
    return any(take.slate == active and good_enough(take.verdicts) for take in takes)


def _said(vault: FolderVault, manifest: Manifest | None, calls: list[Call]) -> Iterator[str]:
    """Yield who noticed something: a judge, the comparison of drawings, or the check on arrival."""
    for call in calls:
        if call.outcome is not None and call.outcome.end == "failed":
            yield "on arrival"
    frames = [one for papers in manifest.shots for one in papers.keyframes] if manifest else _kept(vault)
    for frame in frames:
        if any("nearly" in finding for finding in frame.findings):
            yield "likeness"
        for attempt in frame.attempts:
            yield from (verdict.judge for verdict in attempt.verdicts if not verdict.accepted)
        yield from (verdict.judge for verdict in frame.verdicts if not verdict.accepted)
    for papers in manifest.shots if manifest else ():
        for take in papers.takes:
            yield from (verdict.judge for verdict in take.verdicts if not verdict.accepted or _left_out(verdict))


def _left_out(verdict: Verdict) -> bool:
    """Return whether an extension was left out of a take because it drifted."""
    return verdict.judge == "drift" and "was not used" in verdict.reasons


def _kept(vault: FolderVault) -> list[Keyframe]:
    """Return the keyframes held, where no film was delivered."""
    keys = vault.keys(f"productions/{PRODUCTION}/held/")
    return [Keyframe.model_validate_json(vault.read(key)) for key in keys]


def _held(vault: FolderVault) -> Reviewed:
    """Return what reviewing came to where every shot is held: the take nobody bought is what it saved."""
    tries = [attempt for frame in _kept(vault) for attempt in frame.attempts]
    repairs = sum(attempt.usd for attempt in tries if attempt.how != "drawn")
    return Reviewed(repairs_usd=round(repairs, 6), saved_usd=4 * 0.40)


def _usd(call: Call) -> float:
    return call.outcome.usd if call.outcome is not None else call.intent.usd


def summary(results: list[Result]) -> dict[str, Any]:
    """Return the figures."""
    planted, clean = [one for one in results if one.planted], [one for one in results if not one.planted]
    measured = [one for one in planted if not one.judged]
    judged = [one for one in planted if one.judged]
    return {
        "planted": len(planted),
        "found": sum(one.found for one in planted),
        "found_by_measuring": f"{sum(one.found for one in measured)} of {len(measured)}",
        "found_by_the_studios_judge": f"{sum(one.found for one in judged)} of {len(judged)}",
        "mended": sum(one.mended for one in planted),
        "held_for_a_person": sum(one.held for one in planted),
        "clean_films": len(clean),
        "false_alarms": sum(one.found for one in clean),
        "reviews_usd": round(sum(one.reviews_usd for one in results), 4),
        "repairs_usd": round(sum(one.repairs_usd for one in results), 4),
        "saved_usd": round(sum(one.saved_usd for one in results), 4),
        "billed_usd": round(sum(one.billed_usd for one in results), 4),
    }


def main() -> None:
    """Play every cell, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", nargs="*", default=[], help="Only cells whose names contain one of these.")
    parser.add_argument("--json", type=Path, default=RESULTS)
    asked = parser.parse_args()
    cells = [cell for cell in CELLS if not asked.cells or any(part in cell.name for part in asked.cells)]
    quick = Latency(text=0, image=0, video=0, extension=0)
    with running(StudioOptions(latency=quick)) as studio, tempfile.TemporaryDirectory(prefix="onereel-eye-") as name:
        os.environ.update(
            {**paying(studio), "PREFECT_HOME": f"{name}/prefect", "PREFECT_LOGGING_LEVEL": "CRITICAL"},
            PREFECT_LOGGING_TO_API_ENABLED="false",
        )
        embedded()
        results = asyncio.run(play_all(studio, Path(name), cells))
    figures = summary(results)
    for figure, value in figures.items():
        print(f"{figure.replace('_', ' '):32} {value}")
    if not asked.cells:
        rows = [asdict(one) for one in results]
        asked.json.write_text(json.dumps({"figures": figures, "cells": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
