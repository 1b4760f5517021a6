"""One film's shots side by side: each waits for its own keyframes and the takes it continues, and for nothing else."""

import asyncio
import logging
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from flows.climbing import Told, drawn_keyframe, drawn_sheet, footed
from flows.copies import Copies
from flows.filming import Filming
from flows.ladder import Footing, Ladder
from flows.progress import Progress
from onereel.bringing import own_keyframe, own_take
from onereel.company import Company
from onereel.delivering import Results, missing
from onereel.drafted import Drafted, asked_of
from onereel.drafting import drafted, mark_draft
from onereel.drafts import TakePlan
from onereel.drawing import fitted_again, labelled, references_by_path
from onereel.errors import OnereelError, Refused, Unfit
from onereel.filming import Frames, Setup, base_of, clip_order, takes_of, unsoftened
from onereel.footage import Media
from onereel.guides import Guide
from onereel.ladder import rungs_of_rejected
from onereel.orders import Labelled
from onereel.picks import Pick, newest, picked, picks_of
from onereel.plan import Plan, StillPlan
from onereel.policy import again
from onereel.reviewing import View, compared_before, stands
from onereel.reviews import compared_with, likenesses
from onereel.slate import Slate
from onereel.storyboard import Storyboard
from onereel.takes import Change, Keyframe, Take, batch, best, recipe_of
from onereel.verdicts import complaints
from tasks.keyframes import edit_keyframe, enlarge_keyframe, part_keyframes
from tasks.review import compare_candidates, review_keyframe

log = logging.getLogger(f"onereel.{__name__}")

T = TypeVar("T")


COUNTED = ("sheet", "keyframe", "take")
"""What the progress of a film is told by."""


