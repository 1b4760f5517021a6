"""The report of a run: how it ended, what is where, what it cost. `--json` prints it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from onereel.approvals import Waiting, at_most
from onereel.calls import calls_of, spent_on, unknown_on
from onereel.company import Company
from onereel.delivering import Missing, Results
from onereel.drafts import TakePlan
from onereel.filming import takes_of
from onereel.models import FPS
from onereel.noun import Noun
from onereel.papers import Manifest
from onereel.plan import Plan
from onereel.slate import cut_prefix, gate_page_key
from onereel.takes import ShotState, Take, best

State = Literal["complete", "partial", "budget", "failed", "waiting", "stopped"]
EXIT: dict[State, int] = {"complete": 0, "failed": 1, "partial": 3, "budget": 4, "waiting": 5, "stopped": 5}
"""Exit code of the command line by state; 2 is bad input, before there is a report."""
TOLD: dict[State, str] = {
    "partial": "Delivered with ",
    "budget": "Stopped by the budget at ",
    "waiting": "Waiting for approval: ",
}
"""How the message of a run that did not simply deliver begins: all that is known of one on another machine."""


class ShotLine(Noun):
    """One shot of the report."""

    id: str
    state: str
    take: str
    seconds: float
    reason: str = Field(default="", description="Why there is no take.")
    words: tuple[str, ...] = Field(default=(), description="The vendor's reasons, word for word, where it refused.")
    rescued: tuple[str, ...] = Field(default=(), description="What was done about it, where it failed as planned.")


class Usd(Noun):
    """Dollars: at most for this plan, spent on the production so far, and of that on calls nobody knows the end of."""

    estimated: float
    spent: float
    unknown: float


class Calls(Noun):
    """Paid calls this run made."""

    text: int
    image: int
    video: int


class Report(Noun):
    """How a run ended."""

    production: str
    state: State
    vault: str
    master: str = Field(description="Where the master is: a local path or an s3 URL; empty when there is none.")
    seconds: float
    shots: tuple[ShotLine, ...]
    usd: Usd
    calls: Calls
    manifest: str
    contact_sheet: str = ""
    page: str = Field(default="", description="Where the report page is; empty when there is none.")
    rehearsal: bool = False
    message: str = Field(default="", description="How it ended, in words a producer understands.")
    reasons: tuple[str, ...] = Field(default=(), description="Why shots are missing, and what is not as planned.")
    stopped: tuple[str, ...] = Field(default=(), description="Models this run stopped asking, and why.")
    come_back: datetime | None = Field(
        default=None, description="When to produce it again, where a quota of the day is used up."
    )
    findings: tuple[str, ...] = Field(default=(), description="What does not fit between shots.")

    @property
    def exit_code(self) -> int:
        """Exit code of the command line."""
        return EXIT[self.state]


def report(company: Company, plan: Plan, states: list[ShotState], results: Results, manifest: Manifest) -> Report:
    """Return the report of a run that delivered. Blocks."""
    vault, name = company.vault, company.brief.production
    missing = {shot: result for shot, result in results.items() if isinstance(result, Missing)}
    prefix = cut_prefix(name, manifest.version)
    usd = _usd(company, plan.usd)
    rescued = _rescued(company, results)
    return Report(
        production=name,
        state=_state(missing),
        vault=vault.url,
        master=vault.address(f"{prefix}master.mp4"),
        seconds=manifest.footage.seconds,
        shots=tuple(
            ShotLine(
                id=state.id,
                state=state.state,
                take=state.take.rsplit("/", 1)[-1],
                seconds=state.seconds,
                reason=state.reason,
                words=state.words,
                rescued=rescued.get(state.id, ()),
            )
            for state in states
        ),
        usd=usd,
        calls=_calls(company),
        manifest=vault.address(f"{prefix}manifest.json"),
        contact_sheet=vault.address(f"{prefix}contact.jpg"),
        page=vault.address(f"{prefix}report.html"),
        rehearsal=company.rehearsal,
        message=_message(missing, usd),
        reasons=(
            *(f"{shot}: {gone.reason}" for shot, gone in missing.items()),
            *(f"{shot}: {told}" for shot, several in rescued.items() for told in several),
        ),
        stopped=company.breaker.told,
        come_back=_come_back(missing.values()),
        findings=tuple(found for state in states for found in state.findings),
    )


def partway_report(company: Company, plan: Plan, message: str, manifest: Manifest | None = None) -> Report:
    """Return the report of a run that was asked to go so far and no further. Blocks."""
    told = _unfinished(company, plan)
    vault, prefix = company.vault, cut_prefix(told.production, manifest.version) if manifest else ""
    made: dict[str, object] = {
        "state": "complete",
        "message": f"{message}; the film costs at most ${plan.usd:.2f} in all",
    }
    if manifest:
        made |= {
            "master": vault.address(f"{prefix}master.mp4"),
            "manifest": vault.address(f"{prefix}manifest.json"),
            "contact_sheet": vault.address(f"{prefix}contact.jpg"),
            "seconds": manifest.footage.seconds,
        }
    return told.model_copy(update=made)


def quota_report(company: Company, takes: Sequence[TakePlan], results: Results) -> Report | None:
    """Return the report of a run that could film nothing for want of a day's quota; None if that is not why. Blocks."""
    gone = {shot: result for shot, result in results.items() if isinstance(result, Missing)}
    until = _come_back(gone.values())
    if until is None or len(gone) < len(results):
        return None
    vault, name = company.vault, company.brief.production
    lines = ((take, gone[take.shot]) for take in takes)
    return Report(
        production=name,
        state="failed",
        vault=vault.url,
        master="",
        seconds=0.0,
        shots=tuple(
            ShotLine(
                id=take.shot, state="slate", take="", seconds=take.frames / FPS, reason=why.reason, words=why.words
            )
            for take, why in lines
        ),
        usd=_usd(company, round(sum(take.usd for take in takes), 6)),
        calls=_calls(company),
        manifest="",
        rehearsal=company.rehearsal,
        message=f"Nothing filmed: {_until(until)}",
        reasons=tuple(f"{shot}: {why.reason}" for shot, why in gone.items()),
        stopped=company.breaker.told,
        come_back=until,
    )


