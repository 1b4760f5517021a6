"""The fallback models of a brief: what they could draw and film of a storyboard, known before anything is paid."""

from collections.abc import Iterator

from onereel.brief import Brief
from onereel.drafts import Draft, TakePlan
from onereel.errors import BadInput
from onereel.models import ModelTable
from onereel.noun import Noun
from onereel.storyboard import Storyboard


class Standby(Noun):
    """What the fallback models would make of a plan."""

    takes: tuple[TakePlan, ...] = ()
    keyframe_size: str = ""
    warnings: tuple[str, ...] = ()

    def take(self, shot: str) -> TakePlan | None:
        """Return a shot's take as the fallback camera would film it; None where it cannot, or there is none."""
        return next((take for take in self.takes if take.shot == shot), None)


def understudy(brief: Brief, table: ModelTable) -> Brief | None:
    """Return the brief with its fallback models in the first ones' place, asked only for what they can.

    None where nobody stands in: its policy names nobody, or it is a draft, which is filmed anew anyway.

    Raises:
        BadInput: One is unknown, retired, or the very model it stands in for.
    """
    fallback, models = brief.policy.fallback, brief.models
    nobody = not (fallback.image or fallback.video) or "fallback" not in brief.policy.ladder
    if nobody or brief.tier == "draft":
        return None
    for first, second in ((models.image, fallback.image), (models.video, fallback.video)):
        if first == second:
            raise BadInput(f"policy.fallback: {second} cannot stand in for itself; name another model, or none")
    illustrator = table.illustrator(fallback.image or models.image)
    camera = table.camera(fallback.video or models.video)
    thinking = models.image_thinking if models.image_thinking in illustrator.thinking else ""
    cast = models.model_copy(update={"image": illustrator.id, "video": camera.id, "image_thinking": thinking})
    return brief.model_copy(update={"models": cast, "grounding": brief.grounding and illustrator.grounding})


def standby(brief: Brief, storyboard: Storyboard, table: ModelTable, resolution: str, keyframe_size: str) -> Standby:
    """Return what the fallback models would make of a storyboard; a shot they cannot film is told, and has none.

    Args:
        brief: With the fallback models in place: `understudy`.
        storyboard: What is filmed.
        table: Who there is.
        resolution: What the first camera films at.
        keyframe_size: What the fallback draws at.

    Raises:
        BadInput: One cannot make this film at all.
    """
    problems = list(_unfit(brief, table, resolution))
    if problems:
        raise BadInput("\n".join(f"policy.fallback: {one}" for one in problems), problems=tuple(problems))
    camera = table.camera(brief.models.video)
    takes, warnings = [], []
    for shot in storyboard.shots if brief.policy.fallback.video else ():
        # Its takes open on what the first camera was given, which may take no references beside that.
        draft = Draft(shot, storyboard, brief, camera, resolution, beside=False)
        cannot = list(draft.problems())
        if cannot:
            warnings.append(f"no fallback for {cannot[0]}")
        else:
            takes.append(draft.take())
    return Standby(takes=tuple(takes), keyframe_size=keyframe_size, warnings=tuple(warnings))


def _unfit(brief: Brief, table: ModelTable, resolution: str) -> Iterator[str]:
    camera, illustrator = table.camera(brief.models.video), table.illustrator(brief.models.image)
    if resolution not in camera.limits.usd_per_second:
        yield f"{camera.name} does not film at {resolution}; it films at {', '.join(camera.limits.usd_per_second)}"
    if brief.aspect_ratio not in camera.limits.ratios:
        yield f"{camera.name} does not film {brief.aspect_ratio}"
    if not camera.heeds(brief.people):
        yield f"{camera.name} cannot be held to people: {brief.people}"
    if brief.aspect_ratio not in illustrator.ratios:
        yield f"{illustrator.name} does not draw {brief.aspect_ratio}"
