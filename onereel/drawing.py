"""The keyframe stage: character sheets and keyframes, drawn once, checked, compared, fitted to the camera's frame."""

import asyncio
import contextlib
import logging
from functools import partial
from typing import NamedTuple

from onereel.adapters.pictures import Framed, arrived, framed_file, part_of
from onereel.calls import Goods
from onereel.checks import check_picture
from onereel.company import Company, Done
from onereel.credentials import Credentials
from onereel.errors import FootageError, NoAnswer, NotInVault
from onereel.footage import Media
from onereel.guides import Guide, numbered
from onereel.likeness import Fingerprint, distance, frozen, near_duplicates, repeats, unchanged
from onereel.media import fetch, first_kept, keep, keep_noun, read_noun
from onereel.offers import Sought, best_offer
from onereel.orders import DrawOrder, Labelled
from onereel.plan import Plan, SheetPlan, StillPlan
from onereel.policy import keep_paid
from onereel.prompts import CLOSE_UP, ENLARGE_WORDS, edit_words, variation_words
from onereel.reviews import size_for
from onereel.slate import keyframe_key, sheet_key
from onereel.takes import Keyframe, Rescue, recipe_of
from onereel.verdicts import Verdict

log = logging.getLogger(__name__)

SEEDS = 2**31
"""Image models take a signed 32-bit seed, cameras an unsigned one; the brief's may be either."""


async def references_by_path(company: Company) -> dict[str, Media]:
    """Return the brief's reference pictures by path; that they are kept whole was checked before the run.

    Raises:
        NotInVault: One is not kept there any more.
    """
    brief = company.brief
    references = [*brief.references, *(reference for who in brief.characters for reference in who.references)]
    found = {}
    for path in dict.fromkeys(reference.path for reference in references):
        data = await asyncio.to_thread(company.vault.read, path)
        found[path] = Media.of(data, path.rsplit(".", 1)[-1])
    return found


async def draw_sheet(company: Company, plan: Plan, sheet: SheetPlan) -> Media:
    """Return the character sheet of a character who came without references."""
    known = await drawn_sheet(company, plan, sheet)
    if known is not None:
        return known
    return (await _draw(company, sheet_order(company, plan, sheet), f"character sheet {sheet.character}")).picture


async def drawn_sheet(company: Company, plan: Plan, sheet: SheetPlan) -> Media | None:
    """Return the sheet a fallback drew in the place of this company, or None."""
    key = sheet_key(company.brief.production, recipe_of("sheet", sheet_order(company, plan, sheet)))
    with contextlib.suppress(NotInVault):
        return await asyncio.to_thread(read_noun, company.vault, key, Media)
    return None


async def settle_sheet(company: Company, plan: Plan, sheet: SheetPlan, drawn: Media) -> Media:
    """Keep what a fallback drew in the place of this company, and return it: keyframes follow it from now on."""
    key = sheet_key(company.brief.production, recipe_of("sheet", sheet_order(company, plan, sheet)))
    return await asyncio.to_thread(first_kept, company.vault, key, drawn)


def sheet_order(company: Company, plan: Plan, sheet: SheetPlan) -> DrawOrder:
    """Return what a company asks its illustrator for a character sheet."""
    order = _order(company, plan, sheet.words, (), seed=company.brief.seed)
    return order.model_copy(update={"aspect_ratio": "16:9"})


async def draw_still(
    company: Company, plan: Plan, still: StillPlan, pictures: dict[str, Media], chosen: int = 0
) -> Keyframe:
    """Return the keyframe of a plan: the one settled on before, one the vault has, or a new drawing.

    Args:
        company: Who works.
        plan: What is being bought.
        still: Which keyframe.
        pictures: Reference pictures by path, and character sheets by name.
        chosen: Which candidate a person chose, from 1; 0: nobody did.
    """
    orders, recipe = _orders(company, plan, still, pictures)
    keyframe = await settled(company, recipe)
    if keyframe is None:
        keyframe, offered = await _reuse(company, plan, still, orders[0], recipe)
    if keyframe is None:
        keyframe = await _choose(company, plan, still, orders, recipe)
        keyframe = await _apart_from_others(company, plan, keyframe)
        keyframe = await asyncio.to_thread(_beside_others, company, keyframe, offered)
        keyframe = await _kept_by_words(company, keyframe, orders[0])
    if 1 <= chosen <= len(orders):
        keyframe = await _chosen(company, plan, keyframe, chosen)
    company.stills[keyframe.id] = keyframe
    return keyframe


