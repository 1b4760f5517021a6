"""Extension chains that drift: where one goes wrong, and how it goes on from its last good frame, drawn clean."""

from collections.abc import Mapping, Sequence

from onereel.company import Company
from onereel.coverage import first_lengths, pieces
from onereel.drawing import redraw_frame
from onereel.drift import Recognised, drifts, judge_drift
from onereel.filming import Setup, clip_order, join_tail, read_looks
from onereel.footage import Media
from onereel.orders import ClipOrder
from onereel.prompts import ANCHOR_WORDS
from onereel.takes import Hop
from onereel.verdicts import Verdict


async def newest_drift(company: Company, hops: Sequence[Hop], recognised: Recognised | None = None) -> Verdict | None:
    """Return what is said of the newest extension; None where it cannot be compared.

    Args:
        company: Who works.
        hops: The first clip and the extensions.
        recognised: Who was recognised at its end, where somebody was asked.
    """
    looks = await read_looks(company, hops[-1].looks)
    seen = {} if recognised is None else {len(hops) - 1: recognised}
    newest = drifts(looks.samples, [hop.seconds for hop in hops], seen)[-1:]
    return judge_drift(newest, company.drift, accept=company.brief.review.accept) if newest else None


async def drift_of(company: Company, hops: Sequence[Hop], recognised: Mapping[int, Recognised]) -> tuple[Verdict, ...]:
    """Return what is said of a take's extensions, against its first clip and its characters; nothing if it has none.

    Args:
        company: Who works.
        hops: The first clip and its extensions.
        recognised: Who was recognised at the end of each extension, by its number, where somebody was asked.
    """
    looks = await read_looks(company, hops[-1].looks)
    found = drifts(looks.samples, [hop.seconds for hop in hops], recognised)
    return (judge_drift(found, company.drift, accept=company.brief.review.accept),) if found else ()


async def fresh_frame(company: Company, setup: Setup, good: Sequence[Hop]) -> Media:
    """Return the last frame of a film, drawn clean: what it goes on from.

    Raises:
        BudgetReached, StudioBusy, Filtered, NoAnswer, Refused, OutcomeUnknown: As they happen.
    """
    last = (await read_looks(company, good[-1].looks)).last
    return await redraw_frame(company, setup.plan, last, ANCHOR_WORDS, f"keyframe {setup.take.shot} anchored")


def next_piece(company: Company, setup: Setup, hops: Sequence[Hop], opening: Media) -> ClipOrder | None:
    """Return the order of the clip that goes on from a frame; None where the take is long enough."""
    left = setup.take.coverage.seconds - sum(hop.seconds for hop in hops)
    limits = company.table.camera(setup.plan.camera).limits
    lengths = pieces(left, first_lengths(limits, setup.plan.resolution))
    if not lengths:
        return None
    words = setup.take.extension_words[min(len(hops), len(setup.take.extension_words)) - 1]
    update = {"words": words, "seconds": lengths[0], "opening": opening, "closing": None, "references": ()}
    return clip_order(company, setup).model_copy(update=update)


async def joined(company: Company, hops: Sequence[Hop], piece: Hop) -> tuple[tuple[Hop, ...], Media]:
    """Return a take with one more clip at its end, and the frame it ends on now."""
    longer = await join_tail(company, hops[-1], piece)
    return (*hops, longer), (await read_looks(company, longer.looks)).last


def told(drift: Verdict, *, number: int, done: str) -> Verdict:
    """Return what is said of a take whose extension drifted: nothing is held against what became of it."""
    what = "; ".join(finding.what for finding in drift.findings)
    reasons = f"Extension {number} was not used: {what}. {done}"
    return Verdict(judge="drift", accepted=True, reasons=reasons[:2000], model=drift.model, usd=drift.usd)
