"""Guides: the reference pictures a shot's words refer to, in order."""

from collections.abc import Iterator

from pydantic import Field

from onereel.brief import Brief, Reference
from onereel.noun import Noun
from onereel.prompts import sheet_label
from onereel.storyboard import Shot


class Guide(Noun):
    """A picture the words refer to: one of the brief's, or a character sheet that is still to be drawn."""

    label: str = Field(description="What the prompt calls it, without its number.")
    path: str = Field(default="", description="Of a reference of the brief; empty for a sheet.")
    sheet: str = Field(default="", description="Name of the character whose sheet it is.")


def guides(shot: Shot, brief: Brief) -> Iterator[Guide]:
    """Yield the pictures a shot follows, each once: its characters' references or sheets, then the brief's own."""
    seen: set[str] = set()
    for guide in _all_guides(shot, brief):
        if not guide.path or guide.path not in seen:
            seen.add(guide.path)
            yield guide


def _all_guides(shot: Shot, brief: Brief) -> Iterator[Guide]:
    for name in shot.characters:
        who = brief.character(name)
        if who is None:
            continue
        yield from (Guide(label=_label(who.name, reference), path=reference.path) for reference in who.references)
        if not who.references:
            yield Guide(label=sheet_label(who), sheet=who.name)
    yield from (Guide(label=_label("the look", reference), path=reference.path) for reference in brief.references)


def _label(name: str, reference: Reference) -> str:
    return f"{name}, {reference.note}" if reference.note else name


def numbered(labels: list[str]) -> list[str]:
    """Return labels as the prompt and the pictures carry them: 'Reference 1: Mara, face close up'."""
    return [f"Reference {number}: {label}" for number, label in enumerate(labels, start=1)]