async def known_still(company: Company, plan: Plan, still: StillPlan, pictures: dict[str, Media]) -> Keyframe | None:
    """Return the keyframe a plan settled on before, or None."""
    keyframe = await settled(company, _orders(company, plan, still, pictures)[1])
    if keyframe is not None:
        company.stills[keyframe.id] = keyframe
    return keyframe


def _orders(company: Company, plan: Plan, still: StillPlan, pictures: dict[str, Media]) -> tuple[list[DrawOrder], str]:
    """Return an order for each candidate, and the digest of all that decides what a keyframe becomes."""
    orders = candidate_orders(company, plan, still, pictures)
    return orders, recipe_of("keyframe", still.id, [order.model_dump(mode="json") for order in orders], list(plan.size))


def candidate_orders(company: Company, plan: Plan, still: StillPlan, pictures: dict[str, Media]) -> list[DrawOrder]:
    """Return what a company asks its illustrator for each candidate of a keyframe."""
    references = labelled(still.guides, pictures)
    return [
        _order(company, plan, still.words, references, seed=company.brief.seed + number)
        for number in range(company.brief.candidates)
    ]


async def _chosen(company: Company, plan: Plan, keyframe: Keyframe, number: int) -> Keyframe:
    """Return the keyframe as the candidate a person chose, which is a person's verdict on it, too."""
    recipe = recipe_of("chosen", keyframe.recipe, number)
    known = await settled(company, recipe)
    if known is not None:
        return known
    found = await _candidate(company, plan, keyframe, number)
    told = f"candidate {number}, chosen by a person"
    chosen = {
        "recipe": recipe,
        "findings": (*keyframe.findings, told),
        "verdicts": (*found.verdicts, Verdict(judge="person", accepted=True, reasons=told)),
    }
    return await kept(company, found.model_copy(update=chosen))


async def candidates_of(company: Company, plan: Plan, keyframe: Keyframe) -> dict[int, Keyframe]:
    """Return a keyframe as each of the candidates that differ, by number; of near-duplicates the first.

    Those that nearly repeat another shot's picture are left out, unless all do.
    """
    numbers = range(1, len(keyframe.candidates) + 1)
    each = await asyncio.gather(*(_candidate(company, plan, keyframe, number) for number in numbers))
    groups = near_duplicates([one.fingerprint for one in each], company.thresholds)
    found = {group[0] + 1: each[group[0]] for group in groups}
    apart = {number: one for number, one in found.items() if _repeated(company, one) is None}
    return apart or found


async def _candidate(company: Company, plan: Plan, keyframe: Keyframe, number: int) -> Keyframe:
    picture = next(iter(keyframe.candidates[number - 1 : number]), keyframe.drawn)
    if picture == keyframe.drawn or (number == 1 and keyframe.edits):  # redrawn since, from the first
        return keyframe
    history = next(iter(keyframe.histories[number - 1 : number]), None)
    fitted = await _fitted(company, plan, Drawn(picture))
    return keyframe.model_copy(update={"drawn": picture, "history": history, **fitted._asdict()})


def apart(company: Company, opening: Keyframe, closing: Keyframe) -> bool:
    """Return whether a clip between two keyframes would move."""
    return not frozen(opening.fingerprint, closing.fingerprint, company.thresholds)


def planned_recipe(company: Company, plan: Plan, still: StillPlan, pictures: dict[str, Media]) -> str:
    """Return the digest of everything that decides how a keyframe comes out if it is drawn as planned."""
    return _orders(company, plan, still, pictures)[1]


