"""The plan: what will be bought for a storyboard, whether it is legal, and what it costs. Pure; asks nobody."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Literal

from pydantic import Field

from onereel.brief import Brief, Character
from onereel.drafted import Drafted, asked_of, staying
from onereel.drafts import Draft, TakePlan
from onereel.errors import BadInput
from onereel.guides import Guide, guides, numbered
from onereel.ladder import rungs_of_rejected
from onereel.models import PROXY, CameraModel, ImageModel, ModelTable, frame_size
from onereel.noun import Noun
from onereel.pixels import MAX_ENLARGEMENT, drawing_size, enlargement
from onereel.prices import drawing_usd, film_usd, redrawing_usd, words_tokens
from onereel.prompts import ENLARGE_WORDS, End, edit_words, keyframe_words, sheet_words, variation_words
from onereel.reviews import extension_review_usd, keyframe_review_usd, repairs_usd, take_review_usd
from onereel.standby import Standby, standby, understudy
from onereel.storyboard import Storyboard

IMAGE_SIZES = ("512", "1K", "2K", "4K")
SOFT = 1.5
"""How far an approved drawing of a draft is enlarged for the final's frame; beyond, it is redrawn from itself, larger:
1K fills 1080p at 1.4, and 4k at 2.8."""
COVERS = {"180p": "1K", "360p": "1K", "720p": "1K", "1080p": "2K", "4k": "4K"}
"""Smallest keyframe size that is at least as large as the frame, by resolution."""


class SheetPlan(Noun):
    """A character sheet to be drawn, once per production."""

    character: str
    words: str
    usd: float


class StillPlan(Noun):
    """A keyframe to be drawn."""

    id: str = Field(description="s010/opening or s010/closing.")
    shot: str
    end: End
    words: str
    guides: tuple[Guide, ...]
    file: str = Field(default="", description="Key of the producer's own picture; then nothing is drawn.")
    retouch: str = Field(default="", description="What is changed in the drawing afterwards, by an edit of itself.")
    usd: float = Field(description="At most, all candidates and the edit together.")


class Purchase(Noun):
    """One line of the estimate."""

    what: str
    kind: Literal["text", "review", "image", "video", "extension"]
    model: str
    detail: str
    usd: float = Field(description="At most, in US dollars.")


class Plan(Noun):
    """What will be bought, in the order of the film."""

    production: str
    tier: Literal["draft", "final"] = "final"
    camera: str = Field(default="", description="Who films: the brief's video model, or a draft's cheaper one.")
    enlarged_size: str = Field(
        default="", description="At which size approved keyframes are redrawn from themselves; empty: they are not."
    )
    resolution: str
    size: tuple[int, int] = Field(description="Width and height of the frame in pixels.")
    keyframe_size: str
    sheets: tuple[SheetPlan, ...]
    stills: tuple[StillPlan, ...]
    takes: tuple[TakePlan, ...]
    staying: tuple[str, ...] = Field(default=(), description="Shots of a final that are not filmed but stay drafts.")
    purchases: tuple[Purchase, ...]
    if_it_fails: tuple[Purchase, ...] = Field(
        default=(), description="At most, on top: what is bought where answers break the rules and shots fail."
    )
    standby: Standby | None = Field(default=None, description="What the fallback models would make of it.")
    redrawing_usd: float = Field(description="At most, on top: keyframes that come out too alike are redrawn once.")
    repairing_usd: float = Field(
        default=0.0, description="At most, on top: rejected keyframes are mended and judged again, rejected takes too."
    )
    warnings: tuple[str, ...] = ()

    @property
    def usd(self) -> float:
        """The most it costs."""
        return round(sum(purchase.usd for purchase in self.purchases), 6)

    @property
    def if_it_fails_usd(self) -> float:
        """The most that failing may cost on top."""
        return round(sum(purchase.usd for purchase in self.if_it_fails), 6)

    @property
    def frames(self) -> int:
        """Length of the film in pictures."""
        return sum(take.frames for take in self.takes)


def filming_resolution(brief: Brief, camera: CameraModel) -> str:
    """Return what is filmed at: the brief's resolution, or a draft's, the cheapest this camera has.

    Raises:
        BadInput: The camera does not film at the brief's resolution.
    """
    prices = camera.limits.usd_per_second
    if brief.tier == "draft" and brief.resolution != PROXY:
        return min((name for name in prices if name != PROXY), key=lambda name: prices[name])
    if brief.resolution not in prices:
        raise BadInput(f"{camera.name} does not film at {brief.resolution}; it films at {', '.join(prices)}")
    return brief.resolution


def plan(brief: Brief, storyboard: Storyboard, table: ModelTable, today: date, drafted: Drafted | None = None) -> Plan:
    """Return what will be bought for a storyboard. A draft is filmed by the cheapest camera that can film it all.

    Args:
        brief: What the client asks for.
        storyboard: The shots.
        table: The models in force.
        today: For warnings.
        drafted: What a draft of it came to, if there was one: a final films what was approved, from its drawings.

    Raises:
        BadInput: Something cannot be drawn or filmed as asked; names every such shot, why, and the nearest that can.
    """
    if brief.tier == "draft":
        for cheaper in table.camera(brief.models.video).drafts:
            models = brief.models.model_copy(update={"video": cheaper})
            with suppress(BadInput):
                return _plan(brief.model_copy(update={"models": models}), storyboard, table, today)
    return _plan(brief, storyboard, table, today, drafted)


def _plan(brief: Brief, storyboard: Storyboard, table: ModelTable, today: date, drafted: Drafted | None = None) -> Plan:
    camera, illustrator = table.camera(brief.models.video), table.illustrator(brief.models.image)
    resolution = filming_resolution(brief, camera)
    size = _keyframe_size(brief, illustrator, resolution)
    drafts = [Draft(shot, storyboard, brief, camera, resolution) for shot in storyboard.shots]
    problems = [*_brief_problems(brief, camera, illustrator), *_crowded(brief, storyboard, illustrator)]
    problems += [problem for draft in drafts for problem in draft.problems()]
    problems += _not_final(brief, storyboard)
    large = ""
    small = drafted.keyframe_size if drafted is not None and drafted.image == illustrator.id else ""
    if small and brief.tier == "final" and small != size:
        soft = enlargement(drawing_size(brief.aspect_ratio, small), frame_size(resolution, brief.aspect_ratio))
        size, large = small, size if soft > SOFT else ""
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise BadInput(f"the plan cannot be filmed:\n{listed}", problems=tuple(problems))

    sheets = tuple(_sheets(storyboard, brief, table, size)) if brief.filming != "words" else ()
    stills = tuple(_stills(storyboard, brief, table, illustrator, size)) if brief.filming == "keyframes" else ()
    takes = tuple(draft.take() for draft in drafts)
    stay = staying(brief, storyboard, drafted)
    filmed = tuple(take for take in takes if take.shot not in stay)
    stills = tuple(_needed(stills, takes, filmed))
    new = tuple(still for still in stills if not small or drafted is None or not _drawn(still, drafted))
    judged = tuple(still for still in (stills if large else new) if not still.file)
    bought = tuple(take for take in filmed if not take.file)  # nobody judges what the producer brought
    reviews = tuple(_reviews(brief, storyboard, judged, bought, table, today, large))
    spare = _standby(brief, storyboard, table, resolution)
    return Plan(
        production=brief.production,
        tier=brief.tier,
        camera=camera.id,
        enlarged_size=large,
        resolution=resolution,
        size=frame_size(resolution, brief.aspect_ratio),
        keyframe_size=size,
        sheets=sheets,
        stills=stills,
        takes=takes,
        staying=stay,
        purchases=(
            *_purchases(brief, sheets, new, filmed, table, resolution, size),
            *(_enlarged(still, table, illustrator.id, large) for still in stills if large and not still.file),
            *reviews,
        ),
        redrawing_usd=round(sum(_variation_usd(still, table, illustrator.id, size) for still in new), 6),
        repairing_usd=_repairing_usd(brief, judged, bought, reviews, table, size),
        standby=spare,
        warnings=(
            *_warnings(brief, table, today),
            *_muted(brief, camera),
            *(warning for draft in drafts if draft.shot.id not in stay for warning in draft.warnings()),
            *(spare.warnings if spare else ()),
        ),
    )


def _needed(
    stills: tuple[StillPlan, ...], takes: tuple[TakePlan, ...], filmed: tuple[TakePlan, ...]
) -> list[StillPlan]:
    """Return the stills of the takes that are filmed; of what stays a draft nothing is drawn."""
    if filmed == takes:
        return list(stills)
    wanted = {id_.split("/")[0] for take in filmed for id_ in (take.opening, take.closing)}
    return [still for still in stills if still.shot in wanted]


def _drawn(still: StillPlan, drafted: Drafted) -> bool:
    """Return whether a draft has the drawing that is asked for."""
    return drafted.drawing(still.id, asked_of(still.id, still.words, still.retouch, still.guides)) is not None


def _not_final(brief: Brief, storyboard: Storyboard) -> Iterator[str]:
    """Yield what is wrong with the choice of shots for the final."""
    if brief.tier != "final" or not brief.final_shots:
        return
    known = [shot.id for shot in storyboard.shots]
    yield from (
        f"final_shots: there is no shot {id_}; there are {', '.join(known)}"
        for id_ in brief.final_shots
        if id_ not in known
    )
    for shot in storyboard.shots:
        before = storyboard.before(shot)
        if shot.join == "continue" and before and shot.id in brief.final_shots and before.id not in brief.final_shots:
            yield f"{shot.id}: continues {before.id}, which is not among final_shots; add it, or leave {shot.id} out"


def _enlarged(still: StillPlan, table: ModelTable, model: str, size: str) -> Purchase:
    usd = redrawing_usd(table, model, size, words_tokens(ENLARGE_WORDS))
    return Purchase(what=f"keyframe {still.id} enlarged", kind="image", model=model, detail=size, usd=usd)


def _standby(brief: Brief, storyboard: Storyboard, table: ModelTable, resolution: str) -> Standby | None:
    other = understudy(brief, table)
    if other is None:
        return None
    size = _keyframe_size(other, table.illustrator(other.models.image), resolution)
    return standby(other, storyboard, table, resolution, size)


def _keyframe_size(brief: Brief, illustrator: ImageModel, resolution: str) -> str:
    if brief.tier == "draft":
        frame = frame_size(resolution, brief.aspect_ratio)
        sizes = sorted(illustrator.sizes, key=IMAGE_SIZES.index)
        return next((s for s in sizes if enlargement(drawing_size(brief.aspect_ratio, s), frame) <= 1), sizes[-1])
    wanted = COVERS[resolution] if brief.keyframe_size == "auto" else brief.keyframe_size
    if wanted in illustrator.sizes:
        return _large_enough(wanted, brief, resolution)
    if brief.keyframe_size == "auto":
        return _large_enough(max(illustrator.sizes, key=IMAGE_SIZES.index), brief, resolution)
    raise BadInput(f"{illustrator.name} does not draw at {wanted}; it draws at {', '.join(illustrator.sizes)}")


def _large_enough(size: str, brief: Brief, resolution: str) -> str:
    drawing, frame = drawing_size(brief.aspect_ratio, size), frame_size(resolution, brief.aspect_ratio)
    times = enlargement(drawing, frame)
    if times > MAX_ENLARGEMENT:
        raise BadInput(
            f"keyframes of size {size} would be enlarged {times:.1f} times for {resolution}, at most "
            f"{MAX_ENLARGEMENT:g} is allowed; use a larger keyframe_size or another image model"
        )
    return size


def _brief_problems(brief: Brief, camera: CameraModel, illustrator: ImageModel) -> Iterator[str]:
    name, thinking = illustrator.name, brief.models.image_thinking
    if brief.aspect_ratio not in camera.limits.ratios:
        yield f"{camera.name} does not film {brief.aspect_ratio}; it films {', '.join(camera.limits.ratios)}"
    if brief.aspect_ratio not in illustrator.ratios:
        yield f"{name} does not draw {brief.aspect_ratio}"
    if not camera.heeds(brief.people):
        settings = ", ".join(camera.limits.people)
        yield (
            f"{camera.name} has {f'for people only the settings {settings}' if settings else 'no setting for people'}, "
            f"so nothing would hold it to people: {brief.people}; use people: auto, or another camera"
        )
    if thinking and thinking not in illustrator.thinking:
        levels = ", ".join(illustrator.thinking) or "none: it cannot be adjusted"
        yield f"{name} has no thinking level {thinking!r}; it has {levels}"
    if brief.grounding and not illustrator.grounding:
        yield f"{name} cannot look things up; set grounding: false, or use another image model"


def _crowded(brief: Brief, storyboard: Storyboard, illustrator: ImageModel) -> Iterator[str]:
    if brief.filming != "keyframes":
        return
    for shot in storyboard.shots:
        count = len(list(guides(shot, brief)))
        if count > illustrator.references:
            most = illustrator.references
            yield f"{shot.id}: its keyframes follow {count} references; {illustrator.name} takes {most}"


def _needed_sheets(storyboard: Storyboard, brief: Brief) -> list[Character]:
    seen = {name.casefold() for shot in storyboard.shots if not shot.clip_file for name in shot.characters}
    return [who for who in brief.characters if who.name.casefold() in seen and not who.references]


def _sheets(storyboard: Storyboard, brief: Brief, table: ModelTable, size: str) -> Iterator[SheetPlan]:
    for who in _needed_sheets(storyboard, brief):
        words = sheet_words(who, brief.look)
        usd = drawing_usd(table, brief.models.image, size, words_tokens(words), 0)
        yield SheetPlan(character=who.name, words=words, usd=usd)


def _stills(
    storyboard: Storyboard, brief: Brief, table: ModelTable, illustrator: ImageModel, size: str
) -> Iterator[StillPlan]:
    for shot in storyboard.shots:
        if shot.clip_file:
            continue
        ends: list[End] = ["opening"] if shot.join == "cut" else []
        if shot.closing:
            ends.append("closing")
        for end in ends:
            own = shot.opening_file if end == "opening" else shot.closing_file
            if own:
                told = keyframe_words(shot, brief, end, ())
                yield StillPlan(id=f"{shot.id}/{end}", shot=shot.id, end=end, words=told, guides=(), file=own, usd=0)
                continue
            shown = tuple(guides(shot, brief))
            words = keyframe_words(shot, brief, end, numbered([guide.label for guide in shown]))
            usd = drawing_usd(table, illustrator.id, size, words_tokens(words), len(shown))
            edit = redrawing_usd(table, illustrator.id, size, words_tokens(edit_words(shot.retouch)))
            yield StillPlan(
                id=f"{shot.id}/{end}",
                shot=shot.id,
                end=end,
                words=words,
                guides=shown,
                retouch=shot.retouch,
                usd=round(usd * brief.candidates + (edit if shot.retouch else 0), 6),
            )


def _variation_usd(still: StillPlan, table: ModelTable, model: str, size: str) -> float:
    """Return what it costs at most to draw a still apart from others; a closing one also from its opening."""
    if still.file:
        return 0.0
    once = redrawing_usd(table, model, size, words_tokens(variation_words(still.id)))
    return once if still.end == "opening" else 2 * once


def _purchases(
    brief: Brief,
    sheets: tuple[SheetPlan, ...],
    stills: tuple[StillPlan, ...],
    takes: tuple[TakePlan, ...],
    table: ModelTable,
    resolution: str,
    size: str,
) -> Iterator[Purchase]:
    camera = table.camera(brief.models.video)
    image, video = brief.models.image, brief.models.video
    for sheet in sheets:
        what = f"character sheet {sheet.character}"
        yield Purchase(what=what, kind="image", model=image, detail=f"{size} 16:9", usd=sheet.usd)
    for still in stills:
        if still.file:
            continue
        edit = redrawing_usd(table, image, size, words_tokens(edit_words(still.retouch))) if still.retouch else 0.0
        each = round((still.usd - edit) / brief.candidates, 6)
        detail = f"{size} {brief.aspect_ratio}, {len(still.guides)} references"
        for candidate in range(1, brief.candidates + 1):
            what = f"keyframe {still.id}" + (f" candidate {candidate}" if brief.candidates > 1 else "")
            yield Purchase(what=what, kind="image", model=image, detail=detail, usd=each)
        if still.retouch:
            yield Purchase(what=f"keyframe {still.id} retouched", kind="image", model=image, detail=size, usd=edit)
    for take in takes:
        if take.file:
            continue
        lengths = [take.coverage.first, *take.coverage.extensions]
        for hop, seconds in enumerate(lengths):
            kind: Literal["video", "extension"] = "extension" if hop else "video"
            usd = film_usd(camera, resolution, seconds, sound=brief.sound)
            detail = (
                f"{'+' if hop else ''}{seconds} s {resolution} {brief.aspect_ratio}{_opens(take) if not hop else ''}"
            )
            what = f"{'extension ' + str(hop) if hop else 'clip'} {take.shot}"
            for candidate in range(1, brief.take_candidates + 1):
                name = what + (f" candidate {candidate}" if brief.take_candidates > 1 else "")
                yield Purchase(what=name, kind=kind, model=video, detail=detail, usd=usd)


def _reviews(
    brief: Brief,
    storyboard: Storyboard,
    stills: tuple[StillPlan, ...],
    takes: tuple[TakePlan, ...],
    table: ModelTable,
    day: date,
    large: str,
) -> Iterator[Purchase]:
    shots = {shot.id: shot for shot in storyboard.shots}
    model = brief.models.review
    for still in stills if brief.review.keyframes else ():
        usd = keyframe_review_usd(table, brief, day, shots[still.shot], still.end)
        several = brief.candidates > 1
        for number in range(1, brief.candidates + 1) if several else ():
            what = f"review {still.id} candidate {number}"
            yield Purchase(what=what, kind="review", model=model, detail="keyframe", usd=usd)
        if not several or still.retouch or large:  # the one chosen was judged as a candidate
            yield Purchase(what=f"review {still.id}", kind="review", model=model, detail="keyframe", usd=usd)
    for take in takes if brief.review.takes else ():
        seconds, hops = take.coverage.seconds, range(1, len(take.coverage.extensions) + 1)
        usd = take_review_usd(table, brief, day, shots[take.shot], seconds)
        faces = extension_review_usd(table, brief, day, shots[take.shot])
        for number in range(1, brief.take_candidates + 1):
            which = f" candidate {number}" if brief.take_candidates > 1 else ""
            for hop in hops if faces else ():
                what = f"review {take.shot} extension {hop}{which}"
                yield Purchase(what=what, kind="review", model=model, detail="who is seen at its end", usd=faces)
            what = f"review {take.shot}{which}"
            yield Purchase(what=what, kind="review", model=model, detail=f"{seconds} s of film", usd=usd)


def _repairing_usd(
    brief: Brief,
    stills: tuple[StillPlan, ...],
    takes: tuple[TakePlan, ...],
    reviews: tuple[Purchase, ...],
    table: ModelTable,
    size: str,
) -> float:
    """Return what it costs at most to mend everything as often as the brief allows, and to judge it each time."""
    policy = brief.review
    usd = 0.0
    if policy.keyframes:
        usd += sum(repairs_usd(table, brief, size, still.words, len(still.guides)) for still in stills)
        each = {review.what.split()[1]: review.usd for review in reviews if "/" in review.what}
        usd += policy.attempts * sum(each.values())
    if policy.takes:
        usd += policy.take_attempts * sum(take.usd for take in takes)
        judging = sum(review.usd for review in reviews if "/" not in review.what) / brief.take_candidates
        usd += (policy.take_attempts + len(rungs_of_rejected(brief))) * judging  # their takes are in what failing costs
    return round(usd, 6)


def _opens(take: TakePlan) -> str:
    if take.continues:
        return f", continues {take.continues}"
    if take.closing:
        return f", {take.opening} to {take.closing}"
    if take.opening:
        return f", from {take.opening}"
    return f", {len(take.guides)} references" if take.guides else ", from words"


def _muted(brief: Brief, camera: CameraModel) -> Iterator[str]:
    if not brief.sound and not camera.limits.silent:
        yield f"sound: false: {camera.name} films with sound all the same, at the full price; the film is muted"


def _warnings(brief: Brief, table: ModelTable, today: date) -> Iterator[str]:
    asked = (
        table.writer(brief.models.text),
        table.writer(brief.models.review),
        table.illustrator(brief.models.image),
        table.illustrator(brief.review.escalate),
        table.camera(brief.models.video),
    )
    for model in {model.id: model for model in asked}.values():
        if model.until is not None and model.until <= today:
            yield (
                f"{model.id} may be retired since {model.until}: the vendor promised it no longer than that; "
                "ask for one cheap clip first, or choose another model"
            )
