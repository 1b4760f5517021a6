"""Pages a person decides on at a gate, as Markdown for the Prefect UI: pictures, words, and prices to come.

Words of models are hostile there: `plain` lets none of them become HTML, a link or a table cell.
"""

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from onereel.adapters.markdown import page_of
from onereel.adapters.pictures import thumbnail
from onereel.approvals import Waiting, about_storyboard, at_most
from onereel.brief import Gate
from onereel.company import Company
from onereel.delivering import Missing, Results
from onereel.filming import takes_of
from onereel.footage import Media
from onereel.media import fetch
from onereel.models import FPS
from onereel.papers import Manifest
from onereel.plan import Plan
from onereel.slate import cut_prefix, gate_page_key, shot_of
from onereel.storyboard import Shot
from onereel.takes import Keyframe, Take, recipe_of
from onereel.writing import Board

THUMB = 320
"""Pixels a thumbnail is wide, at most: the page makes it fit."""
ACROSS = 2
MOST_THUMBS = 120
"""Pictures on one page: beyond that it would be too heavy for the server."""


@dataclass(frozen=True)
class Scene:
    """What stands at a gate.

    Attributes:
        gate: Which gate.
        plan: What is bought in all.
        board: The storyboard.
        keyframes: Those drawn.
        results: The takes.
        manifest: The delivery, at the cut.
    """

    gate: Gate
    plan: Plan
    board: Board
    keyframes: Sequence[Keyframe] = ()
    results: Results = field(default_factory=dict)
    manifest: Manifest | None = None

    @property
    def recipe(self) -> str:
        """Digest of what is to be decided on."""
        about: Any = {
            "keyframes": sorted(frame.fitted.sha256 for frame in self.keyframes),
            "takes": sorted(take.film.sha256 for take in self.results.values() if isinstance(take, Take)),
            "cut": self.manifest.recipe if self.manifest else "",
        }
        if self.gate == "storyboard":
            return about_storyboard(self.board.storyboard)
        return recipe_of(self.gate, about[self.gate])


@dataclass(frozen=True)
class Price:
    """What a shot's pictures and film cost at most."""

    drawing: float = 0.0
    filming: float = 0.0


def prices(plan: Plan) -> dict[str, Price]:
    """Return what every shot costs at most; what serves all shots stands under an empty name."""
    found: dict[str, Price] = {}
    for one in plan.purchases:
        shot = shot_of(one.what)
        so_far = found.get(shot, Price())
        drawn, filmed = (one.usd, 0.0) if one.kind == "image" else (0.0, one.usd)
        found[shot] = Price(so_far.drawing + drawn, so_far.filming + filmed)
    return found


def to_come(company: Company, scene: Scene) -> float:
    """Return what is bought at most once this gate is open: what the plan has and nobody filmed or drew. Blocks."""
    if scene.gate in ("takes", "cut"):
        return 0.0
    drawn = {frame.id.split("/")[0] for frame in scene.keyframes}
    each = prices(scene.plan)
    filmed = {
        take.shot for take in scene.plan.takes if any(one.words == take.words for one in takes_of(company, take.shot))
    }
    return sum(
        (0.0 if shot in drawn or shot in filmed or (not shot and scene.gate == "keyframes") else price.drawing)
        + (0.0 if shot in filmed else price.filming)
        for shot, price in each.items()
    )


def page(company: Company, scene: Scene, waiting: Waiting, problem: str) -> str:
    """Return what a person sees at a gate. Blocks while pictures are fetched."""
    title = plain(scene.board.storyboard.title or scene.plan.production)
    badge = " · REHEARSAL: nothing is paid" if company.rehearsal else ""
    parts = [f"## {title}: the {scene.gate}{badge}", "", _terms(scene, waiting), ""]
    if problem:
        parts += ["> **Your answer could not be carried out, and nothing was changed:**", ">"]
        parts += [f"> {plain(line)}  " for line in problem.splitlines()] + [""]
    return "\n".join([*parts, *BODY[scene.gate](company, scene)])


def keep_page(company: Company, gate: str, shown: str) -> None:
    """Keep the page of a gate for a browser, in the place of the one before. Blocks."""
    name = company.brief.production
    company.vault.write(gate_page_key(name), page_of(shown, f"{name}: the {gate}"), "text/html; charset=utf-8")


def storyboard_page(company: Company, plan: Plan, board: Board) -> str:
    """Return the storyboard of a run that does not wait for anybody to decide on it."""
    scene = Scene("storyboard", plan, board)
    badge = " · REHEARSAL" if company.rehearsal else ""
    facts = f"{plan.frames / FPS:g} s, {len(plan.takes)} shots · at most ${plan.usd:.2f} in all"
    title = plain(board.storyboard.title or plan.production)
    return "\n".join([f"## {title}: the storyboard{badge}", "", facts, "", *_storyboard(company, scene)])


def _terms(scene: Scene, waiting: Waiting) -> str:
    plan = scene.plan
    releases = f"approving it buys {at_most(waiting.next_usd)}"
    facts = f"{plan.frames / FPS:g} s, {len(plan.takes)} shots · {releases}"
    told = [f"**Waiting for approval** · {facts} · the film costs at most ${plan.usd:.2f} in all"]
    if waiting.until is not None:
        then = "it counts as approved" if waiting.then == "approve" else "the run stops, with everything kept"
        told.append(f"Answer by {waiting.until:%d %B %Y, %H:%M} UTC; after that {then}.")
    return "  \n".join(told)