async def part(company: Company, plan: Plan, opening: Keyframe, closing: Keyframe) -> Keyframe:
    """Return a closing keyframe that differs from the opening: a pair too alike would film as a frozen clip.

    A pair that is too alike is redrawn once with a variation instruction; one that stays alike is reported.
    """
    if apart(company, opening, closing):
        return closing
    recipe = recipe_of("apart", closing, opening.fitted)
    known = await settled(company, recipe)
    if known is None:
        known = await redraw(company, plan, closing, variation_words("the opening of this shot"), recipe)
        still_alike = frozen(opening.fingerprint, known.fingerprint, company.thresholds)
        finding = "nearly the same as the opening (a frozen clip)"
        known = await kept(company, _found(known, finding, "still nearly the same" if still_alike else ""))
    company.stills[known.id] = known
    return known


async def edit(company: Company, plan: Plan, keyframe: Keyframe, instruction: str) -> Keyframe:
    """Return a keyframe redrawn from itself: only what the instruction says changes."""
    words = edit_words(instruction)
    recipe = recipe_of("edit", keyframe, words)
    known = await settled(company, recipe)
    if known is None:
        redrawn = await redraw(company, plan, keyframe, words, recipe)
        known = await kept(company, told_if_unchanged(company, keyframe, redrawn))
    company.stills[known.id] = known
    return known


def told_if_unchanged(company: Company, before: Keyframe, after: Keyframe) -> Keyframe:
    """Return a keyframe that was made anew; one that came out as it was says so."""
    if not unchanged(before.fingerprint, after.fingerprint, company.thresholds):
        return after
    told = "made anew, it came out the same"
    log.warning("%s: %s", after.id, told)
    return after.model_copy(update={"findings": (*after.findings, told)})


async def enlarge(company: Company, plan: Plan, keyframe: Keyframe) -> Keyframe:
    """Return an approved keyframe redrawn from itself at the size the plan says."""
    recipe = recipe_of("enlarged", keyframe.recipe, plan.enlarged_size, list(plan.size))
    known = await settled(company, recipe)
    if known is None:
        larger = plan.model_copy(update={"keyframe_size": plan.enlarged_size})
        known = await kept(company, await redraw(company, larger, keyframe, ENLARGE_WORDS, recipe))
    company.stills[known.id] = known
    return known


async def fitted_again(company: Company, plan: Plan, keyframe: Keyframe) -> Keyframe:
    """Return a keyframe of a draft cut to this plan's frame. Nothing is asked of anybody; its verdicts stay."""
    recipe = recipe_of("final", keyframe.recipe, list(plan.size))
    known = await settled(company, recipe)
    if known is None:
        again = await _fitted(company, plan, Drawn(keyframe.drawn))
        changed = {**again._asdict(), "verdicts": keyframe.verdicts, "recipe": recipe}
        known = await kept(company, keyframe.model_copy(update=changed))
    company.stills[known.id] = known
    return known


async def redraw(
    company: Company,
    plan: Plan,
    keyframe: Keyframe,
    words: str,
    recipe: str,
    *,
    model: str = "",
    beside: tuple[Labelled, ...] = (),
) -> Keyframe:
    """Draw a keyframe anew from itself, in the same conversation where the model kept one.

    Args:
        company: Who works.
        plan: What is being bought.
        keyframe: The one to change.
        words: How.
        recipe: Digest the new one goes by.
        model: Who draws; empty: the brief's image model.
        beside: Pictures the words point to, besides the keyframe itself.
    """
    company = company.who_drew(keyframe)
    order = draw_order(company, plan, words, beside, seed=company.brief.seed, model=model)
    order = order.model_copy(update={"canvas": keyframe.drawn, "history": keyframe.history})
    drawn = await _draw(company, order, f"keyframe {keyframe.id} redrawn", plan.size)
    changed = await _fitted(company, plan, drawn)
    return keyframe.model_copy(
        update={
            "recipe": recipe,
            "drawn": drawn.picture,
            "history": drawn.history,
            **changed._asdict(),
            "words": words,
            "size": order.size,
            "edits": keyframe.edits + 1,
            "usd": round(keyframe.usd + drawn.usd, 6),
        }
    )


async def close_up(company: Company, keyframe: Keyframe, box: tuple[int, int, int, int] | None) -> tuple[Labelled, ...]:
    """Return the part of a keyframe a repair is about, where its model takes one more picture; else nothing.

    The turns that led to the keyframe are sent again with all their pictures.
    """
    sent = len(keyframe.references) + keyframe.edits + 1
    if box is None or sent >= company.table.illustrator(keyframe.model).references:
        return ()
    part = await asyncio.to_thread(lambda: part_of(fetch(company.vault, keyframe.fitted), box))
    return (Labelled(media=await asyncio.to_thread(keep, company.vault, part, "png"), label=f"{CLOSE_UP}:"),)


