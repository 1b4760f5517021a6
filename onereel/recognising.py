"""Recognising: whether the characters of an extended take are still themselves where each extension ends."""

import logging

from onereel.asking import UNHEARD, heard
from onereel.company import Company
from onereel.drift import Alike, Recognised
from onereel.filming import Setup, read_looks
from onereel.footage import Media
from onereel.opinions import faces_schema, read_faces
from onereel.orders import Labelled, ReviewOrder
from onereel.questions import TO_JUDGE, compared_people, faces_question
from onereel.reviews import TOKENS
from onereel.takes import Hop

log = logging.getLogger(__name__)


def faces_order(company: Company, setup: Setup, frame: Media, likenesses: tuple[Labelled, ...]) -> ReviewOrder:
    """Return what is asked about who is seen in a frame."""
    return ReviewOrder(
        surface=company.review_surface,
        model=company.brief.models.review,
        words=faces_question(setup.shot, company.brief),
        answer=faces_schema(),
        pictures=(Labelled(media=frame, label=TO_JUDGE), *likenesses),
        thinking=company.brief.models.text_thinking,
        most_tokens=TOKENS,
    )


async def recognise(
    company: Company, slate: str, setup: Setup, number: int, hop: Hop, likenesses: tuple[Labelled, ...]
) -> Recognised:
    """Return who can be recognised in the frame an extension ends on, which is what the next one goes on from.

    Args:
        company: Who asks.
        slate: What the take is called.
        setup: What was asked for.
        number: Which extension, from 1.
        hop: That extension, the film so far.
        likenesses: The characters' references or sheets.

    Raises:
        BudgetReached, StudioBusy: As they happen.
    """
    frame = (await read_looks(company, hop.looks)).last
    label = f"review {slate} extension {number}"
    order = faces_order(company, setup, frame, likenesses)
    try:
        faces, usd = await heard(company, order, label, read_faces)
    except UNHEARD as unheard:
        log.warning("%s: nobody compared it: %s", label, unheard)
        return Recognised(unheard=str(unheard)[:300])
    said = {one.name.casefold(): one for one in faces.characters if one.present}
    people = tuple(
        Alike(name=who.name, score=found.score, reasons=found.reasons)
        for who in compared_people(setup.shot, company.brief)
        if (found := said.get(who.name.casefold())) is not None
    )
    return Recognised(people=people, model=order.model, usd=usd)
