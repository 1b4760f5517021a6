"""What a rehearsal costs in CPU: seconds to film a clip of 8 s, to extend it by 7 s, and to draw a picture.

python benchmarks/studio.py [--json PATH]
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from onereel.models import FRAMES
from onereel.pixels import drawing_size
from onereel.studio.camera import Shooting, film_take
from onereel.studio.illustrator import draw
from onereel.studio.stamp import stamp_film, stamp_picture

BADGE = "REHEARSAL"
WORDS = "Wide shot: Mara runs down to the pier below the lighthouse. A storm at dusk."
TIMES = 3


def cpu(work: Callable[[int], int]) -> dict[str, float]:
    """Return the least CPU seconds of a few runs, after one to warm up, and the bytes made."""
    size = work(0)
    spent = []
    for turn in range(1, TIMES + 1):
        started = time.process_time()
        size = work(turn)
        spent.append(time.process_time() - started)
    return {"cpu_seconds": round(min(spent), 3), "megabytes": round(size / 1e6, 2)}


def film(resolution: str, folder: Path) -> Callable[[int], int]:
    """Return the work of filming 8 s from one keyframe into another."""
    size = drawing_size("16:9", "1K")
    opening, closing = (draw(WORDS + end, size, (), seed=1, badge=BADGE) for end in ("", " Close-up."))

    def work(turn: int) -> int:
        path = folder / f"{resolution}-{turn}.mp4"
        film_take(Shooting(WORDS, 8, FRAMES[resolution], BADGE, opening=opening, closing=closing), path)
        stamp_film(path, WORDS)
        return path.stat().st_size

    return work


def extend(resolution: str, folder: Path) -> Callable[[int], int]:
    """Return the work of extending a clip by 7 s, the whole coming back."""

    def work(turn: int) -> int:
        path = folder / f"{resolution}-longer-{turn}.mp4"
        before = folder / f"{resolution}-0.mp4"
        film_take(Shooting(WORDS, 7, FRAMES[resolution], BADGE, before=before), path)
        stamp_film(path, WORDS)
        return path.stat().st_size

    return work


def picture(size: str, *, coarse: bool = False) -> Callable[[int], int]:
    """Return the work of drawing a 16:9 picture."""

    def work(turn: int) -> int:
        drawn = draw(WORDS, drawing_size("16:9", size), (), seed=turn, badge=BADGE, coarse=coarse)
        return len(stamp_picture(drawn, WORDS))

    return work


def measure() -> dict[str, dict[str, float]]:
    """Return every figure by its name."""
    figures = {}
    with TemporaryDirectory() as folder:
        for resolution in ("180p", "720p", "1080p"):
            figures[f"film 8 s at {resolution}"] = cpu(film(resolution, Path(folder)))
            figures[f"extend by 7 s at {resolution}"] = cpu(extend(resolution, Path(folder)))
    for size in ("1K", "2K"):
        figures[f"draw at {size}"] = cpu(picture(size))
        figures[f"draw at {size}, coarse"] = cpu(picture(size, coarse=True))
    return figures


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures here too")
    path: Path | None = parser.parse_args().json
    figures = measure()
    print(f"{'':28} CPU seconds  megabytes")
    for name, figure in figures.items():
        print(f"{name:28} {figure['cpu_seconds']:11.3f} {figure['megabytes']:10.2f}")
    if path is not None:
        about = {"python": platform.python_version(), "av": av.__version__, "machine": platform.machine()}
        path.write_text(json.dumps({"benchmark": "studio", **about, "figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
