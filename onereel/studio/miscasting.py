"""People drawn wrong on purpose: one too many, one missing, or somebody else's clothes and hair."""

from collections.abc import Collection
from dataclasses import replace

from onereel.studio.faults import What
from onereel.studio.scene import Person, Scene, describe


def miscast(scene: Scene, defects: Collection[What]) -> Scene:
    """Return the scene with the wrong people in it, as far as the defects say."""
    people = scene.people
    if What.WRONG_IDENTITY in defects and people:
        people = (_somebody_else(people[0]), *people[1:])
    if What.MISSING in defects:
        people = people[1:]
    if What.WRONG_COUNT in defects:
        people = (*people, describe("a character sheet of stranger: a grey coat"))
    return replace(scene, people=people)


def _somebody_else(person: Person) -> Person:
    red, green, blue = person.coat
    return replace(person, coat=(1 - red, 1 - green, 1 - blue), hair=(1 - person.hair[0], 0.2, 0.6))