def _storyboard(_company: Company, scene: Scene) -> Iterator[str]:
    each = prices(scene.plan)
    yield "| shot | s | what happens | camera, words | drawing | filming |"
    yield "|---|---|---|---|---|---|"
    for shot in scene.board.storyboard.shots:
        price = each.get(shot.id, Price())
        join = "" if shot.join == "cut" else f"*{shot.join}* "
        yield (
            f"| **{shot.id}** | {shot.seconds:g} | {join}{plain(shot.action)} | {_spoken(shot)} "
            f"| ${price.drawing:.2f} | ${price.filming:.2f} |"
        )
    shared = each.get("", Price())
    if shared.drawing:
        yield f"| all | | character sheets | | ${shared.drawing:.2f} | |"


def _spoken(shot: Shot) -> str:
    said = [plain(str(shot.camera))] if str(shot.camera) else []
    return " · ".join(said + [f"“{plain(str(line))}”" for line in shot.dialogue])


def _keyframes(company: Company, scene: Scene) -> Iterator[str]:
    each = prices(scene.plan)
    shots = {shot.id: shot for shot in scene.board.storyboard.shots}
    cells: list[str] = []
    for frame in scene.keyframes:
        id_, _, end = frame.id.partition("/")
        shot = shots[id_]
        words = (shot.opening if end == "opening" else shot.closing) or shot.action
        cells.append(
            cell(
                picture(company, frame.fitted) if len(cells) < MOST_THUMBS else "",
                [f"<strong>{frame.id}</strong>", f"filming ${each.get(id_, Price()).filming:.2f}"],
                words,
                *(f"noticed: {finding}" for finding in frame.findings),
            )
        )
    yield sheet(cells)
    missing = [still.id for still in scene.plan.stills if still.id not in {frame.id for frame in scene.keyframes}]
    if missing:
        yield f"\nNot drawn, and so not filmed: {', '.join(missing)}; the log says why."


def _takes(company: Company, scene: Scene) -> Iterator[str]:
    each = prices(scene.plan)
    cells = []
    for shot in scene.board.storyboard.shots:
        result = scene.results[shot.id]
        again = f"another take ${each.get(shot.id, Price()).filming:.2f}"
        if isinstance(result, Missing):
            cells.append(cell("", [f"<strong>{shot.id}</strong>", "no take", again], result.reason))
            continue
        shown = "".join(picture(company, one, THUMB // 2) for one in (result.first_frame, result.last_frame))
        facts = [f"<strong>{shot.id}</strong>", f"t{result.number:02d}", f"{shot.seconds:g} s", again]
        cells.append(cell(shown, facts, shot.action, *(f"noticed: {finding}" for finding in result.findings)))
    yield sheet(cells)
    if scene.plan.tier == "draft":
        yield "\nThe final films again what you approve here, from these keyframes; the other shots stay drafts."
    yield "\nEach take by its first and last picture. The films:\n"
    yield "```"
    for shot in scene.board.storyboard.shots:
        result = scene.results[shot.id]
        if isinstance(result, Take):
            yield f"{result.slate}  {company.vault.address(result.film.key)}"
    yield "```"


def _cut(company: Company, scene: Scene) -> Iterator[str]:
    yield from _takes(company, scene)
    if scene.manifest is not None:
        prefix = cut_prefix(scene.plan.production, scene.manifest.version)
        yield "\nThe film as it is cut now, and its papers:\n"
        yield f"```\n{company.vault.address(f'{prefix}master.mp4')}\n```"


BODY = {"storyboard": _storyboard, "keyframes": _keyframes, "takes": _takes, "cut": _cut}


def sheet(cells: Sequence[str]) -> str:
    """Return a contact sheet, two cells a row. It is HTML: in a Markdown table pictures shrink to nothing."""
    rows = ["".join(cells[start : start + ACROSS]) for start in range(0, len(cells), ACROSS)]
    return "<table><tbody>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</tbody></table>"


def cell(shown: str, facts: Sequence[str], words: str, *more: str) -> str:
    """Return one cell of a contact sheet: pictures, facts of ours, words of a model."""
    told = "<br>".join([shown, " · ".join(facts), plain(words), *map(plain, more)])
    return f'<td width="{100 // ACROSS}%">{told.removeprefix("<br>")}</td>'


def picture(company: Company, media: Media, width: int = THUMB) -> str:
    """Return a thumbnail that travels inside the page: the UI reaches no vault. Blocks."""
    return _inside(thumbnail(fetch(company.vault, media), width), width)


def opening(company: Company, take: Take, width: int = THUMB) -> str:
    """Return the first picture of a take the same way: the small one made when it was filmed, if it was. Blocks."""
    kept = next(iter(take.thumbs), None)
    return _inside(fetch(company.vault, kept), width) if kept else picture(company, take.first_frame, width)


def _inside(webp: bytes, width: int) -> str:
    return f'<img width="{width}" src="data:image/webp;base64,{base64.b64encode(webp).decode()}">'


def plain(text: str, longest: int = 300) -> str:
    """Return model-written text that cannot become HTML, a link or a table cell of its own."""
    shown = html.escape(" ".join(text.split())[:longest], quote=False)
    return "".join(f"&#{ord(sign)};" if sign in "|[]()*_`#!~\\" else sign for sign in shown)
