"""Comparing models: the same prompts for each, as productions of their own, and what came of them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from onereel.adapters.briefs import load_brief, store_references
from onereel.adapters.comparison_sheet import FOLDER, comparison_csv, comparison_sheet
from onereel.adapters.complaints import complaints
from onereel.adapters.pictures import inspect_picture, thumbnail
from onereel.adapters.shotlists import read_shots
from onereel.brief import Brief, Models
from onereel.calls import Call, calls_of
from onereel.company import Company
from onereel.comparison import Comparison, Kind, Line, Sample
from onereel.crew import Vault
from onereel.delivering import Missing, Results
from onereel.errors import BadInput
from onereel.filming import takes_of
from onereel.footage import CONTENT_TYPES
from onereel.likeness import Fingerprint, distance
from onereel.media import fetch, write_noun
from onereel.models import ModelTable, Surface
from onereel.plan import Plan, plan
from onereel.storyboard import Storyboard
from onereel.takes import Keyframe, Take, recipe_of
from onereel.verdicts import good_enough

LONGEST_NAME = 60


@dataclass(frozen=True)
class Asked:
    """What is compared.

    Attributes:
        models: At least one; ids of the model table.
        shots: Which prompts of the set; empty: all.
        samples: Of each prompt, to see how alike they are; each is paid.
    """

    kind: Kind
    models: tuple[str, ...]
    shots: tuple[str, ...] = ()
    samples: int = 1
    resolution: str = "720p"
    budget_usd: float = 25.0
    camera: str = ""
    """Whose frame pictures are drawn for, where cameras are not what is compared; empty: the brief's own."""


@dataclass(frozen=True)
class Trial:
    """One model's turn."""

    model: str
    brief: Brief
    storyboard: Storyboard
    plan: Plan


def trials(asked: Asked, table: ModelTable, today: date) -> list[Trial]:
    """Return every model's turn, in the order given, with what it costs at most. Asks nobody.

    Raises:
        BadInput: A model or prompt is unknown or cannot do what is asked, or all together cost more than the budget.
    """
    folder = Path(str(FOLDER))
    brief, board = load_brief(folder / "brief.yaml"), read_shots(folder / "shots.yaml")
    if not asked.models:
        raise BadInput("name the models to compare: onereel compare image gemini-3-pro-image gemini-nano-banana-2.1")
    unknown = sorted(set(asked.shots) - {shot.id for shot in board.shots})
    if unknown:
        raise BadInput(f"the set has no {', '.join(unknown)}; it has {', '.join(shot.id for shot in board.shots)}")
    chosen = tuple(shot for shot in board.shots if not asked.shots or shot.id in asked.shots)
    board = board.model_copy(update={"shots": chosen})
    found = [_trial(asked, model, brief, board, table, today) for model in dict.fromkeys(asked.models)]
    most = sum(trial.plan.usd for trial in found)
    if most > asked.budget_usd:
        raise BadInput(f"comparing costs up to ${most:.2f}, the budget is ${asked.budget_usd:.2f}; raise --budget")
    # Each model's share is a wall of its own: one that needs second tries takes nothing from the next.
    return [
        Trial(
            trial.model,
            trial.brief.model_copy(update={"budget_usd": asked.budget_usd * trial.plan.usd / most}),
            trial.storyboard,
            trial.plan,
        )
        for trial in found
    ]


def camera_reached(table: ModelTable, surfaces: Sequence[Surface], resolution: str) -> str:
    """Return a camera that can be reached and films at a resolution: pictures are drawn for its frame.

    The default of a brief, if that can be; empty if none can.
    """
    default = Models().video
    found = [
        id_
        for id_, camera in table.video.items()
        if set(camera.surfaces) & set(surfaces) and resolution in camera.limits.usd_per_second
    ]
    return default if default in found else next(iter(found), "")


def _trial(asked: Asked, model: str, brief: Brief, board: Storyboard, table: ModelTable, today: date) -> Trial:
    length = sum(shot.seconds for shot in board.shots)
    which = recipe_of(asked.kind, brief, board, asked.resolution, asked.samples)[:6]
    name = f"compare-{asked.kind}-{which}-{model.replace('.', '-').replace('_', '-').lower()}"[:LONGEST_NAME].strip("-")
    said = {
        **brief.model_dump(),
        "production": name,
        "seconds": max(3.0, length),
        "resolution": asked.resolution,
        "models": {
            **brief.models.model_dump(),
            "video": asked.camera or brief.models.video,
            asked.kind: model,
        },
        ("candidates" if asked.kind == "image" else "take_candidates"): asked.samples,
        "budget_usd": asked.budget_usd,
    }
    try:
        made = Brief.model_validate(said)
    except ValidationError as error:
        raise BadInput("\n".join(map(str, complaints(error, Brief)))) from error
    planned = plan(made, board, table, today)
    if asked.kind == "image":
        # Nothing is filmed, and no film judged.
        kept = (one for one in planned.purchases if one.kind == "image" or one.detail == "keyframe")
        planned = planned.model_copy(update={"purchases": tuple(kept)})
    return Trial(model, made, board, planned)


