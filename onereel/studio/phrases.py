"""The rehearsal screenwriter's phrase book."""

from typing import Final, NamedTuple


class View(NamedTuple):
    """A way to look at a shot."""

    position: str
    movement: str
    composition: str
    lens: str


VIEWS: Final = (
    View("high above", "slow drift forward", "Wide establishing shot, low horizon", "24 mm, deep focus"),
    View("eye level", "slow push in", "Medium shot, subject left of centre", "40 mm, shallow focus"),
    View("eye level", "slow push in", "Close-up, face filling the frame", "85 mm, shallow focus"),
    View("low angle", "static", "Insert, one detail", "100 mm macro"),
    View("shoulder height", "tracking alongside", "Medium wide shot, room to walk into", "35 mm"),
    View("low angle", "slow crane up", "Wide shot, subject small against the sky", "28 mm, deep focus"),
    View("eye level", "slow pull back", "Long shot, subject framed by the foreground", "50 mm"),
    View("over the shoulder", "handheld, barely moving", "Two-shot, both in profile", "50 mm, shallow focus"),
)

COVERAGE_OF_SOMEBODY: Final = (
    "Close on {name}: {fragment}, and it shows in the face.",
    "{name} stops and listens while {fragment}.",
    "From behind {name}: {fragment}.",
    "{name} turns away from it and moves on, quicker now.",
    "The hands of {name} at work while {fragment}.",
)

COVERAGE: Final = (
    "From further away, {fragment}.",
    "A detail, very near: {fragment}.",
    "The same place a moment later; {fragment}, and the light has changed.",
    "The view the other way: nothing moves but the air, while {fragment}.",
    "Very slowly, {fragment}; then stillness.",
)

LINES: Final = (
    "Do you hear that?",
    "It is later than I thought.",
    "Stay close to me.",
    "We should have gone yesterday.",
    "Look. There.",
    "I told you it would come.",
    "Not yet. Wait.",
    "There is still time.",
    "I know this sound.",
    "Then we do it together.",
)

LIGHT: Final = (
    "soft overcast light, low contrast",
    "hard low sun, long shadows",
    "one practical lamp, deep shadows",
    "cool ambient light with a warm edge",
    "backlight through haze",
)

SOUNDS: Final = (
    "wind, a distant bell",
    "footsteps on stone, room tone",
    "water moving, far voices",
    "cloth, breath, a door somewhere",
    "low rumble, birds breaking off",
)

CLOSING: Final = (
    "The view has come to rest on {setting}, everything still",
    "Very close: a single detail of {setting} fills the frame",
    "From high above {setting}, everything has become small",
)

HOURS: Final = ("early morning", "late morning", "late afternoon", "dusk", "night")
