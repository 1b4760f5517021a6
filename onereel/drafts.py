"""Drafts: one shot on its way to a take. What the camera can do for it, and the nearest where it cannot."""

from collections.abc import Iterator
from math import ceil

from pydantic import Field

from onereel.brief import Brief
from onereel.coverage import Coverage, cover, first_lengths, reachable
from onereel.guides import Guide, guides
from onereel.models import FPS, CameraModel
from onereel.noun import Noun
from onereel.prices import film_usd, words_tokens
from onereel.prompts import FADE_SECONDS, clip_words, extension_words, in_pieces
from onereel.storyboard import Shot, Storyboard, framed


class TakePlan(Noun):
    """A take to be filmed."""

    shot: str
    opening: str = Field(default="", description="Id of the still it opens on; empty when it has none.")
    closing: str = Field(default="", description="Id of the still it closes on; empty when it has none.")
    file: str = Field(default="", description="Key of the producer's own clip; then nothing is filmed.")
    continues: str = Field(default="", description="Id of the shot whose last frame it opens on.")
    guides: tuple[Guide, ...] = Field(
        default=(), description="Reference pictures: where it opens on no frame, or its camera takes them beside one."
    )
    words: str
    extension_words: tuple[str, ...] = ()
    negative: str = ""
    coverage: Coverage
    frames: int = Field(gt=0, description="Pictures on screen.")
    handle_frames: int = Field(ge=0, description="Pictures beyond those, for a fade into the next shot.")
    to_its_end: bool = Field(
        default=False, description="Its very last picture is shown: a keyframe, or what the next continues."
    )
    skip_frames: int = Field(ge=0, description="Pictures trimmed at the head, where the end of the take matters.")
    usd: float


def reworded(take: TakePlan, shot: Shot, brief: Brief, camera: CameraModel) -> TakePlan:
    """Return a take to be filmed by the words of a shot that was rewritten."""
    words, *more = take_words(shot, brief, camera, take.coverage, take.guides)
    return take.model_copy(update={"words": words, "extension_words": tuple(more)})


def take_words(
    shot: Shot, brief: Brief, camera: CameraModel, coverage: Coverage, guides: tuple[Guide, ...]
) -> tuple[str, ...]:
    """Return the words of a take: those of its first clip, then of each extension."""
    first, *more = in_pieces(shot, coverage)
    return (
        clip_words(first, brief, camera, [guide.label for guide in guides]),
        *(_going_on(piece, brief, camera, hop, last=hop == len(more)) for hop, piece in enumerate(more, start=1)),
    )


def _going_on(piece: Shot, brief: Brief, camera: CameraModel, hop: int, *, last: bool) -> str:
    """Return the words of an extension; without reminders, where the camera would not read them all."""
    words = extension_words(piece, brief, camera, hop, last=last)
    if words_tokens(words) <= camera.limits.words:
        return words
    return extension_words(piece, brief, camera, hop, last=last, reminded=False)