async def redraw_frame(company: Company, plan: Plan, frame: Media, words: str, label: str) -> Media:
    """Return a frame of a film drawn anew from itself, cut to the camera's exact frame."""
    order = draw_order(company, plan, words, (), seed=company.brief.seed)
    drawn = await _draw(company, order.model_copy(update={"canvas": frame}), label, plan.size)
    return (await _fitted(company, plan, drawn)).fitted


async def draw_anew(company: Company, plan: Plan, keyframe: Keyframe, order: DrawOrder) -> Keyframe:
    """Draw a keyframe clean, from words and references alone; what it cost so far is added up."""
    drawn = await _draw(company, order, f"keyframe {keyframe.id} drawn anew", plan.size)
    changed = await _fitted(company, plan, drawn)
    came = {"drawn": drawn.picture, "history": drawn.history, **changed._asdict()}
    asked = {"words": order.words, "model": order.model, "edits": 0, "usd": round(keyframe.usd + drawn.usd, 6)}
    return keyframe.model_copy(update={**came, **asked})


def draw_order(
    company: Company, plan: Plan, words: str, references: tuple[Labelled, ...], *, seed: int, model: str = ""
) -> DrawOrder:
    """Return the order of a still from words and references, by the brief's image model or another."""
    order = _order(company, plan, words, references, seed=seed)
    if model in {"", order.model}:
        return order
    levels = company.table.illustrator(model).thinking
    return order.model_copy(
        update={
            "model": model,
            "size": size_for(company.table, model, order.size),
            "thinking": order.thinking if order.thinking in levels else "",
            "grounding": order.grounding and company.table.illustrator(model).grounding,
        }
    )


async def settle(company: Company, keyframe: Keyframe, recipe: str, rescues: tuple[Rescue, ...]) -> Keyframe:
    """Return a keyframe that was not drawn as planned, kept as what the production settled on for what was planned."""
    found = await kept(company, keyframe.model_copy(update={"recipe": recipe, "rescues": rescues}))
    company.stills[found.id] = found
    return found


async def kept(company: Company, keyframe: Keyframe) -> Keyframe:
    """Return what the production settled on for a keyframe's recipe: this one, or what another worker kept before.

    Workers on the same film may come to different pictures, as who redraws which of two that are alike depends on which
    came first. A clip is ordered on one.
    """
    key = keyframe_key(company.brief.production, keyframe.recipe)
    return await asyncio.to_thread(first_kept, company.vault, key, keyframe)


async def settled(company: Company, recipe: str) -> Keyframe | None:
    """Return the keyframe this production settled on for a recipe, or None."""
    try:
        return await asyncio.to_thread(
            read_noun, company.vault, keyframe_key(company.brief.production, recipe), Keyframe
        )
    except NotInVault:
        return None


def labelled(guides: tuple[Guide, ...], pictures: dict[str, Media]) -> tuple[Labelled, ...]:
    """Return the pictures a prompt refers to, under the names it gives them."""
    names = numbered([guide.label for guide in guides])
    return tuple(
        Labelled(media=pictures[guide.sheet or guide.path], label=name)
        for guide, name in zip(guides, names, strict=True)
    )


def _order(company: Company, plan: Plan, words: str, references: tuple[Labelled, ...], *, seed: int) -> DrawOrder:
    brief = company.brief
    return DrawOrder(
        surface=company.image_surface,
        model=brief.models.image,
        words=words,
        aspect_ratio=brief.aspect_ratio,
        size=plan.standby.keyframe_size if company.standing_in and plan.standby else plan.keyframe_size,
        references=references,
        thinking=brief.models.image_thinking,
        grounding=brief.grounding,
        seed=seed % SEEDS,
    )


class Drawn(NamedTuple):
    """A drawing that was checked on arrival, the conversation that led to it, and its price.

    Attributes:
        framed: Cut to the camera's frame, where it was drawn just now for one: a picture is decoded once.
    """

    picture: Media
    history: Media | None = None
    usd: float = 0.0
    framed: Framed | None = None


