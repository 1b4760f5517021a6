"""The rehearsal's screenwriter: turns the brief in a prompt into a shot list, always the same for the same words."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from onereel.studio import phrases
from onereel.studio.timing import Lens, lengths, shot_count

_CYCLE: Final = 8
"""A long film repeats its variety every eight shots, so that every way of joining is rehearsed."""

_MATCH, _CONTINUE, _FADE = 2, 4, 4
"""Places in the cycle: opens on the previous closing keyframe; opens on the previous last frame; ends an act."""

_MOST_PEOPLE: Final = 3


_PLACE: Final = re.compile(
    r"\b(?:in|at|on|over|under|through|across|along|into|inside|past|to)\s+((?:the|a|an)\s+[\w-]+)", re.IGNORECASE
)
_HOUR: Final = re.compile(
    r"\b(dawn|sunrise|morning|noon|afternoon|sunset|dusk|evening|night|midnight)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Job:
    """What the prompt says about the film."""

    title: str
    idea: tuple[str, ...]
    seconds: float
    shots: int
    names: tuple[str, ...]
    look: Mapping[str, Any]
    lens: Lens


def find_brief(words: str, key: str = "idea") -> dict[str, Any] | None:
    """Return the first JSON object in a prompt that has an idea, or whatever key; None when there is none."""
    decoder = json.JSONDecoder()
    for opening in re.finditer(r"\{", words):
        try:
            found, _ = decoder.raw_decode(words, opening.start())
        except ValueError:
            continue
        if isinstance(found, dict) and found.get(key):
            return found
    return None


def write_storyboard(brief: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a shot list for a brief, as the response schema spells it.

    The shots last exactly as long as the brief asks. Where the length allows, one shot has a closing keyframe, the
    next opens on it, one continues the film before it, one is longer than the camera's longest first clip, and an
    act ends in a fade.
    """
    job = _read(brief)
    dice = random.Random(json.dumps(brief, sort_keys=True))  # noqa: S311 - the same words, the same film
    closed = [index for index in range(job.shots) if _closes(index, job)]
    fading = [index for index in range(job.shots) if _fades(index, job)]
    long = lengths(job.seconds, job.shots, job.lens, exact=closed, fading=fading)
    actions = _actions(job, dice)
    shots = [_shot(index, job, long[index], actions, dice) for index in range(job.shots)]
    spell = _Spelling(schema)
    return spell.storyboard({"title": job.title, "shots": shots})


def _read(brief: Mapping[str, Any]) -> Job:
    camera = brief.get("camera") or {}
    lens = Lens(
        first=tuple(sorted(float(one) for one in camera.get("seconds") or (4, 6, 8))),
        longest=float(camera.get("longest") or 8),
        extends=bool(camera.get("extension")),
        closing=bool(camera.get("closing")),
    )
    seconds = float(brief.get("seconds") or 30)
    sentences = tuple(_sentence(part) for part in re.split(r"(?<=[.!?;])\s+", str(brief["idea"])) if part.strip())
    return Job(
        title=_title(sentences[0]),
        idea=sentences,
        seconds=seconds,
        shots=shot_count(seconds, brief.get("shots"), lens),
        names=tuple(str(who["name"]) for who in brief.get("characters") or [] if who.get("name")),
        look=brief.get("look") or {},
        lens=lens,
    )


TITLE_WORDS = 5
SMALL_WORDS = frozenset({"a", "an", "the", "of", "on", "in", "over", "with", "and", "&"})


def _title(sentence: str) -> str:
    """Return a title: the first words of the idea, up to where it pauses."""
    words = re.split(r"[,:;.!?]", sentence)[0].split()[:TITLE_WORDS]
    while len(words) > 1 and words[-1].lower() in SMALL_WORDS:
        words.pop()
    return " ".join(
        word if at and word in SMALL_WORDS else word[:1].upper() + word[1:] for at, word in enumerate(words)
    )


def _sentence(part: str) -> str:
    part = part.strip().rstrip(";,")
    return part[:1].upper() + part[1:] + ("" if part.endswith((".", "!", "?")) else ".")