def _come_back(missing: Iterable[Missing]) -> datetime | None:
    """Return when every quota of a day that is used up is new, or None where none is."""
    return max((gone.until for gone in missing if gone.until is not None), default=None)


def _until(until: datetime) -> str:
    return f"the quota of the day is used up; produce it again after {until:%Y-%m-%d %H:%M} UTC"


def _rescued(company: Company, results: Results) -> dict[str, tuple[str, ...]]:
    """Return what is not as planned, by shot: its take, and the keyframes it was filmed from."""
    told: dict[str, tuple[str, ...]] = {}
    for shot, result in results.items():
        own = [frame for id_, frame in company.stills.items() if id_.split("/")[0] == shot]
        said = [f"{frame.id.split('/')[1]} keyframe drawn {rescue}" for frame in own for rescue in frame.rescues]
        if isinstance(result, Take):
            said += [f"filmed {rescue}" for rescue in result.rescues]
        if said:
            told[shot] = tuple(said)
    return told


def waiting_report(company: Company, plan: Plan, waiting: Waiting) -> Report:
    """Return the report of a run that stopped for a person's decision. Blocks."""
    told = _unfinished(company, plan)
    buys = at_most(waiting.next_usd)
    said = f"{TOLD['waiting']}{waiting.gate}; approving it buys {buys}, ${told.usd.spent:.2f} is spent"
    shown = {
        "state": "waiting",
        "message": said,
        "page": company.vault.address(gate_page_key(told.production)),
        "reasons": (f"approve it with: onereel approve {told.production}, then produce again",),
    }
    return told.model_copy(update=shown)


def _unfinished(company: Company, plan: Plan) -> Report:
    """Return the report of a run that made no film. Blocks."""
    vault, name = company.vault, company.brief.production
    return Report(
        production=name,
        state="stopped",
        vault=vault.url,
        master="",
        seconds=0.0,
        shots=tuple(_line(company, take) for take in plan.takes),
        usd=_usd(company, plan.usd),
        calls=_calls(company),
        manifest="",
        rehearsal=company.rehearsal,
    )


def _line(company: Company, planned: TakePlan) -> ShotLine:
    known = [take for take in takes_of(company, planned.shot) if take.words == planned.words]
    state, take = ("filmed", f"t{best(known).number:02d}") if known else ("planned", "")
    return ShotLine(id=planned.shot, state=state, take=take, seconds=planned.frames / FPS)


def stopped_report(company: Company, plan: Plan, gate: str, by: str) -> Report:
    """Return the report of a run a person, or the end of the time to answer, stopped at a gate. Blocks."""
    message = f"Stopped at the {gate} by {by}; everything is kept"
    return _unfinished(company, plan).model_copy(update={"message": message, "reasons": ("produce it again to go on",)})


def _usd(company: Company, estimated: float) -> Usd:
    name = company.brief.production
    calls = calls_of(company.vault, name)
    return Usd(estimated=estimated, spent=spent_on(calls, name), unknown=unknown_on(calls, name))


def _calls(company: Company) -> Calls:
    kinds = [kind for kind, _ in company.journal.bought]
    video = kinds.count("video") + kinds.count("extension")
    text = kinds.count("text") + kinds.count("review")
    return Calls(text=text, image=kinds.count("image"), video=video)


def _state(missing: dict[str, Missing]) -> State:
    if not missing:
        return "complete"
    return "budget" if any(gone.cause == "budget" for gone in missing.values()) else "partial"


def _message(missing: dict[str, Missing], usd: Usd) -> str:
    count = f"{len(missing)} slate{'' if len(missing) == 1 else 's'}"
    if not missing:
        return "Delivered"
    if any(gone.cause == "budget" for gone in missing.values()):
        return f"{TOLD['budget']}${usd.spent:.2f}; delivered with {count}"
    until = _come_back(missing.values())
    return f"{TOLD['partial']}{count}" + (f": {_until(until)}" if until is not None else "")
