"""Reviews as they are planned: what a judge is asked, what it is shown, and the most that costs. Pure."""

from datetime import date
from typing import Final

from onereel.brief import Brief
from onereel.coverage import Coverage
from onereel.guides import Guide, guides
from onereel.models import ModelTable
from onereel.opinions import faces_schema, opinion_schema
from onereel.prices import drawing_usd, film_tokens, redrawing_usd, review_usd, words_tokens
from onereel.prompts import End
from onereel.questions import faces_question, keyframe_question, take_question
from onereel.storyboard import Shot

TOKENS: Final = 4096
"""Longest answer to a review, thinking included."""

LOOKS: Final = 4.0
"""Pictures a second of a take the judge looks at; hands go wrong within a quarter of a second."""

_REPAIR_WORDS: Final = 700
"""Tokens a repair's instructions have at most."""


def likenesses(shot: Shot, brief: Brief) -> tuple[Guide, ...]:
    """Return the pictures a shot's characters are compared with: their references, or their sheets."""
    faces = {reference.path for who in brief.characters for reference in who.references}
    return tuple(guide for guide in guides(shot, brief) if guide.sheet or guide.path in faces)


def compared_with(shot: Shot, brief: Brief) -> tuple[Guide, ...]:
    """Return the pictures a take's characters are compared with; a film from words alone draws no sheets."""
    return tuple(guide for guide in likenesses(shot, brief) if not guide.sheet or brief.filming != "words")


def keyframe_review_usd(table: ModelTable, brief: Brief, day: date, shot: Shot, end: End) -> float:
    """Return the most it costs to have a keyframe judged once."""
    words = keyframe_question(shot, brief, end) + str(opinion_schema())
    pictures = 2 + len(likenesses(shot, brief))  # itself, and the shot before
    return review_usd(table, brief.models.review, day, words, pictures, TOKENS)


def take_review_usd(table: ModelTable, brief: Brief, day: date, shot: Shot, seconds: float) -> float:
    """Return the most it costs to have a take of so many seconds judged once."""
    words = take_question(shot, brief, seconds) + str(opinion_schema())
    pictures = 2 + len(likenesses(shot, brief))  # what it opens and closes on
    film = film_tokens(seconds + 1, LOOKS)
    return review_usd(table, brief.models.review, day, words, pictures, TOKENS, film)


def extension_review_usd(table: ModelTable, brief: Brief, day: date, shot: Shot) -> float:
    """Return the most it costs to have compared who is seen at the end of an extension; 0 where nobody is known."""
    pictures = len(compared_with(shot, brief))
    if not pictures:
        return 0.0
    words = faces_question(shot, brief) + str(faces_schema())
    return review_usd(table, brief.models.review, day, words, 1 + pictures, TOKENS)


def take_reviews_usd(table: ModelTable, brief: Brief, day: date, shot: Shot, coverage: Coverage) -> float:
    """Return the most all reviews of one take cost: of its extensions, and of the whole."""
    faces = len(coverage.extensions) * extension_review_usd(table, brief, day, shot)
    return faces + take_review_usd(table, brief, day, shot, coverage.seconds)


def repairs_usd(table: ModelTable, brief: Brief, size: str, words: str, references: int) -> float:
    """Return the most the repairs of one rejected keyframe cost, without the reviews of what they bring."""
    tokens = words_tokens(words) + _REPAIR_WORDS
    models = [brief.models.image, *([brief.review.escalate] if brief.review.attempts > 2 else [])]  # noqa: PLR2004
    dearest = max(
        max(redrawing_usd(table, one, fitting, tokens), drawing_usd(table, one, fitting, tokens, references))
        for one in models
        for fitting in [size_for(table, one, size)]
    )
    return round(dearest * brief.review.attempts, 6)


def size_for(table: ModelTable, model: str, size: str) -> str:
    """Return the size a model draws at in place of another's: the same, else its next larger, else its largest."""
    sizes = table.illustrator(model).sizes
    order = ("512", "1K", "2K", "4K")
    larger = [one for one in order if one in sizes and order.index(one) >= order.index(size)]
    return larger[0] if larger else [one for one in order if one in sizes][-1]