def _actions(job: Job, dice: random.Random) -> list[str]:
    """Spread the sentences of the idea over the shots: merged when there are more, covered when there are fewer."""
    told = []
    for index in range(job.shots):
        start = index * len(job.idea) // job.shots
        stop = max(start + 1, (index + 1) * len(job.idea) // job.shots)
        told.append(" ".join(job.idea[start:stop]))
    for index in range(1, job.shots):
        if told[index] == job.idea[(index - 1) * len(job.idea) // job.shots]:
            told[index] = _covered(told[index], index, job, dice)
    return [text[:700] for text in told]


def _covered(sentence: str, index: int, job: Job, dice: random.Random) -> str:
    fragment = sentence.rstrip(".!?; ")
    fragment = (
        fragment[:1].lower() + fragment[1:]
        if re.match(r"[^\w]*(?:A|An|The|At|In|On|It|He|She)\b", fragment)
        else fragment
    )
    name = _cast(sentence, index, job)
    pattern = dice.choice(phrases.COVERAGE_OF_SOMEBODY if name else phrases.COVERAGE)
    return pattern.format(name=name[0] if name else "", fragment=fragment)


def _cast(sentence: str, index: int, job: Job) -> list[str]:
    """Return who is in the shot: those the sentence names, else everybody in turn, two at a time now and then."""
    named = [name for name in job.names if re.search(rf"\b{re.escape(name)}\b", sentence)]
    if named or not job.names or index == 0:
        return named[:5]
    first = job.names[index % len(job.names)]
    other = job.names[(index + 1) % len(job.names)]
    return [first, other] if index % 3 == 0 and other != first else [first]


def _shot(index: int, job: Job, seconds: float, actions: Sequence[str], dice: random.Random) -> dict[str, Any]:
    place = index % _CYCLE
    view = phrases.VIEWS[index % len(phrases.VIEWS)]
    join = _join(index, job)
    action = actions[index]
    cast = _cast(action, index, job)
    if _closes(index, job):
        # The next shot opens on this one's closing picture, so its people are in it already.
        cast = list(dict.fromkeys([*cast, *_cast(actions[index + 1], index + 1, job)]))[:_MOST_PEOPLE]
    setting = _setting(index, job)
    return {
        "id": f"s{(index + 1) * 10:03d}",
        "seconds": seconds,
        "action": action,
        "setting": setting,
        "camera": f"{view.position}; {view.movement}",
        "composition": view.composition,
        "lens": view.lens,
        "lighting": str(job.look.get("lighting") or dice.choice(phrases.LIGHT)),
        "dialogue": _dialogue(cast, place, dice),
        "sounds": dice.choice(phrases.SOUNDS),
        "negative": "captions, watermarks",
        "opening": "" if join != "cut" else f"{view.composition}. {setting}. The moment before: {action}"[:800],
        "closing": dice.choice(phrases.CLOSING).format(setting=setting.lower()) if _closes(index, job) else "",
        "characters": cast,
        "join": join,
        "transition": "fade" if _fades(index, job) else "cut",
    }


def _closes(index: int, job: Job) -> bool:
    return job.lens.closing and index % _CYCLE == _MATCH - 1 and index < job.shots - 1


def _fades(index: int, job: Job) -> bool:
    return index % _CYCLE == _FADE and index < job.shots - 1


def _join(index: int, job: Job) -> str:
    place = index % _CYCLE
    if place == _MATCH and job.lens.closing:
        return "match"
    return "continue" if place == _CONTINUE else "cut"


def _dialogue(cast: Sequence[str], place: int, dice: random.Random) -> list[dict[str, str]]:
    if not cast or place % 2 == 0:
        return []
    lines = dice.sample(phrases.LINES, len(cast[:2]))
    return [{"speaker": name, "line": line} for name, line in zip(cast, lines, strict=False)]


def _setting(index: int, job: Job) -> str:
    told = job.idea[index * len(job.idea) // job.shots]
    found = _PLACE.search(told) or _PLACE.search(" ".join(job.idea))
    place = found[1] if found else " ".join(job.idea[0].rstrip(".!?").split()[-3:])
    hour = phrases.HOURS[index * len(phrases.HOURS) // job.shots]
    said = _HOUR.search(told) or _HOUR.search(" ".join(job.idea))
    return f"{place[:1].upper()}{place[1:]}, {said[1] if said else hour}"


class _Spelling:
    """Writes the storyboard with the fields and types the response schema asks for."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._defs = schema.get("$defs", {})

    def storyboard(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields the schema has, of those there are."""
        shot = self._resolve(self._schema["properties"]["shots"].get("items", {}))
        fields = shot.get("properties", {})
        shots = [self._shot(one, fields) for one in told["shots"]]
        return {"title": told["title"], "shots": shots} if "title" in self._schema["properties"] else {"shots": shots}

    def _shot(self, shot: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
        spelled = {name: value for name, value in shot.items() if not fields or name in fields}
        camera = self._resolve(fields.get("camera", {}))
        if str(camera.get("type", "string")).lower() == "object" and "camera" in spelled:
            position, _, movement = spelled["camera"].partition("; ")
            spelled["camera"] = {"position": position, "movement": movement}
        return spelled

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        options = schema.get("anyOf")
        if options:
            return self._resolve(options[0])
        ref = schema.get("$ref", "")
        return self._defs[ref.rpartition("/")[2]] if ref else schema
