"""The review stage: a vision model judges keyframes and takes; what is rejected is mended within the brief's bounds.

Verdicts are kept with what they judge. A person's verdict is kept by the digest of the picture or film it is about, is
stronger than any other, and costs nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from onereel.adapters.ocr import read_words, reader
from onereel.asking import UNHEARD, heard
from onereel.company import Company
from onereel.crew import Vault
from onereel.drawing import candidates_of, close_up, draw_anew, draw_order, kept, redraw, settled, told_if_unchanged
from onereel.errors import (
    BadInput,
    BudgetReached,
    NotInVault,
    OutcomeUnknown,
    Refused,
    Unfit,
)
from onereel.filming import Setup, read_looks, takes_of_shot
from onereel.footage import Media
from onereel.media import fetch, read_noun, write_noun
from onereel.opinions import opinion_schema, read_opinion, second_reading, verdicts_of
from onereel.orders import Labelled, ReviewOrder
from onereel.plan import Plan, StillPlan
from onereel.questions import (
    BEFORE,
    CLOSES_ON,
    OPENS_ON,
    TO_JUDGE,
    keyframe_lettering,
    keyframe_question,
    people_of,
    take_lettering,
    take_question,
)
from onereel.repairs import anew_words, mend_words, next_step, part_to_mend
from onereel.reviews import LOOKS, TOKENS
from onereel.slate import held_key, verdict_key
from onereel.storyboard import Shot
from onereel.takes import Attempt, Hop, Keyframe, Take, merit, recipe_of
from onereel.verdicts import Verdict, complaints, good_enough

log = logging.getLogger(__name__)

REDRAWN_SEED = 1000
"""Added to the seed each time a keyframe is drawn anew, far from the seeds of candidates."""


@dataclass(frozen=True)
class View:
    """What a keyframe is judged beside.

    Attributes:
        shot: Whose keyframe it is.
        drawn_from: The pictures its words refer to, as they were handed to the image model.
        likenesses: The characters' references or sheets.
        before: A picture of the shot before; None for the first.
    """

    shot: Shot
    drawn_from: tuple[Labelled, ...] = ()
    likenesses: tuple[Labelled, ...] = ()
    before: Media | None = None


@dataclass(frozen=True)
class _Asked:
    """One review: the order, what it is for, and what has to be in the picture."""

    order: ReviewOrder
    label: str
    shot: Shot
    lettering: tuple[str, ...]


def keyframe_review_order(company: Company, still: StillPlan, picture: Media, view: View) -> ReviewOrder:
    """Return what is asked about a keyframe."""
    before = (Labelled(media=view.before, label=BEFORE),) if view.before is not None else ()
    return ReviewOrder(
        surface=company.review_surface,
        model=company.brief.models.review,
        words=keyframe_question(view.shot, company.brief, still.end),
        answer=opinion_schema(),
        pictures=(Labelled(media=picture, label=TO_JUDGE), *view.likenesses, *before),
        thinking=company.brief.models.text_thinking,
        most_tokens=TOKENS,
    )


def take_review_order(
    company: Company, setup: Setup, film: Media, seconds: float, likenesses: tuple[Labelled, ...]
) -> ReviewOrder:
    """Return what is asked about a take."""
    beside = [(setup.frames.opening, OPENS_ON), (setup.frames.closing, CLOSES_ON)]
    framed = (Labelled(media=media, label=label) for media, label in beside if media is not None)
    return ReviewOrder(
        surface=company.review_surface,
        model=company.brief.models.review,
        words=take_question(setup.shot, company.brief, seconds),
        answer=opinion_schema(),
        pictures=(*framed, *likenesses),
        film=film,
        film_seconds=round(seconds, 3),
        film_fps=LOOKS,
        thinking=company.brief.models.text_thinking,
        most_tokens=TOKENS,
    )


async def best_candidate(company: Company, plan: Plan, still: StillPlan, drawn: Keyframe, view: View) -> Keyframe:
    """Return the candidate of a keyframe its judges like best, with their verdicts on all of them.

    Near-duplicates are judged once; where no two candidates differ nobody is asked.

    Raises:
        BudgetReached, StudioBusy: As they happen; what was bought is found again.
    """
    known = await compared_before(company, still, drawn, view)
    if known is not None:
        return known
    found = await candidates_of(company, plan, drawn)
    if len(found) == 1:
        return drawn
    numbers, each = list(found), list(found.values())
    heard = await asyncio.gather(*(_judge(company, still, one, view, number) for number, one in found.items()))
    usd = drawn.usd / max(1, len(drawn.candidates))
    tries = tuple(
        _attempt(one, "drawn", "", usd, verdicts).model_copy(update={"candidate": number})
        for number, one, verdicts in zip(numbers, each, heard, strict=True)
    )
    best = max(range(len(tries)), key=lambda at: (merit(tries[at].verdicts), -at))
    recipe = _compare_recipe(company, still, drawn, view)
    told = f"candidate {numbers[best]} of {len(drawn.candidates)}, chosen by the review"
    chosen = each[best].model_copy(
        update={"recipe": recipe, "attempts": tries, "findings": (*each[best].findings, told)}
    )
    return await kept(company, chosen) if all(_heard(verdicts) for verdicts in heard) else chosen


async def compared_before(company: Company, still: StillPlan, drawn: Keyframe, view: View) -> Keyframe | None:
    """Return what `best_candidate` would, without asking anybody anything; None if somebody has to be asked."""
    return await settled(company, _compare_recipe(company, still, drawn, view))


def _compare_recipe(company: Company, still: StillPlan, drawn: Keyframe, view: View) -> str:
    question = keyframe_question(view.shot, company.brief, still.end)
    review, likes = company.brief.models.review, [one.media.sha256 for one in view.likenesses]
    return recipe_of("compared", drawn.recipe, [one.sha256 for one in drawn.candidates], question, likes, review)


def _heard(verdicts: Sequence[Verdict]) -> bool:
    """Return whether whoever was asked could be heard."""
    return all(verdict.model or verdict.judge != "model" for verdict in verdicts)


async def pass_keyframe(company: Company, plan: Plan, still: StillPlan, drawn: Keyframe, view: View) -> Keyframe:
    """Return a keyframe that is good enough to be filmed: as drawn, mended, or by a person's word.

    Raises:
        Unfit: It is not, could not be mended, and the brief holds such a keyframe; the attempts are kept.
        BudgetReached, StudioBusy: As they happen; what was bought is found again.
    """
    known = await _judged_before(company, plan, still, drawn, view)
    return await _let_through(company, plan, still, known or await _judged(company, plan, still, drawn, view))


async def passed_before(company: Company, plan: Plan, still: StillPlan, drawn: Keyframe, view: View) -> Keyframe | None:
    """Return what `pass_keyframe` would, without asking anybody anything; None if somebody has to be asked.

    Raises:
        Unfit: As `pass_keyframe`.
    """
    known = await _judged_before(company, plan, still, drawn, view)
    return await _let_through(company, plan, still, known) if known is not None else None


async def _let_through(company: Company, plan: Plan, still: StillPlan, keyframe: Keyframe) -> Keyframe:
    """Return a judged keyframe with a person's word on it, if it may be filmed."""
    said = await asyncio.to_thread(word_on, company.vault, plan.production, keyframe.fitted)
    if said is not None:
        keyframe = keyframe.model_copy(update={"verdicts": (*keyframe.verdicts, said)})
    company.stills[keyframe.id] = keyframe
    if company.brief.review.rejected == "hold" and not good_enough(keyframe.verdicts):
        await asyncio.to_thread(write_noun, company.vault, held_key(plan.production, keyframe.id), keyframe)
        raise Unfit(
            f"{keyframe.id} was rejected: {complaints(keyframe.verdicts)} Nothing is filmed on it. To use it all the "
            f"same: onereel overrule {plan.production} {keyframe.id}. To change it: onereel reshoot "
            f"{plan.production} {still.shot} --retouch TEXT"
        )
    return keyframe


