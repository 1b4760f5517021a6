"""The estimate: every call a film will make and what it costs at most, without making any."""

from datetime import date

from onereel.brief import Brief
from onereel.coverage import reachable
from onereel.errors import BadInput
from onereel.models import ModelTable, Surface
from onereel.plan import Plan, Purchase, filming_resolution, plan
from onereel.prices import price
from onereel.storyboard import MAX_SHOTS, Shot, Storyboard
from onereel.writing import storyboard_order


def assumed(brief: Brief, table: ModelTable) -> Storyboard:
    """Return a storyboard to reckon with while none is written: the fewest clips, each on its own keyframe.

    Clips are extended only where a film of single clips would have too many shots.

    Raises:
        BadInput: The film is too long for this camera.
    """
    camera = table.camera(brief.models.video)
    resolution = filming_resolution(brief, camera)
    longest = reachable(camera.limits, resolution, extend=False)[-1].seconds
    lengths = (each.seconds for each in reachable(camera.limits, resolution) if each.seconds >= longest)
    length = next((seconds for seconds in lengths if seconds * MAX_SHOTS >= brief.seconds), None)
    if length is None:
        most = reachable(camera.limits, resolution)[-1].seconds * MAX_SHOTS
        raise BadInput(
            f"{camera.name} films {most} s in {MAX_SHOTS} shots at most; the brief asks for {brief.seconds:g}"
        )
    names = tuple(who.name for who in brief.characters[:2])
    shots: list[Shot] = []
    left = brief.seconds
    while left > 0:
        seconds = min(float(length), left)
        shots.append(Shot(id=f"s{len(shots) + 1:02d}0", seconds=max(1.0, seconds), action="assumed", characters=names))
        left = round(left - seconds, 6)
    return Storyboard(shots=tuple(shots))


def estimate(brief: Brief, storyboard: Storyboard, table: ModelTable, today: date, *, write: bool) -> Plan:
    """Return the plan of a storyboard with the writing of it as its first purchase, if it is still to be written.

    Raises:
        BadInput: Something cannot be filmed as asked.
    """
    found = plan(brief, storyboard, table, today)
    if not write:
        return found
    order = storyboard_order(brief, table, Surface.GEMINI_API)
    writing = Purchase(
        what="storyboard",
        kind="text",
        model=brief.models.text,
        detail=f"up to {order.most_tokens} tokens",
        usd=price(order, table, today),
    )
    return found.model_copy(update={"purchases": (writing, *found.purchases)})
