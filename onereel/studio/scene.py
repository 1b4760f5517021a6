"""What a rehearsal drawing shows, read from the words of a prompt; their hash decides what they leave open."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from onereel.studio.palette import COLOURS, Colour, coat_of, hair_of

_PLACES: Final[Mapping[str, str]] = {
    "sea": r"sea|ocean|lighthouse|boat|ship|harbou?r|pier|coast|beach|waves?|shore|island|sail\w*|bay|cliffs?",
    "city": r"city|skyline|town|rooftops?|skyscrapers?|tower block|metropolis|downtown|harlem|tokyo|paris|london",
    "street": r"street|alley|road|avenue|market|square|station|platform|pavement|sidewalk|corner|bus stop",
    "forest": r"forest|woods?|trees?|jungle|grove|pines?|birch\w*|orchard|park|garden",
    "mountain": r"mountains?|hills?|valley|peaks?|ridge|alps?|summit|glacier|pass|volcano|rocks?",
    "desert": r"desert|dunes?|sand|sahara|canyon|mesa|mars|moon surface|savannah?",
    "snow": r"snow\w*|ice|icy|arctic|polar|frozen|blizzard|winter",
    "room": r"room|kitchen|office|bedroom|inside|interior|hall\w*|corridor|cafe|café|bar|workshop|laboratory|lab|"
    r"studio|library|table|bed|window|church|shop|staircase|attic|cellar|cockpit|cabin",
    "field": r"fields?|meadow|grass|farm|village|plain|steppe|wheat|countryside|lake|river|bridge",
}
_HOURS: Final[Mapping[str, str]] = {
    "storm": r"storm\w*|thunder\w*|lightning|hurricane|gale|tempest",
    "night": r"night|midnight|moon\w*|stars?|starlit|neon|nocturnal|dark",
    "dawn": r"dawn|sunrise|early morning|first light|daybreak",
    "dusk": r"dusk|sunset|evening|golden hour|twilight|late afternoon|amber",
    "overcast": r"overcast|fog\w*|mist\w*|grey|gray|rain\w*|cloud\w*|drizzle|gloom\w*",
    "day": r"day|noon|midday|sunny|bright|summer|morning|afternoon",
}
_WEATHER: Final[Mapping[str, str]] = {
    "rain": r"rain\w*|storm\w*|drizzle|downpour|squall",
    "snow": r"snow\w*|blizzard|flakes",
    "fog": r"fog\w*|mist\w*|haze|hazy|smoke|steam",
}
_PROPS: Final[Mapping[str, str]] = {
    "lighthouse": r"lighthouse|beacon",
    "boat": r"boats?|ship|sail\w*|vessel|trawler|ferry|dinghy|canoe",
    "pier": r"pier|jetty|dock|bridge|quay",
    "house": r"house|cabin|hut|farm|cottage|barn|church|village|home",
    "tree": r"tree|oak|willow|pine",
    "lamp": r"lamps?|lantern|candle|torch|streetlight|neon",
    "birds": r"birds?|gulls?|crows?|swans?|geese|ravens?",
    "car": r"cars?|taxi|bus|truck|van|train|tram",
    "flower": r"flowers?|rose|blossom|poppy|poppies|petals?",
    "book": r"books?|letters?|map|papers?|photograph|key|watch|clock|hands?",
}
_PEOPLE: Final = re.compile(
    r"\b(?:wo)?m[ae]n\b|\bboys?\b|\bgirls?\b|\bchild(?:ren)?\b|\bkeeper\b|\bcaptain\b|\bperson\b|\bsailor\b|\bmother\b|"
    r"\bfather\b|\bdancers?\b|\bdetective\b|\bsoldiers?\b|\bastronaut\b|\bcrowd\b|\bpeople\b|\bfigures?\b|\bchef\b|"
    r"\bdoctor\b|\bcouple\b|\bwalker\b|\brunner\b|\btraveller\b|\bpainter\b|\bbaker\b|\bfisherm[ae]n\b",
    re.IGNORECASE,
)
_LABELLED: Final = re.compile(r"^(?P<label>[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2}):\s*(?P<said>.*)$", re.MULTILINE)
_LABELS: Final = frozenset(
    [
        "Subject",
        "Action",
        "Setting",
        "Composition",
        "Lighting",
        "Lens",
        "Camera",
        "Style",
        "Sound",
        "Output",
        "Lettering",
        "Kitchen",
        "Interior",
        "Exterior",
    ]
)
_NOT_SEEN: Final = re.compile(
    r"^(?:Keep out|Lettering|Follow the|Output|Sound|No |Lens and style|Style|Director).*$", re.MULTILINE
)
_NAME: Final = re.compile(
    r"(?<=[a-z,;] )([A-Z][a-z]{2,})\b|^([A-Z][a-z]{2,})(?= (?:[a-z]+[^s\W]s|is|was|and|in|at)\b)", re.MULTILINE
)
_CLOSE: Final = re.compile(r"\b(?:close-?up|close on|very close|very near|detail|insert|macro|face)\b", re.IGNORECASE)
_WIDE: Final = re.compile(
    r"\b(?:wide|establishing|panorama|long shot|aerial|far away|distan(?:t|ce)|landscape|from high)\b", re.IGNORECASE
)
_HIGH: Final = re.compile(r"\b(?:aerial|high above|bird's|from above|overhead|drone|top-down)\b", re.IGNORECASE)
_LOW: Final = re.compile(r"\b(?:low angle|from below)\b", re.IGNORECASE)
_STYLED: Final = re.compile(r"^(?:Lens and style|Style|Lighting):.*$", re.MULTILINE)
_MOST_PEOPLE: Final = 3


@dataclass(frozen=True)
class Person:
    """Somebody in the picture."""

    name: str
    coat: Colour
    hair: Colour


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn.

    Attributes:
        framing: wide, medium or close.
        horizon: Its height from the top, as a fraction.
        accent: Dominant colour of the references, or of colours the words name; None: neither.
        mirrored: The composition is turned left for right.
        seed: Of everything else.
    """

    place: str
    hour: str
    weather: frozenset[str]
    props: frozenset[str]
    people: tuple[Person, ...]
    framing: str
    horizon: float
    accent: Colour | None
    mirrored: bool
    seed: int