async def judge_take(
    company: Company, slate: str, setup: Setup, film: Hop, likenesses: tuple[Labelled, ...]
) -> tuple[Verdict, ...]:
    """Return what is to be said of a take before it enters the cut.

    Args:
        company: Who works.
        slate: What the take is called.
        setup: What was asked for.
        film: The last hop: the whole take.
        likenesses: The characters' references or sheets.

    Raises:
        BudgetReached, StudioBusy: As they happen.
    """
    looks = await read_looks(company, film.looks)
    order = take_review_order(company, setup, looks.preview or film.film, looks.footage.seconds, likenesses)
    return await _ask(company, _Asked(order, f"review {slate}", setup.shot, take_lettering(setup.shot)))


async def stands(company: Company, take: Take) -> bool:
    """Return whether a take may enter the cut: its judges accept it, or a person does."""
    said = await asyncio.to_thread(word_on, company.vault, company.brief.production, take.film)
    return good_enough((*take.verdicts, *([said] if said is not None else [])))


def word_on(vault: Vault, production: str, media: Media) -> Verdict | None:
    """Return a person's verdict on a picture or film, if there is one. Blocks."""
    with contextlib.suppress(NotInVault):
        return read_noun(vault, verdict_key(production, media.sha256), Verdict)
    return None


