"""A small production to test with: a brief, shot lists in a line, and a take filmed the way the flows film one."""

from datetime import date

from onereel.anchoring import drift_of
from onereel.brief import Brief
from onereel.company import Company
from onereel.drawing import draw_sheet, draw_still, labelled, references_by_path
from onereel.filming import Frames, Setup, checked_take, clip_order, collect_film, extend_order, keep_take, order_film
from onereel.models import MODELS, PROXY, with_proxy
from onereel.plan import Plan, plan
from onereel.storyboard import Storyboard
from onereel.studio import Latency
from onereel.takes import Take

TABLE = with_proxy(MODELS)
DAY = date(2026, 11, 10)
"""A day on which every default model is alive."""

VEO = "veo-3.1-generate-001"
LITE = "veo-3.1-lite-generate-001"
OMNI = "gemini-omni-1.2-flash"

AT_ONCE = Latency(text=0, image=0, video=0, extension=0)

IDEA = "A storm passes over a lighthouse; the keeper waits for a boat that is late."


def brief(**said) -> Brief:
    """The smallest brief, at the smallest picture; fields by name, models as `video=...`."""
    models = {**said.pop("models", {}), **{kind: said.pop(kind) for kind in ("text", "image", "video") if kind in said}}
    return Brief.model_validate(
        {"production": "lighthouse", "idea": IDEA, "seconds": 8, "resolution": PROXY, "models": models, **said}
    )


def board(*shots: dict) -> Storyboard:
    """A storyboard: shots s010, s020, ... of 4 seconds, unless they say otherwise."""
    rows = [{"id": f"s{10 * n:03d}", "seconds": 4, "action": f"Action {n}", **shot} for n, shot in enumerate(shots, 1)]
    return Storyboard.model_validate({"title": "Lighthouse", "shots": rows})


def planned(storyboard: Storyboard, day: date = DAY, table=TABLE, **said) -> Plan:
    """The plan of a storyboard; fields of the brief by name."""
    return plan(brief(**said), storyboard, table, day)


async def keyframes(company: Company, found: Plan) -> dict:
    """Draw all sheets and keyframes of a plan."""
    pictures = await references_by_path(company)
    pictures |= {sheet.character: await draw_sheet(company, found, sheet) for sheet in found.sheets}
    return {still.id: await draw_still(company, found, still, pictures) for still in found.stills}


async def film(company: Company, setup: Setup) -> Take:
    """Film a take the way the flows do: first clip, extensions, papers."""
    order = clip_order(company, setup)
    hops = (await collect_film(company, order, await order_film(company, order, "clip")),)
    for _ in setup.take.coverage.extensions:
        more = extend_order(company, setup, hops)
        hops = (*hops, await collect_film(company, more, await order_film(company, more, "extension")))
    checked = (await checked_take(company, setup, order, hops), *await drift_of(company, hops, {}))
    return await keep_take(company, setup, order, hops, checked)


def setup_of(found: Plan, storyboard: Storyboard, shot: str, frames: Frames | None = None, **more) -> Setup:
    """A take about to be filmed."""
    take = next(take for take in found.takes if take.shot == shot)
    written = next(one for one in storyboard.shots if one.id == shot)
    return Setup(found, take, written, frames or Frames(), **more)


def framed(found: Plan, stills: dict, shot: str, pictures: dict | None = None) -> Frames:
    """What a take opens and closes on, of the keyframes drawn."""
    take = next(take for take in found.takes if take.shot == shot)
    return Frames(
        opening=stills[take.opening].fitted if take.opening else None,
        closing=stills[take.closing].fitted if take.closing else None,
        references=labelled(take.guides, pictures or {}),
    )
