"""The estimate: every call a film will make and what it costs at most, without making any."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from onereel.brief import Brief
from onereel.coverage import first_lengths, pieces, reachable
from onereel.drafted import Drafted
from onereel.drafts import TakePlan
from onereel.errors import BadInput
from onereel.ladder import rungs_of_rejected
from onereel.models import ModelTable, Surface
from onereel.plan import Plan, Purchase, filming_resolution, plan
from onereel.policy import again
from onereel.prices import drawing_usd, film_usd, price, redrawing_usd, words_tokens
from onereel.prompts import ANCHOR_WORDS
from onereel.reviews import extension_review_usd, take_reviews_usd
from onereel.softening import softening_order
from onereel.standby import Standby, understudy
from onereel.storyboard import MAX_SHOTS, Shot, Storyboard
from onereel.writing import ANSWERS, REASON, TOLD, storyboard_order


def assumed(brief: Brief, table: ModelTable) -> Storyboard:
    """Return a storyboard to reckon with while none is written: the fewest clips, each on its own keyframe.

    Clips are extended only where a film of single clips would have too many shots.

    Raises:
        BadInput: The film is too long for this camera.
    """
    camera = table.camera(brief.models.video)
    resolution = filming_resolution(brief, camera)
    longest = reachable(camera.limits, resolution, extend=False)[-1].seconds
    lengths = (each.seconds for each in reachable(camera.limits, resolution) if each.seconds >= longest)
    length = next((seconds for seconds in lengths if seconds * MAX_SHOTS >= brief.seconds), None)
    if length is None:
        most = reachable(camera.limits, resolution)[-1].seconds * MAX_SHOTS
        raise BadInput(
            f"{camera.name} films {most} s in {MAX_SHOTS} shots at most; the brief asks for {brief.seconds:g}"
        )
    names = tuple(who.name for who in brief.characters[:2])
    shots: list[Shot] = []
    left = brief.seconds
    while left > 0:
        seconds = min(float(length), left)
        shots.append(Shot(id=f"s{len(shots) + 1:02d}0", seconds=max(1.0, seconds), action="assumed", characters=names))
        left = round(left - seconds, 6)
    return Storyboard(shots=tuple(shots))


def estimate(
    brief: Brief,
    storyboard: Storyboard,
    table: ModelTable,
    today: date,
    *,
    write: bool,
    drafted: Drafted | None = None,
) -> Plan:
    """Return the plan of a storyboard with the writing of it as its first purchase, if it is still to be written.

    Raises:
        BadInput: Something cannot be filmed as asked.
    """
    found = plan(brief, storyboard, table, today, drafted)
    saved = tuple(rescues(brief, storyboard, found, table, today))
    if not write:
        return found.model_copy(update={"if_it_fails": saved})
    order = storyboard_order(brief, table, Surface.GEMINI_API)
    writing = Purchase(
        what="storyboard",
        kind="text",
        model=brief.models.text,
        detail=f"up to {order.most_tokens} tokens",
        usd=price(order, table, today),
    )
    sent_back = _sent_back(brief, table, today)
    return found.model_copy(update={"purchases": (writing, *found.purchases), "if_it_fails": (sent_back, *saved)})


def _sent_back(brief: Brief, table: ModelTable, today: date) -> Purchase:
    """Return what a storyboard costs at most beyond its first answer, if all but the last break the rules."""
    order = storyboard_order(brief, table, Surface.GEMINI_API, ("x" * REASON,) * TOLD)
    return _rescue("storyboard, asked again", "text", brief.models.text, (ANSWERS - 1) * price(order, table, today))


def rescues(brief: Brief, storyboard: Storyboard, found: Plan, table: ModelTable, today: date) -> Iterator[Purchase]:
    """Yield what the brief's policy may buy at most, on top of a plan, if every shot of it fails at every rung.

    What a filter takes of film is free, so softer words cost their writing, and a film by them what was planned; a
    drawing that is refused is charged for its prompt, and counted whole. Tries that cost nothing are left out.
    """
    wrong = again(brief.policy)
    more = _clips(brief) - brief.take_candidates + (_takes(brief) - brief.take_candidates) * wrong
    for take in _filmed(found) if more else ():
        yield _rescue(f"takes {take.shot} for wrong ones", "video", found.camera, more * take.usd)
    yield from _drifting(brief, storyboard, found, table, today)
    if "soften" in brief.policy.ladder:
        yield from _softened(brief, storyboard, found, table, today)
    if "soften" in rungs_of_rejected(brief):
        yield from _reworded(brief, storyboard, found, table, today)
    other = understudy(brief, table)
    if other is not None and found.standby is not None:
        yield from _by_others(brief, other, found, found.standby, table)
        if brief.review.takes:
            yield from _longer(brief, storyboard, found, found.standby, table, today)


def _drifting(brief: Brief, storyboard: Storyboard, found: Plan, table: ModelTable, today: date) -> Iterator[Purchase]:
    """Yield what extensions that drift cost at most: in every take the first does, and clips take the place of all."""
    camera, review = table.camera(found.camera), brief.models.review
    lengths = first_lengths(camera.limits, found.resolution)
    image = redrawing_usd(table, brief.models.image, found.keyframe_size, words_tokens(ANCHOR_WORDS))
    shots, takes, wrong = {shot.id: shot for shot in storyboard.shots}, _takes(brief), again(brief.policy)
    for take in (one for one in _filmed(found) if one.coverage.extensions and brief.drift != "report"):
        faces = extension_review_usd(table, brief, today, shots[take.shot]) if brief.review.takes else 0.0
        if faces and wrong:  # whoever is in a take that turns out to be wrong was compared before that was known
            yield _rescue(f"review {take.shot} wrong", "review", review, wrong * len(take.coverage.extensions) * faces)
        if brief.drift == "cut":
            continue
        clips, every = pieces(sum(take.coverage.extensions), lengths), takes + wrong
        usd = sum(film_usd(camera, found.resolution, seconds, sound=brief.sound) for seconds in clips)
        yield _rescue(f"keyframe {take.shot} anchored", "image", brief.models.image, every * image)
        yield _rescue(f"take {take.shot} filmed on from it", "video", found.camera, every * (1 + wrong) * usd)
        if faces:
            yield _rescue(f"review {take.shot} anchored", "review", review, every * len(clips) * faces)


def _filmed(found: Plan) -> list[TakePlan]:
    """Return the takes a camera is asked for."""
    return [take for take in found.takes if not take.file and take.shot not in found.staying]


def _takes(brief: Brief) -> int:
    """Return how many takes of one shot are filmed at most by the first camera, besides those that come out wrong."""
    rejected = brief.review.take_attempts if brief.review.takes else 0
    return brief.take_candidates + rejected + ("soften" in rungs_of_rejected(brief))


def _clips(brief: Brief) -> int:
    """Return how many clips a camera is paid for one shot at most: every take may be broken, and every one wrong."""
    return (brief.take_candidates + again(brief.policy)) * (1 + again(brief.policy))


def _softened(brief: Brief, storyboard: Storyboard, found: Plan, table: ModelTable, today: date) -> Iterator[Purchase]:
    stills = Counter(still.shot for still in found.stills)
    for shot in storyboard.shots:
        order = softening_order(brief, Surface.GEMINI_API, shot, ("x" * REASONS,))
        usd = (1 + stills[shot.id]) * price(order, table, today)
        yield _rescue(f"softer words {shot.id}", "text", brief.models.text, usd)
    for still in found.stills:
        yield _rescue(f"keyframe {still.id} by softer words", "image", brief.models.image, still.usd)


def _reworded(brief: Brief, storyboard: Storyboard, found: Plan, table: ModelTable, today: date) -> Iterator[Purchase]:
    """Yield what rejected takes cost at most once more: other words, and a take by them."""
    shots = {shot.id: shot for shot in storyboard.shots}
    for take in _filmed(found):
        order = softening_order(brief, Surface.GEMINI_API, shots[take.shot], ("x" * REASONS,), rejected=True)
        yield _rescue(f"other words {take.shot}", "text", brief.models.text, price(order, table, today))
        yield _rescue(f"take {take.shot} by other words", "video", found.camera, take.usd)


def _by_others(brief: Brief, other: Brief, found: Plan, standby: Standby, table: ModelTable) -> Iterator[Purchase]:
    image, size = other.models.image, standby.keyframe_size
    if brief.policy.fallback.image:
        for still in found.stills:
            usd = brief.candidates * drawing_usd(table, image, size, words_tokens(still.words), len(still.guides))
            yield _rescue(f"fallback keyframe {still.id}", "image", image, usd)
        for sheet in found.sheets:
            usd = drawing_usd(table, image, size, words_tokens(sheet.words), 0)
            yield _rescue(f"fallback character sheet {sheet.character}", "image", image, usd)
    for take in standby.takes:
        usd = _clips(brief) * take.usd
        yield _rescue(f"fallback take {take.shot}", "video", other.models.video, usd)


def _longer(
    brief: Brief, storyboard: Storyboard, found: Plan, standby: Standby, table: ModelTable, today: date
) -> Iterator[Purchase]:
    """Yield what judging takes of the fallback camera costs at most beyond those planned: it may film longer ones."""
    shots, planned = {shot.id: shot for shot in storyboard.shots}, {take.shot: take for take in _filmed(found)}
    for take in (one for one in standby.takes if one.shot in planned):
        usd, before = (
            take_reviews_usd(table, brief, today, shots[take.shot], coverage)
            for coverage in (take.coverage, planned[take.shot].coverage)
        )
        if usd > before:
            more = (brief.take_candidates + again(brief.policy)) * (usd - before)
            yield _rescue(f"review {take.shot} of the fallback", "review", brief.models.review, more)


def _rescue(what: str, kind: Literal["text", "review", "image", "video"], model: str, usd: float) -> Purchase:
    return Purchase(what=what, kind=kind, model=model, detail="if it fails", usd=round(usd, 6))


def in_short(purchases: Sequence[Purchase]) -> list[tuple[str, float]]:
    """Return what purchases come to by kind and model: `for takes filmed otherwise, by veo-3.1-lite-generate-001`."""
    sums: dict[str, float] = {}
    for one in purchases:
        what = f"{KINDS[one.kind]}, by {one.model}"
        sums[what] = sums.get(what, 0.0) + one.usd
    return [(what, round(usd, 6)) for what, usd in sums.items()]


KINDS = {
    "text": "for words written anew",
    "review": "for who is seen in takes filmed otherwise",
    "image": "for keyframes drawn otherwise",
    "video": "for takes filmed otherwise",
}
REASONS = 1000
"""Characters of a vendor's reasons reckoned with."""
