"""Guides: the reference pictures a shot's words refer to, in order."""

from collections.abc import Iterator

from pydantic import Field

from onereel.brief import Brief, Reference
from onereel.noun import Noun
from onereel.prompts import sheet_label
from onereel.storyboard import Shot

LOOK = "the look"
"""What a picture of the brief's own is called that says nothing else."""


class Guide(Noun):
    """A picture the words refer to: one of the brief's, or a character sheet that is still to be drawn."""

    label: str = Field(description="What the prompt calls it, without its number.")
    path: str = Field(default="", description="Of a reference of the brief; empty for a sheet.")
    sheet: str = Field(default="", description="Name of the character whose sheet it is.")


def guides(shot: Shot, brief: Brief) -> Iterator[Guide]:
    """Yield the pictures a shot follows, each once: its characters' references or sheets, then the brief's own.

    A picture that shows several is called by all: 'Mara, left; Jon, right'.
    """
    found: dict[tuple[str, str], Guide] = {}
    for guide in _all_guides(shot, brief):
        key = guide.path, guide.sheet
        found[key] = _merged(found[key], guide) if key in found else guide
    yield from found.values()


def _merged(known: Guide, same: Guide) -> Guide:
    """Return a picture under the names it has in two places; that it shows the look, too, need not be said."""
    labels = known.label.split("; ")
    if same.label in {*labels, LOOK}:
        return known
    return known.model_copy(update={"label": "; ".join((*labels, same.label))})


def _all_guides(shot: Shot, brief: Brief) -> Iterator[Guide]:
    for name in shot.characters:
        who = brief.character(name)
        if who is None:
            continue
        yield from (Guide(label=_label(who.name, reference), path=reference.path) for reference in who.references)
        if not who.references:
            yield Guide(label=sheet_label(who), sheet=who.name)
    yield from (Guide(label=_label(LOOK, reference), path=reference.path) for reference in brief.references)


def _label(name: str, reference: Reference) -> str:
    return f"{name}, {reference.note}" if reference.note else name


def numbered(labels: list[str]) -> list[str]:
    """Return labels as the prompt and the pictures carry them: 'Reference 1: Mara, face close up'."""
    return [f"Reference {number}: {label}" for number, label in enumerate(labels, start=1)]