def overrule(vault: Vault, production: str, what: str, note: str = "") -> str:
    """Accept, by a person's word, a held keyframe (s010/opening) or a take (s010: the newest, s010/t02). Blocks.

    Returns:
        What was overruled, by its full name.

    Raises:
        BadInput: There is no such keyframe waiting, or no such take.
    """
    shot, _, part = what.partition("/")
    if part in ("opening", "closing"):
        try:
            held = read_noun(vault, held_key(production, what), Keyframe)
        except NotInVault as nothing:
            raise BadInput(f"{production} holds no rejected keyframe {what}") from nothing
        accept(vault, production, held.fitted, note)
        vault.remove(held_key(production, what))
        return f"{production}/{what}"
    takes = [take for take in takes_of_shot(vault, production, shot) if part in ("", f"t{take.number:02d}")]
    if not takes:
        raise BadInput(f"{production} has no take {what}; name a shot (s010), a take (s010/t02) or a held keyframe")
    accept(vault, production, takes[-1].film, note)
    return takes[-1].slate


def accept(vault: Vault, production: str, media: Media, note: str) -> None:
    """Keep a person's yes to a picture or film; a later one replaces it. Blocks."""
    told = note.strip()[:2000] or "accepted by a person"
    verdict = Verdict(judge="person", accepted=True, reasons=told, at=datetime.now(UTC))
    write_noun(vault, verdict_key(production, media.sha256), verdict)


async def _judged_before(
    company: Company, plan: Plan, still: StillPlan, drawn: Keyframe, view: View
) -> Keyframe | None:
    """Return the keyframe an earlier review, or a person, came to; None if there was none."""
    known = await settled(company, _review_recipe(company, still, drawn, view))
    if known is not None:
        return known
    said = await asyncio.to_thread(word_on, company.vault, plan.production, drawn.fitted)
    chosen = any(verdict.judge == "person" for verdict in drawn.verdicts)
    return drawn if chosen or (said is not None and said.accepted) else None


async def _judged(company: Company, plan: Plan, still: StillPlan, drawn: Keyframe, view: View) -> Keyframe:
    """Return the keyframe reviewing comes to now."""
    mended, final = await _mended(company, plan, still, drawn, view)
    recipe = _review_recipe(company, still, drawn, view)
    known = mended.model_copy(update={"recipe": recipe})
    return await kept(company, known) if final else known


def _review_recipe(company: Company, still: StillPlan, drawn: Keyframe, view: View) -> str:
    """Return the digest of what a review of a keyframe depends on."""
    review, models = company.brief.review, company.brief.models
    question = keyframe_question(view.shot, company.brief, still.end)
    # The shot before is shown, but not part of this: a change there must not reopen what was settled here.
    return recipe_of(
        "reviewed", drawn.recipe, drawn.fitted, question, [one.media.sha256 for one in view.likenesses], models.review,
        review.accept, review.attempts, review.escalate,
    )  # fmt: skip


async def _mended(company: Company, plan: Plan, still: StillPlan, drawn: Keyframe, view: View) -> tuple[Keyframe, bool]:
    """Return the best of the attempts, and whether that is final: a later run may have money for more."""
    before = next((one for one in drawn.attempts if one.picture == drawn.fitted), None)
    tries = [before or _attempt(drawn, "drawn", "", drawn.usd, await _judge(company, still, drawn, view))]
    made = [drawn]
    final = _heard(tries[0].verdicts)
    while not good_enough(tries[-1].verdicts) and len(tries) <= company.brief.review.attempts:
        last = made[-1]
        how = next_step(tries, last.edits)
        log.info("%s rejected (%s): %s", drawn.id, complaints(tries[-1].verdicts), how)
        try:
            mended = await _again(company, plan, still, made, tries, how, view)
            verdicts = await _judge(company, still, mended, view)
        except (BudgetReached, OutcomeUnknown, Refused) as stopped:
            log.warning("%s is not mended any further: %s", drawn.id, stopped)
            final = isinstance(stopped, Refused)
            break
        mended = told_if_unchanged(company, last, mended)
        made.append(mended)
        tries.append(_attempt(mended, how, mended.words, mended.usd - last.usd, verdicts))
    best = max(range(len(tries)), key=lambda number: (merit(tries[number].verdicts), -number))
    chosen = made[best]
    return (
        chosen.model_copy(
            update={
                "verdicts": tries[best].verdicts,
                "attempts": (*drawn.attempts, *tries[1 if before else 0 :]),
                "usd": round(made[-1].usd, 6),
            }
        ),
        final,
    )