def with_references(trial: Trial, vault: Vault) -> Brief:
    """Return a trial's brief with its reference pictures kept in the vault. Blocks."""
    return store_references(trial.brief, Path(str(FOLDER)), vault)


def drawn_line(company: Company, trial: Trial, keyframes: Sequence[Keyframe]) -> Line:
    """Return what an image model did. Blocks."""
    made = {keyframe.id.split("/")[0]: keyframe for keyframe in keyframes}
    return _line(
        company, trial, [_drawn(trial, company, made.get(shot.id), shot.id) for shot in trial.storyboard.shots]
    )


def filmed_line(company: Company, trial: Trial, results: Results) -> Line:
    """Return what a camera did. Blocks."""
    return _line(
        company, trial, [_filmed(trial, company, shot.id, results[shot.id]) for shot in trial.storyboard.shots]
    )


def keep_comparison(vault: Vault, comparison: Comparison) -> str:
    """Keep a comparison as JSON, CSV and a page, and return the page's address. Blocks."""
    which = recipe_of("comparison", [line.production for line in comparison.lines])[:8]
    prefix = f"comparisons/{comparison.kind}-{which}/"
    small = {
        sample.picture.sha256: thumbnail(fetch(vault, sample.picture), 480)
        for line in comparison.lines
        for sample in line.samples
        if sample.picture is not None
    }
    write_noun(vault, f"{prefix}comparison.json", comparison)
    vault.write(f"{prefix}table.csv", comparison_csv(comparison), CONTENT_TYPES["csv"])
    vault.write(f"{prefix}sheet.html", comparison_sheet(comparison, small), CONTENT_TYPES["html"])
    return vault.address(f"{prefix}sheet.html")


def _line(company: Company, trial: Trial, samples: Sequence[Sample]) -> Line:
    calls = calls_of(company.vault, trial.brief.production)
    kind = "image" if trial.brief.models.image == trial.model else "video"
    own = [call for call in calls if call.intent.order.kind == kind and call.intent.order.model == trial.model]
    took = [call.outcome.seconds for call in own if call.outcome and call.outcome.end == "settled"]
    return Line(
        model=trial.model,
        production=trial.brief.production,
        samples=tuple(samples),
        seconds=round(statistics.median(took), 2) if took else None,
        usd=_usd(own),
        judging_usd=_usd([call for call in calls if call.intent.order.kind not in ("image", "video", "extension")]),
    )


def _usd(calls: Sequence[Call]) -> float:
    return round(sum(call.outcome.usd if call.outcome else call.intent.usd for call in calls), 6)


def _drawn(trial: Trial, company: Company, keyframe: Keyframe | None, shot: str) -> Sample:
    asked = trial.brief.candidates
    if keyframe is None:
        return Sample(shot=shot, asked=asked, reason="no picture; see the ledger of this production")
    marks = [inspect_picture(fetch(company.vault, media)).fingerprint for media in keyframe.candidates]
    judged = [one.verdicts for one in keyframe.attempts if one.candidate] or [keyframe.verdicts]
    return Sample(
        shot=shot,
        picture=keyframe.fitted,
        verdicts=keyframe.verdicts,
        apart=_apart(marks),
        asked=asked,
        made=len(judged),  # of several that came out the same, one was judged
        good=sum(map(good_enough, judged)),
    )


def _filmed(trial: Trial, company: Company, shot: str, result: Take | Missing) -> Sample:
    asked = trial.brief.take_candidates
    if isinstance(result, Missing):
        return Sample(shot=shot, asked=asked, reason=result.reason[:400])
    alike = [take for take in takes_of(company, shot) if take.base == result.base]
    marks = [inspect_picture(fetch(company.vault, take.last_frame)).fingerprint for take in alike]
    return Sample(
        shot=shot,
        picture=result.first_frame,
        film=result.film,
        verdicts=result.verdicts,
        apart=_apart(marks),
        asked=asked,
        made=len(alike),
        good=sum(good_enough(take.verdicts) for take in alike),
    )


def _apart(marks: Sequence[Fingerprint]) -> float | None:
    """Return how far samples of one prompt are from the first, in bits; by colour alone where a picture is flat."""
    bits = [distance(marks[0], other).bits for other in marks[1:]]
    known = [one for one in bits if one is not None]
    return round(sum(known) / len(known), 2) if known else None