async def _draw(company: Company, order: DrawOrder, label: str, frame: tuple[int, int] | None = None) -> Drawn:
    """Return what an order brings, bought now or before; what is for a camera is cut to its frame."""
    cut: list[Framed | None] = []

    async def draw(done: Done) -> Goods:
        company.darkroom.expect()
        drawing = await company.illustrator.draw(order)
        await done()
        try:
            came = await company.develop(partial(arrived, drawing.picture, order.aspect_ratio, order.size, frame))
        except FootageError as broken:
            raise NoAnswer(f"{label}: {broken}", usd=drawing.usd) from broken
        goods = (drawing.picture, came.suffix), (drawing.history, "json")
        kept = await keep_paid(company.vault, company.patience.keeping, label, drawing.usd, *goods)
        cut.append(came.framed)
        return Goods(kept, drawing.usd, drawing.request_id, drawing.tokens)

    outcome = await company.buy(order, label, draw)
    picture, history = outcome.media
    return Drawn(picture, history, outcome.usd, next(iter(cut), None))


async def _choose(company: Company, plan: Plan, still: StillPlan, orders: list[DrawOrder], recipe: str) -> Keyframe:
    """Draw all candidates; the first stands for them until somebody chooses. Near-duplicates count as one."""
    drawn = await asyncio.gather(
        *(
            _draw(company, order, f"keyframe {still.id}" + (f" candidate {n}" if len(orders) > 1 else ""), plan.size)
            for n, order in enumerate(orders, start=1)
        )
    )
    fitted = await asyncio.gather(*(_fitted(company, plan, one) for one in drawn))
    distinct = len(near_duplicates([one.fingerprint for one in fitted], company.thresholds))
    findings = () if distinct == len(drawn) else (f"{len(drawn)} candidates, {distinct} distinct",)
    return Keyframe(
        id=still.id,
        recipe=recipe,
        drawn=drawn[0].picture,
        history=drawn[0].history,
        **fitted[0]._asdict(),
        words=still.words,
        asked=still.words,
        references=tuple(one.media.sha256 for one in orders[0].references),
        aspect_ratio=orders[0].aspect_ratio,
        size=orders[0].size,
        model=company.brief.models.image,
        candidates=tuple(one.picture for one in drawn) if len(drawn) > 1 else (),
        histories=tuple(one.history for one in drawn) if len(drawn) > 1 else (),
        distinct=distinct,
        findings=findings,
        usd=round(sum(one.usd for one in drawn), 6),
    )


class Fitted(NamedTuple):
    """A drawing cut to the camera's exact frame, its fingerprint, and what the original says of its own making."""

    fitted: Media
    fingerprint: Fingerprint
    credentials: Credentials
    verdicts: tuple[Verdict, ...]
    """Of the checks that need no model."""


async def _fitted(company: Company, plan: Plan, drawn: Drawn) -> Fitted:
    """Return a drawing cut to the camera's exact frame."""
    frame = drawn.framed
    if frame is None:
        data = await asyncio.to_thread(fetch, company.vault, drawn.picture)
        frame = await company.develop(partial(framed_file, data, plan.size))
    checked = check_picture(frame.measures, company.checks)
    for finding in checked.findings:
        log.warning("a drawing is %s", finding.what)
    kept = await asyncio.to_thread(keep, company.vault, frame.png, "png")
    return Fitted(kept, frame.fingerprint, frame.credentials, (checked,))


async def _apart_from_others(company: Company, plan: Plan, keyframe: Keyframe) -> Keyframe:
    """Redraw once a keyframe that nearly repeats another shot's; report one that still does."""
    other = _repeated(company, keyframe)
    company.stills[keyframe.id] = keyframe  # before anything is awaited: of two drawn at once the second sees the first
    if other is None or await settled(company, keyframe.recipe) is not None:
        return keyframe
    redrawn = await redraw(company, plan, keyframe, variation_words(other.id), keyframe.recipe)
    again = _repeated(company, redrawn)
    return _found(redrawn, f"nearly repeated {other.id}", f"still repeats {again.id}" if again else "")