class Draft:
    """One shot on its way to a take: what it needs, and what the camera can do."""

    def __init__(
        self,
        shot: Shot,
        storyboard: Storyboard,
        brief: Brief,
        camera: CameraModel,
        resolution: str,
        *,
        beside: bool = True,
    ) -> None:
        """Plan a shot.

        Args:
            shot: Which.
            storyboard: Whose.
            brief: What the client asks for.
            camera: Who films.
            resolution: At which resolution.
            beside: References may go beside the frame it opens on, where the camera takes both.
        """
        self.shot, self.brief, self.camera, self.resolution = shot, brief, camera, resolution
        self.previous, self.next = storyboard.before(shot), storyboard.after(shot)
        self.framed = framed(shot, brief)
        self.guides = self._followed(beside=beside)
        fades = shot.transition == "fade" and self.next is not None
        self.handle_frames = round(FADE_SECONDS * FPS) if fades else 0
        self.frames = round(shot.seconds * FPS)
        self.needed = (self.frames + self.handle_frames) / FPS
        self.coverage = (
            Coverage(first=max(1, ceil(self.needed)))
            if shot.clip_file
            else cover(self.needed, camera.limits, resolution, references=bool(self.guides), extend=not shot.closing)
        )

    def _followed(self, *, beside: bool) -> tuple[Guide, ...]:
        """Return the pictures the camera is given besides what the shot opens and closes on.

        Beside a frame they are a help and no need: as many as it takes, those of characters first. A closing frame
        leaves none: that a camera takes all three is not documented.
        """
        shot, limits = self.shot, self.camera.limits
        if self.brief.filming == "words" or shot.clip_file:
            return ()
        if not self.framed:
            return tuple(guides(shot, self.brief))
        taken = beside and limits.references_with_frames and not shot.closing
        return tuple(guides(shot, self.brief))[: limits.references] if taken else ()

    @property
    def handle(self) -> float:
        """Seconds of film beyond the shot, for a fade into the next one."""
        return self.handle_frames / FPS

    @property
    def surplus_frames(self) -> int:
        """Pictures filmed beyond what is needed."""
        assert self.coverage is not None  # noqa: S101 - problems() is asked first
        return self.coverage.seconds * FPS - self.frames - self.handle_frames

    def problems(self) -> Iterator[str]:
        """Yield what cannot be drawn or filmed as asked, and the nearest that can."""
        shot, limits, name = self.shot, self.camera.limits, self.camera.name
        if shot.retouch and not self._drawn():
            yield f"{shot.id}: retouch changes a keyframe drawn for it, and none is: it {self._shown_instead()}"
        if shot.clip_file:
            return
        if self.coverage is None:
            yield self._too_long()
        elif self._both_ends_matter() and self.surplus_frames:
            exact = [f"{length - self.handle:g}" for length in first_lengths(limits, self.resolution)]
            yield (
                f"{shot.id}: opens and closes on keyframes other shots share, so nothing can be trimmed, but "
                f"{self._needs()} is no length {name} films; use {' or '.join(exact)} s"
            )
        yield from self._pictures_refused()
        coverage = self.coverage or Coverage(first=max(1, ceil(self.needed)))
        told = take_words(shot, self.brief, self.camera, coverage, self.guides)
        tokens = max(map(words_tokens, told))
        if tokens > limits.words:
            yield f"{shot.id}: its words are about {tokens} tokens; {name} reads {limits.words}; shorten them"

    def _pictures_refused(self) -> Iterator[str]:
        """Yield which keyframes and references the camera does not take, or not filmed this way."""
        shot, limits, name, filming = self.shot, self.camera.limits, self.camera.name, self.brief.filming
        if shot.closing and not limits.closing:
            yield f"{shot.id}: {name} takes no closing frame; leave closing empty, or use a camera that does"
        if shot.closing and filming != "keyframes":
            yield (
                f"{shot.id}: a closing frame needs an opening one, and filming: {filming} draws none; "
                "use filming: keyframes"
            )
        if shot.opening_file and filming != "keyframes":
            yield (
                f"{shot.id}: opening_file is a keyframe, and filming: {filming} films without; "
                "use filming: keyframes, or say in opening what is seen"
            )
        if self.guides and self.brief.aspect_ratio not in limits.references_ratios:
            yield f"{shot.id}: {name} follows references only in {', '.join(limits.references_ratios)}"
        if len(self.guides) > limits.references:
            yield f"{shot.id}: has {len(self.guides)} references; {name} takes {limits.references}"

    def _drawn(self) -> bool:
        """Return whether a keyframe is drawn for this shot, at either end."""
        shot = self.shot
        opening, closing = shot.join == "cut" and not shot.opening_file, bool(shot.closing) and not shot.closing_file
        return self.brief.filming == "keyframes" and not shot.clip_file and (opening or closing)

    def _shown_instead(self) -> str:
        """Say whose the pictures are that a shot without a drawing of its own shows, and where they are changed."""
        shot, before = self.shot, self.previous
        if shot.clip_file:
            return f"is your clip {shot.clip_file}; change that"
        if before is not None and shot.join == "continue":
            return f"goes on from the last frame of {before.id}; retouch {before.id}, or tell the camera in note"
        if self.brief.filming != "keyframes":
            return f"is filmed without any (filming: {self.brief.filming}); tell the camera in note"
        if before is not None and shot.join == "match" and not before.closing_file:
            return f"opens on the closing keyframe of {before.id}; retouch {before.id}"
        brought = [before.closing_file if before is not None and shot.join == "match" else shot.opening_file]
        brought += [shot.closing_file] if shot.closing_file else []
        return f"shows your {' and '.join(brought)}; change that"

    def warnings(self) -> Iterator[str]:
        """Yield where a fade costs an extension: a longer film, a wait, and a chance to drift."""
        shot, limits, bought = self.shot, self.camera.limits, self.coverage
        plain = cover(shot.seconds, limits, self.resolution, references=bool(self.guides), extend=not shot.closing)
        if shot.clip_file or bought is None or plain is None or len(bought.extensions) <= len(plain.extensions):
            return
        usd, without = (
            film_usd(self.camera, self.resolution, one.seconds, sound=self.brief.sound) for one in (bought, plain)
        )
        yield (
            f"{shot.id}: its fade needs {self.handle:g} s of film beyond its {shot.seconds:g} s, so it is filmed as "
            f"{bought} s for ${usd:.2f} instead of {plain} s for ${without:.2f}; "
            f"shorten it to {plain.seconds - self.handle:g} s, or use transition cut"
        )

    def _both_ends_matter(self) -> bool:
        ends = bool(self.shot.closing) or (self.next is not None and self.next.join == "continue")
        return ends and self.shot.join != "cut"

    def _too_long(self) -> str:
        shot, name = self.shot, self.camera.name
        references = bool(self.guides)
        longest = reachable(self.camera.limits, self.resolution, references=references, extend=not shot.closing)
        most = longest[-1].seconds if longest else 0
        whole = reachable(self.camera.limits, self.resolution, references=references)
        shorter = f"shorten it to {most - self.handle:g} s"
        if self.handle and shot.seconds <= most:
            shorter += ", use transition cut"
        if shot.closing and whole and whole[-1].seconds >= self.needed:
            return (
                f"{shot.id}: {name} reaches a closing frame only within one clip, up to {most} s, and this shot needs "
                f"{self._needs()}; {shorter}, leave closing empty, or split it in two with a match join"
            )
        return (
            f"{shot.id}: needs {self._needs()} of film; {name} at {self.resolution} films {most} s at most; "
            f"{shorter}, or split it in two with a continue join"
        )

    def _needs(self) -> str:
        return f"{self.needed:g} s" + (f" ({self.handle:g} s of it for the fade)" if self.handle else "")

    def take(self) -> TakePlan:
        """Return the take to be filmed."""
        shot, brief, camera = self.shot, self.brief, self.camera
        coverage = self.coverage
        assert coverage is not None  # noqa: S101 - problems() was asked first
        ends = bool(shot.closing) or (self.next is not None and self.next.join == "continue")
        opening = ""
        if self.framed and not shot.clip_file and shot.join != "continue":
            owner = f"{self.previous.id}/closing" if shot.join == "match" and self.previous else f"{shot.id}/opening"
            opening = owner
        words, *more = take_words(shot, brief, camera, coverage, self.guides)
        return TakePlan(
            shot=shot.id,
            file=shot.clip_file,
            opening=opening,
            closing=f"{shot.id}/closing" if shot.closing else "",
            continues=self.previous.id if shot.join == "continue" and self.previous else "",
            guides=self.guides,
            words=words,
            extension_words=tuple(more),
            negative=shot.negative if camera.limits.negative else "",
            coverage=coverage,
            frames=self.frames,
            handle_frames=self.handle_frames,
            to_its_end=ends,
            skip_frames=self.surplus_frames if ends else 0,
            usd=0.0 if shot.clip_file else film_usd(camera, self.resolution, coverage.seconds, sound=brief.sound),
        )
