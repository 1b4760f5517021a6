"""How often a camera is asked for a film, and how long a film lies there unseen: by growing pauses, and by habit.

Films end as drawn from a distribution; time is counted, not waited. The pauses are those of `onereel.company.Patience`
and what is known of a camera is what `onereel.habits` has learned from the films before, from nothing at first.
`mixed up`: a camera that suddenly takes two and a half times as long, half-way.

    python -m benchmarks.polling [--films 400] [--seed 0] [--json PATH]

Columns: looks at a film, on average; seconds from its end to the look that finds it, on average and in the worst
twentieth.
"""

import argparse
import json
import random
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from onereel.company import Patience
from onereel.habits import KEPT, Habit, Usual

Ends = Callable[[random.Random, float], float]
SIDE_BY_SIDE = 10
"""Films under way at once: what one teaches, the others of its batch cannot know any more."""

ENDS: dict[str, Ends] = {
    "60 s, give or take 10": lambda dice, _: dice.gauss(60, 5),
    "30 to 180 s, evenly": lambda dice, _: dice.uniform(30, 180),
    "about 75 s, with a long tail": lambda dice, _: 75 * dice.lognormvariate(0, 0.35),
    "60 s, one in twenty 10 min": lambda dice, _: 600.0 if dice.random() < 0.05 else dice.gauss(60, 8),
    "50 s, then 125 s (mixed up)": lambda dice, at: dice.gauss(50, 6) * (2.5 if at > 0.5 else 1),
    "50 s, then 20 s (mixed up)": lambda dice, at: dice.gauss(50, 6) * (0.4 if at > 0.5 else 1),
    "8 s, give or take 2": lambda dice, _: max(2.0, dice.gauss(8, 1)),
}


def watched(patience: Patience, usual: Usual | None, end: float) -> tuple[int, float, float]:
    """Return how often a film is asked for, how long it lay there, and when it was last seen not to be there."""
    waited, looks, not_there = 0.0, 0, 0.0
    while True:
        waited += patience.until_next(waited, usual)
        looks += 1
        if waited >= end:
            return looks, waited - end, not_there
        not_there = waited


def measured(ends: Ends, films: int, seed: int, *, learns: bool) -> dict[str, float]:
    """Return looks and seconds unseen of many films of a camera."""
    dice, patience = random.Random(seed), Patience()  # noqa: S311 - no secret
    habit = Habit(surface="", model="", kind="video", resolution="")
    looks, unseen = [], []
    for first in range(0, films, SIDE_BY_SIDE):
        seen = []
        for number in range(first, min(films, first + SIDE_BY_SIDE)):
            end = ends(dice, number / films)
            asked, late, not_there = watched(patience, habit.usual if learns else None, end)
            looks.append(asked)
            unseen.append(late)
            seen.append((not_there + end + late) / 2)
        habit = habit.model_copy(update={"seconds": (*habit.seconds, *seen)[-KEPT:]})
    return {
        "looks": round(fmean(looks), 2),
        "unseen": round(fmean(unseen), 2),
        "unseen_p95": round(sorted(unseen)[int(0.95 * len(unseen))], 2),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "polling.json")
    args = parser.parse_args()
    print(
        f"{'films end after':32}{'looks':>8}{'by habit':>10}{'unseen s':>10}{'by habit':>10}{'p95':>8}{'by habit':>10}"
    )
    found: dict[str, Any] = {}
    for name, ends in ENDS.items():
        plain, habit = (measured(ends, args.films, args.seed, learns=learns) for learns in (False, True))
        found[name] = {"growing pauses": plain, "by habit": habit}
        print(
            f"{name:32}{plain['looks']:8.1f}{habit['looks']:10.1f}{plain['unseen']:10.2f}{habit['unseen']:10.2f}"
            f"{plain['unseen_p95']:8.2f}{habit['unseen_p95']:10.2f}"
        )
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