def _repeated(company: Company, keyframe: Keyframe) -> Keyframe | None:
    shot = keyframe.id.split("/")[0]
    others = (other for other in company.stills.values() if other.id.split("/")[0] != shot)
    near = (o for o in others if repeats(keyframe.fingerprint, o.fingerprint, company.thresholds))
    return next(near, None)


def _found(keyframe: Keyframe, finding: str, after: str) -> Keyframe:
    told = f"{finding}; redrawn once" + (f", {after}" if after else "")
    log.warning("%s: %s", keyframe.id, told)
    return keyframe.model_copy(update={"findings": (*keyframe.findings, told)})


async def _reuse(
    company: Company, plan: Plan, still: StillPlan, order: DrawOrder, recipe: str
) -> tuple[Keyframe | None, str]:
    """Return a keyframe the vault has for the same words, or nearly, if the brief says so; else only mention it."""
    found = await asyncio.to_thread(find_reusable, company, order)
    told = "the vault had it for the same words" if found else ""
    offer = None
    if company.others is not None and not (found and company.brief.reuse):
        await company.others.ready()
        offer = await asyncio.to_thread(best_offer, company.others, _sought(still, order))
    # By nearly the same words: a judge has to hold it to this shot's own before a clip is bought on it.
    if offer and offer.good and company.brief.reuse and company.brief.review.keyframes:
        found, told = await asyncio.to_thread(read_noun, company.vault, offer.record, Keyframe), offer.told
    if found is None or not company.brief.reuse:
        if (offer or found) and await company.journal.holds(order):
            return None, ""  # it is paid: another one would save nothing
        if offer or found:
            log.info("%s: %s", still.id, offer or "the vault has a keyframe for the same words; reuse: true saves it")
        return None, str(offer or "")
    fitted = await _fitted(company, plan, Drawn(found.drawn))
    keyframe = found.model_copy(
        update={
            "id": still.id,
            "recipe": recipe,
            **fitted._asdict(),
            "words": still.words,
            "asked": still.words,
            "candidates": (),
            "attempts": (),
            "usd": 0.0,
            "reused": True,
            "findings": (f"reused: {told}",),
        }
    )
    return await kept(company, keyframe), told


def _sought(still: StillPlan, order: DrawOrder) -> Sought:
    return Sought(
        still=still.id,
        words=still.words,
        frame=f"{order.aspect_ratio} {order.size}",
        references=tuple(one.media.sha256 for one in order.references),
        shown=tuple(guide.path for guide in still.guides if guide.path),
        usd=still.usd,
    )


def _beside_others(company: Company, keyframe: Keyframe, offered: str) -> Keyframe:
    """Return a keyframe with what other productions have of its kind: offered before it was drawn, or the same now."""
    found = [offered] if offered else []
    same = company.others.like(keyframe.fingerprint) if company.others is not None else []
    if same:
        apart = distance(keyframe.fingerprint, same[0].fingerprint)
        bits = "" if apart.bits is None else f"{apart.bits} bits and "
        found.append(
            f"shows the same as {same[0].production}/{same[0].name}: {bits}{apart.colour:.1f} levels of colour apart"
        )
        log.warning("%s: %s", keyframe.id, found[-1])
    return keyframe.model_copy(update={"findings": (*keyframe.findings, *found)}) if found else keyframe


def find_reusable(company: Company, order: DrawOrder) -> Keyframe | None:
    """Return a keyframe any production drew for the same words, references, ratio and size. Blocks."""
    with contextlib.suppress(NotInVault):
        return read_noun(company.vault, _words_key(order), Keyframe)
    return None


def _words_key(order: DrawOrder) -> str:
    references = [reference.media.sha256 for reference in order.references]
    recipe = recipe_of(order.words, references, order.aspect_ratio, order.size)
    return f"stills/{recipe[:2]}/{recipe}.json"


async def _kept_by_words(company: Company, keyframe: Keyframe, order: DrawOrder) -> Keyframe:
    """Return a keyframe as `kept`, which anybody finds by its words from now on."""
    found_by_words = asyncio.to_thread(keep_noun, company.vault, _words_key(order), keyframe)
    return (await asyncio.gather(kept(company, keyframe), found_by_words))[0]