async def _again(
    company: Company,
    plan: Plan,
    still: StillPlan,
    made: Sequence[Keyframe],
    tries: Sequence[Attempt],
    how: Literal["edited", "redrawn", "escalated"],
    view: View,
) -> Keyframe:
    last, verdicts = made[-1], tries[-1].verdicts
    if how == "edited":
        beside = await close_up(company, last, part_to_mend(verdicts))
        words = mend_words(verdicts, close_up=bool(beside))
        model = "" if last.model == company.brief.models.image else last.model
        recipe = recipe_of("mended", last, words)
        return await redraw(company, plan, last, words, recipe, model=model, beside=beside)
    stronger = company.table.illustrator(company.brief.review.escalate)
    reached = company.image_surface in stronger.surfaces
    escalated = (how == "escalated" or last.model == stronger.id) and reached
    order = draw_order(
        company,
        plan,
        anew_words(made[0], still.retouch, verdicts),
        view.drawn_from,
        seed=company.brief.seed + REDRAWN_SEED * len(tries),
        model=stronger.id if escalated else "",
    )
    return await draw_anew(company, plan, last, order)


def _attempt(
    keyframe: Keyframe,
    how: Literal["drawn", "edited", "redrawn", "escalated"],
    words: str,
    usd: float,
    verdicts: tuple[Verdict, ...],
) -> Attempt:
    return Attempt(
        how=how,
        picture=keyframe.fitted,
        model=keyframe.model,
        words=words,
        verdicts=verdicts,
        usd=round(max(0, usd), 6),
    )


async def _judge(
    company: Company, still: StillPlan, keyframe: Keyframe, view: View, candidate: int = 0
) -> tuple[Verdict, ...]:
    said = await asyncio.to_thread(word_on, company.vault, company.brief.production, keyframe.fitted)
    if said is not None:
        return (said,)
    checked = tuple(verdict for verdict in keyframe.verdicts if verdict.judge == "check")
    if not good_enough(checked):  # measured, for nothing: no model need be asked
        return checked
    order = keyframe_review_order(company, still, keyframe.fitted, view)
    lettering = keyframe_lettering(view.shot, still.end)
    label = f"review {keyframe.id}" + (f" candidate {candidate}" if candidate else "")
    heard = (*checked, *await _ask(company, _Asked(order, label, view.shot, lettering)))
    return (*heard, *await asyncio.to_thread(_read_back, company, keyframe, lettering)) if lettering else heard


def _read_back(company: Company, keyframe: Keyframe, lettering: tuple[str, ...]) -> tuple[Verdict, ...]:
    """Return what this machine reads in a drawing at its full size; empty where nothing here can read. Blocks."""
    language = company.brief.language
    who = reader(language)
    if not who:
        return ()
    words = read_words(fetch(company.vault, keyframe.drawn), language)
    return (second_reading(lettering, words, who),)


async def _ask(company: Company, asked: _Asked) -> tuple[Verdict, ...]:
    """Return the verdicts on what is shown; one that says so where the judge could not be heard."""
    try:
        opinion, usd = await heard(company, asked.order, asked.label, read_opinion)
    except UNHEARD as unheard:
        log.warning("%s: nobody judged it: %s", asked.label, unheard)
        return (Verdict(judge="model", accepted=True, reasons=f"Nobody judged it: {unheard}"[:2000]),)
    return verdicts_of(
        opinion,
        accept=company.brief.review.accept,
        characters=[who.name for who in people_of(asked.shot, company.brief)],
        lettering=asked.lettering,
        model=asked.order.model,
        usd=usd,
    )