def imagine(words: str, seed: int | None = None, accent: Colour | None = None) -> Scene:
    """Return the scene that words describe; the same words and seed are always the same scene."""
    digest = hashlib.sha256(f"{words}\n{seed}".encode()).digest()
    rng = np.random.default_rng(list(digest))
    seen = _NOT_SEEN.sub("", words)
    framing = _framing(seen, rng)
    if "vary the composition" in words.lower():
        framing = {"wide": "medium", "medium": "wide", "close": "wide"}[framing]
    return Scene(
        place=_first(_PLACES, seen) or str(rng.choice(["field", "mountain", "city", "sea", "forest"])),
        hour=_first(_HOURS, seen) or str(rng.choice(["dawn", "day", "dusk", "overcast"])),
        weather=_all(_WEATHER, seen),
        props=_all(_PROPS, seen),
        people=_people(seen),
        framing=framing,
        horizon=_horizon(seen, framing, rng),
        accent=accent if accent is not None else _named_colour(words),
        mirrored=bool(rng.integers(2)),
        seed=int.from_bytes(digest[:8]),
    )


def _first(table: Mapping[str, str], words: str) -> str:
    """Return the entry whose word comes first."""
    found = {name: re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE) for name, pattern in table.items()}
    places = {name: match.start() for name, match in found.items() if match is not None}
    return min(places, key=lambda name: places[name]) if places else ""


def _all(table: Mapping[str, str], words: str) -> frozenset[str]:
    return frozenset(name for name, pattern in table.items() if re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE))


def _framing(words: str, rng: np.random.Generator) -> str:
    close, wide = _CLOSE.search(words), _WIDE.search(words)
    if close and (wide is None or close.start() < wide.start()):
        return "close"
    return "wide" if wide else str(rng.choice(["wide", "medium", "medium"]))


def _horizon(words: str, framing: str, rng: np.random.Generator) -> float:
    if _HIGH.search(words):
        return float(rng.uniform(0.16, 0.34))
    if _LOW.search(words):
        return float(rng.uniform(0.74, 0.86))
    low, high = (0.35, 0.78) if framing == "wide" else (0.3, 0.7)
    return float(rng.uniform(low, high))


def _people(words: str) -> tuple[Person, ...]:
    described = {found["label"]: found["said"] for found in _LABELLED.finditer(words) if found["label"] not in _LABELS}
    stranger = _PEOPLE.search(words)
    names = list(described) or _named(words) or ([stranger[0].lower()] if stranger is not None else [])
    return tuple(_dressed(name, described.get(name, "")) for name in names[:_MOST_PEOPLE])


def describe(words: str) -> Person:
    """Return who a character sheet is of: named in its first line, dressed as it says."""
    found = re.search(r"sheet of ([^:,.\n]+)[:,.]?\s*(.*)", words)
    name, said = (found[1].strip(), found[2]) if found is not None else ("somebody", words)
    return _dressed(name, said)


def _dressed(name: str, description: str) -> Person:
    return Person(name, coat_of(name, description), hair_of(name, description))


def _named(words: str) -> list[str]:
    found = [match[1] or match[2] for match in _NAME.finditer(words)]
    return list(dict.fromkeys(name for name in found if _is_name(name)))


_COMMON: Final = frozenset(
    [
        "the",
        "this",
        "that",
        "there",
        "then",
        "over",
        "under",
        "camera",
        "sound",
        "style",
        "setting",
        "lighting",
        "wide",
        "close",
        "medium",
        "slow",
        "very",
        "english",
        "german",
        "french",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "north",
        "south",
        "east",
        "west",
        "google",
        "photo",
    ]
)
_THINGS: Final = re.compile("|".join((*_PLACES.values(), *_HOURS.values(), *_PROPS.values())), re.IGNORECASE)


def _is_name(word: str) -> bool:
    return word.lower() not in _COMMON and _THINGS.fullmatch(word) is None


def _named_colour(words: str) -> Colour | None:
    """Return the first colour the look names; a red dress is no red picture."""
    said = " ".join(_STYLED.findall(words))
    found = re.search(rf"\b({'|'.join(COLOURS)})\b", said, re.IGNORECASE)
    return COLOURS[found[1].lower()] if found is not None else None
