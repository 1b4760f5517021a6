"""What a draft came to, as far as its final goes by it: what it was drawn with, its keyframes, whose drafts stand."""

from collections.abc import Iterator

from pydantic import Field

from onereel.brief import Brief
from onereel.guides import Guide
from onereel.noun import Noun
from onereel.storyboard import Storyboard
from onereel.takes import Keyframe, recipe_of
from onereel.verdicts import good_enough


class Drawing(Noun):
    """A keyframe a draft was filmed on."""

    asked: str = Field(description="Digest of what was asked for; a final that asks otherwise has it drawn anew.")
    chosen: int = Field(default=0, description="Which candidate a person had chosen; 0: nobody had.")
    keyframe: Keyframe


class Drafted(Noun):
    """What the draft of a production came to."""

    image: str = Field(description="The image model.")
    keyframe_size: str
    drawings: tuple[Drawing, ...] = ()
    approved: tuple[str, ...] = Field(default=(), description="Shots whose draft a person approved.")
    unapproved: tuple[str, ...] = Field(
        default=(), description="Shots whose draft nobody approved, where others were; empty where nobody was asked."
    )

    def drawing(self, id_: str, asked: str) -> Drawing | None:
        """Return the drawing that was approved with its take, or passed its review, if exactly this was asked."""
        found = (one for one in self.drawings if one.keyframe.id == id_ and one.asked == asked)
        return next((one for one in found if self._passed(one.keyframe)), None)

    def _passed(self, keyframe: Keyframe) -> bool:
        judged = any(verdict.judge != "check" for verdict in keyframe.verdicts)
        return keyframe.id.split("/")[0] in self.approved or (judged and good_enough(keyframe.verdicts))


def asked_of(id_: str, words: str, retouch: str, guides: tuple[Guide, ...]) -> str:
    """Return the digest of what is asked of a keyframe, whatever its size."""
    return recipe_of(id_, words, retouch, [guide.model_dump(mode="json") for guide in guides])


def staying(brief: Brief, storyboard: Storyboard, drafted: Drafted | None) -> tuple[str, ...]:
    """Return the shots of a final that stay as drafts.

    Those that `final_shots` does not name; where it names none, those whose draft nobody approved, and what goes on
    from them. A shot without a draft is filmed, and everything is where nobody ever approved anything.
    """
    if brief.tier != "final":
        return ()
    if brief.final_shots:
        return tuple(shot.id for shot in storyboard.shots if shot.id not in brief.final_shots)
    return tuple(_unapproved(storyboard, drafted)) if drafted is not None else ()


def _unapproved(storyboard: Storyboard, drafted: Drafted) -> Iterator[str]:
    stays = False
    for shot in storyboard.shots:
        goes_on = shot.join == "continue" and stays and shot.id in drafted.approved
        stays = shot.id in drafted.unapproved or goes_on
        if stays:
            yield shot.id