class Shooting:
    """All shots of one run.

    Attributes:
        retakes: Shots that get a new take even if one exists, and the name of this wish: the same wish, made again
            after a crash, finds the take it led to.
        reached: Shots whose picks do not count any more: they are filmed again, or follow one that is.
        changes: What the wish changed in the words.
    """

    def __init__(
        self,
        company: Company,
        plan: Plan,
        storyboard: Storyboard,
        retakes: Mapping[str, str] | None = None,
        reached: Collection[str] = (),
        changes: Sequence[Change] = (),
    ) -> None:
        self.company, self.plan, self.retakes = company, plan, retakes or {}
        self.reached, self.changes = reached, changes
        self.storyboard = storyboard
        self.drafted: Drafted | None = None
        self.shots = {shot.id: shot for shot in storyboard.shots}
        self.planned = {take.shot: take for take in plan.takes}
        self.stills = {still.id: still for still in plan.stills}
        self.pictures: dict[str, Media] = {}
        self.picks: tuple[Pick, ...] = ()
        self.progress = Progress(plan.production, len(plan.sheets) + len(plan.stills) + len(plan.takes))
        self._under_way: dict[str, asyncio.Task[Any]] = {}
        self._copies = Copies(company, plan.production)
        # A task is begun when it may soon ask: a thousand that wait for a place would only keep the loop busy.
        self._desks = asyncio.Semaphore(2 * company.bounds["image"].in_flight)

    async def film(self) -> Results:
        """Return how every shot ended; one bad shot does not stop the others."""
        await self._prepare()
        shots = list(self.shots)
        ended = await asyncio.gather(*(self.take(shot) for shot in shots), return_exceptions=True)
        await self._close()
        return {shot: _result(end) for shot, end in zip(shots, ended, strict=True)}

    async def draw(self) -> list[Keyframe]:
        """Return every keyframe that could be drawn; one that could not be fails its shot when that is filmed."""
        await self._prepare()
        drawing = (self.keyframe(still.id) for still in self.plan.stills)
        ended = [_result(end) for end in await asyncio.gather(*drawing, return_exceptions=True)]
        await self._close()
        return [end for end in ended if isinstance(end, Keyframe)]

    async def _prepare(self) -> None:
        await self._copies.begin()
        self.pictures = await references_by_path(self.company)
        picks = await asyncio.to_thread(picks_of, self.company.vault, self.plan.production)
        self.picks = tuple(pick for pick in picks if pick.of not in self.reached)
        self.drafted = await asyncio.to_thread(drafted, self.company.vault, self.company.brief, self.storyboard)
        for one in self.drafted.drawings if self.drafted is not None else ():
            if one.keyframe.id.split("/")[0] in self.plan.staying:  # what stays a draft shows what it was filmed on
                self.company.stills.setdefault(one.keyframe.id, one.keyframe)

    async def _close(self) -> None:
        await asyncio.gather(self.progress.close(), self._copies.close())
        if self.plan.tier == "draft":
            company = self.company
            await asyncio.to_thread(mark_draft, company.vault, company.brief, self.plan, company.stills)

    async def sheet(self, character: str) -> Media:
        """Return a character's sheet, drawn once."""
        sheet = next(sheet for sheet in self.plan.sheets if sheet.character == character)
        return await self._once(f"sheet {character}", drawn_sheet(self.company, self.plan, sheet))

    async def keyframe(self, id_: str) -> Keyframe:
        """Return a keyframe, drawn once however many shots share it."""
        keyframe = await self._once(f"keyframe {id_}", self._keyframe(id_))
        self._copies.keep(keyframe.fitted)
        return keyframe

    async def take(self, shot: str) -> Take:
        """Return a shot's take, filmed once."""
        take = await self._once(f"take {shot}", self._take(self.planned[shot]))
        self._copies.keep(take.first_frame)
        return take

    async def _once(self, name: str, work: Coroutine[Any, Any, T]) -> T:
        if name in self._under_way:
            work.close()
        else:
            self._under_way[name] = asyncio.ensure_future(work)
            if name.split(" ", maxsplit=1)[0] in COUNTED:
                self._under_way[name].add_done_callback(lambda _: self.progress.more())
        result: T = await self._under_way[name]
        return result

    async def _keyframe(self, id_: str) -> Keyframe:
        still = self.stills[id_]
        keyframe = await self.drawn(id_)
        if still.file or (self._approved(still) is not None and not self.plan.enlarged_size):
            return keyframe
        opening = self.planned[still.shot].opening
        if still.end == "closing" and opening and self._approved(still) is None:
            keyframe = await part_keyframes(self.plan, await self.keyframe(opening), keyframe)
        if self.plan.enlarged_size:
            keyframe = await enlarge_keyframe(self.plan, keyframe)
        if self.company.brief.review.keyframes:
            keyframe = await review_keyframe(self.plan, still, keyframe, await self._view(still))
        return keyframe

    async def drawn(self, id_: str) -> Keyframe:
        """Return a keyframe as it was drawn, before anybody judged it."""
        return await self._once(f"drawing {id_}", self._drawn(self.stills[id_]))

    async def _drawn(self, still: StillPlan) -> Keyframe:
        if still.file:
            return await own_keyframe(self.company, self.plan, still)
        approved = self._approved(still)
        if approved is not None:
            return await fitted_again(self.company, self.plan, approved)
        keyframe = await self._candidate(still)
        return await edit_keyframe(self.plan, keyframe, still.retouch) if still.retouch else keyframe

    async def sketched(self, id_: str) -> Keyframe:
        """Return a keyframe as the first of its candidates, before any was chosen: what others are judged beside."""
        return await self._once(f"sketch {id_}", self._sketched(self.stills[id_], 0))

    async def _sketched(self, still: StillPlan, chosen: int) -> Keyframe:
        if still.file or self._approved(still) is not None:
            return await self.drawn(still.id)
        shown = await self._shown(still.guides)
        async with self._desks:
            return await drawn_keyframe(self.company, Told(self.plan, still, self.shots[still.shot], shown, chosen))

    async def _candidate(self, still: StillPlan) -> Keyframe:
        """Return the candidate a person chose; else the one the review likes best; else the first."""
        pick, sketch = newest(self.picks, still.id), await self.sketched(still.id)
        if not sketch.candidates or not self.company.brief.review.keyframes:
            return await self._sketched(still, pick.number) if pick else sketch
        if pick is None:
            return await compare_candidates(self.plan, still, sketch, await self._view(still))
        chosen = await self._sketched(still, pick.number)
        compared = await compared_before(self.company, still, sketch, await self._view(still))
        return chosen.model_copy(update={"attempts": compared.attempts}) if compared else chosen

    def _approved(self, still: StillPlan) -> Keyframe | None:
        """Return the keyframe a draft was filmed on, where a person or its review took it; None of any other."""
        if self.drafted is None or self.drafted.image != self.company.brief.models.image:
            return None
        pick = newest(self.picks, still.id)
        asked = asked_of(still.id, still.words, still.retouch, still.guides)
        found = self.drafted.drawing(still.id, asked)
        return found.keyframe if found is not None and found.chosen == (pick.number if pick else 0) else None

    async def _view(self, still: StillPlan) -> View:
        """Return what a keyframe is judged beside; of the shot before as it was drawn, so that none waits for two."""
        shot = self.shots[still.shot]
        known = list(self.shots)
        before = next((id_ for id_ in reversed(self.stills) if id_.split("/")[0] in known[: known.index(shot.id)]), "")
        likes = likenesses(shot, self.company.brief)
        return View(
            shot,
            labelled(still.guides, await self._shown(still.guides)),
            labelled(likes, await self._shown(likes)),
            (await self.sketched(before)).fitted if before else None,
        )

    async def _shown(self, guides: tuple[Guide, ...]) -> dict[str, Media]:
        """Return the pictures guides name: references by path, sheets by name, those drawn as soon as they exist."""
        return {**self.pictures, **{one.sheet: await self.sheet(one.sheet) for one in guides if one.sheet}}

    async def _take(self, planned: TakePlan) -> Take:
        if planned.file:
            return await own_take(self.company, self.plan, planned, planned.file)
        known = await asyncio.to_thread(takes_of, self.company, planned.shot)
        if planned.shot in self.plan.staying and planned.shot not in self.retakes:
            return self._drafted(planned, known)
        brought = picked(self.picks, known)
        if brought is not None and brought.own and planned.shot not in self.retakes:
            return brought
        setup = await self._setup(planned)
        wish = self.retakes.get(planned.shot, "")
        if not wish and (kept := self._picked(setup, known)):
            return kept
        setup = replace(setup, base=base_of(setup, clip_order(self.company, setup)))
        alike = [take for take in known if take.base == setup.base]
        own = [take for take in alike if self._serves(take)]
        mine = [take for take in own if take.wish == wish] if wish else batch(own) if own else []
        first = max((take.sample for take in alike if take not in mine), default=0) + 1
        wanted = range(first, first + self.company.brief.take_candidates)
        missing = [sample for sample in wanted if sample not in {take.sample for take in mine}]
        if len(mine) >= len(wanted):
            return await self._until_accepted(setup, planned, wish, mine)
        made = await asyncio.gather(
            *(self._sample(setup, planned, sample, wish, len(known) + n) for n, sample in enumerate(missing, 1)),
            return_exceptions=True,
        )
        failed = [end for end in made if isinstance(end, BaseException)]
        takes = [*mine, *(end for end in made if not isinstance(end, BaseException))]
        if failed and (not takes or not isinstance(failed[0], OnereelError)):
            raise failed[0]
        return await self._until_accepted(setup, planned, wish, takes)

    async def _until_accepted(self, setup: Setup, planned: TakePlan, wish: str, takes: list[Take]) -> Take:
        """Return the best take; while all are wrong, or rejected, film another one as often as the brief pays for."""
        brief = self.company.brief

        async def filmed_again() -> bool:
            """Return whether there is one more take; where there is none, those in the can are what there is."""
            known = await asyncio.to_thread(takes_of, self.company, planned.shot)
            sample = max(take.sample for take in takes) + 1
            try:
                takes.append(await self._sample(setup, planned, sample, wish, len(known) + 1))
            except OnereelError as stopped:
                log.warning("%s: no other take: %s", planned.shot, stopped)
                return False
            return True

        # Counted over the takes on paper: a run without changes films none.
        most = brief.take_candidates + again(brief.policy)
        while len(takes) < most and all(take.wrong for take in takes):
            if not await filmed_again():
                return best(takes)
        most = brief.take_candidates + brief.review.take_attempts
        while brief.review.takes and len(takes) < most and not await stands(self.company, best(takes)):
            if not await filmed_again():
                return best(takes)
        return best([*takes, *await self._rungs_up(setup, planned, wish, takes)])

    async def _rungs_up(self, setup: Setup, planned: TakePlan, wish: str, takes: list[Take]) -> list[Take]:
        """Return the takes of a shot whose takes are all rejected, rung by rung up the ladder until one is accepted."""
        if not rungs_of_rejected(self.company.brief) or await stands(self.company, best(takes)):
            return []
        if any(rescue.rung == "fallback" for take in takes for rescue in take.rescues):
            return []
        plain = [take for take in takes if not take.rescues]  # what is said of these stays the same in every run
        setup, ladder = self._asked(setup, planned, max(take.sample for take in plain or takes) + 1, wish)
        if not plain:
            ladder = replace(ladder, shot=None)  # a filter had the words softened before
        made: list[Take] = []

        async def filmed(crew: Company, footing: Footing) -> Take:
            take = next((one for one in (*takes, *made) if one.rescues == footing.rescues), None)
            if take is None:
                known = await asyncio.to_thread(takes_of, self.company, planned.shot)
                take = await self._filming(planned, len(known) + 1).film(setup, crew, footing)
                made.append(take)
            if not await stands(self.company, take):
                raise _rejected(take)
            return take

        try:
            await ladder.climb(filmed, _rejected(best(plain or takes)))
        except OnereelError as stopped:
            log.warning("%s: no other take: %s", planned.shot, stopped)
        return made

    def _drafted(self, planned: TakePlan, known: list[Take]) -> Take:
        """Return the take on screen of a shot that is not among those of the final."""
        if not known:
            raise Refused(f"{planned.shot} is not among the shots of the final, and there is no draft of it to show")
        return picked(self.picks, known) or best(batch(known))

    async def _sample(self, setup: Setup, planned: TakePlan, sample: int, wish: str, number: int) -> Take:
        setup, ladder = self._asked(setup, planned, sample, wish)
        take = await ladder.climb(partial(self._filming(planned, number).film, setup))
        self._copies.keep(take.first_frame)
        return take

    def _asked(self, setup: Setup, planned: TakePlan, sample: int, wish: str) -> tuple[Setup, Ladder]:
        """Return what one more take is asked to be, and the ladder it is filmed from."""
        changes = tuple(change for change in self.changes if wish and change.shot == planned.shot)
        setup = replace(setup, sample=sample, wish=wish, changes=changes)
        spare = self.plan.standby.take(planned.shot) if self.plan.standby else None
        recipe = recipe_of("take", setup.base, sample, wish)

        async def holds(crew: Company, footing: Footing) -> bool:
            again = await unsoftened(crew, footed(crew, setup, footing), f"clip {planned.shot}")
            return await crew.journal.holds(clip_order(crew, again))

        return setup, Ladder(self.company, "video", self.plan.camera, setup.shot, spare is not None, recipe, holds)

    def _filming(self, planned: TakePlan, number: int) -> Filming:
        slate = Slate(production=self.plan.production, shot=planned.shot, take=number)
        return Filming(self.company, str(slate), self._likenesses)

    def _serves(self, take: Take) -> bool:
        """Return whether a take may stand for what is asked: a final is a new sample, whatever its draft asked."""
        return self.plan.tier == "draft" or take.tier == "final"

    def _picked(self, setup: Setup, known: list[Take]) -> Take | None:
        """Return the take a person picked, as long as nothing new is asked of the shot.

        On which frame it opens is not asked where that is another shot's: a picked take is kept even where the shot
        before it is another now.
        """
        take = picked(self.picks, known, setup.frames.parent)
        if take is None:
            return None
        order = clip_order(self.company, setup)
        asked = {base_of(setup, order)}
        if setup.take.continues or not setup.take.opening.startswith(f"{setup.take.shot}/"):
            asked |= {base_of(setup, order.model_copy(update={"opening": other.opening})) for other in known}
        return take if any(other.base in asked and self._serves(other) for other in known) else None

    async def _setup(self, planned: TakePlan) -> Setup:
        """Return what a take opens and closes on, as soon as that exists."""
        shot = self.shots[planned.shot]
        ids = [id_ for id_ in (planned.opening, planned.closing) if id_]
        frames = dict(zip(ids, await asyncio.gather(*(self.keyframe(id_) for id_ in ids)), strict=True))
        parent = await self.take(planned.continues) if planned.continues else None
        opening = parent.last_frame if parent else frames[planned.opening].fitted if planned.opening else None
        return Setup(
            self.plan,
            planned,
            shot,
            Frames(
                opening=opening,
                closing=frames[planned.closing].fitted if planned.closing else None,
                references=labelled(planned.guides, await self._shown(planned.guides)),
                parent=parent.slate if parent else "",
            ),
        )

    async def _likenesses(self, setup: Setup) -> tuple[Labelled, ...]:
        """Return the pictures a take's characters are compared with."""
        seen = compared_with(setup.shot, self.company.brief)
        return labelled(seen, await self._shown(seen))


def _rejected(take: Take) -> Unfit:
    return Unfit(f"{take.shot}: every take was rejected: {complaints(take.verdicts)}"[:1000])


def _result(end: Any) -> Any:
    """Return a take, or why there is none; a fault of ours is no outcome and rises."""
    if isinstance(end, OnereelError):
        return missing(end)
    if isinstance(end, BaseException):
        raise end
    return end
