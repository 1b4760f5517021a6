"""What looking at a clip costs above decoding it: checks, stills, thumbnails, fingerprints, preview, all in one decode.

    python -m benchmarks.inspection [--json FILE] [--times N]

CPU time of this process, the best of several, the decode and the inspection in turns, so that a busy machine is busy
for both. The bare decode is strict, of picture and sound, with the same settings and threads. The parts are measured
alone, on frames already decoded and with the cache to themselves, so that they add up to less than the difference.
The proxies are what rehearsals film: of those the milliseconds count, a thousand are looked at in one process.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from benchmarks.likeness import SCENES
from onereel.adapters.film import STRICT, THUMBS, inspect
from onereel.adapters.meter import Meter, sharpness
from onereel.adapters.preview import RATE, Preview
from onereel.adapters.stills import SMALL_WIDTH, THUMB_WIDTH, Reducer, png, webp
from onereel.likeness import fingerprint
from onereel.studio.camera import Shooting, film_take
from onereel.studio.illustrator import draw

GOAL: Final = 25
"""Percent above the bare decode, of a film in full size."""
FILMS: Final = (
    ("720p", (1280, 720), 8, 0),
    ("720p, fine grain", (1280, 720), 8, 2),
    ("720p clip", (1280, 720), 8, 2.6),
    ("1080p", (1920, 1080), 8, 0),
    ("1080p clip", (1920, 1080), 8, 2.9),
    ("proxy of 8 s", (320, 180), 8, 0),
    ("proxy of 4 s", (320, 180), 4, 0),
)
"""Name, size, seconds, and grain in levels of luma. "Clip": at the bit rates the goal was set for, 9 and 25 Mbit/s;
those without any grain decode in a fifth of the time, and looking at them costs the same."""


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--times", type=int, default=9)
    said = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    print(f"load {load} on {os.cpu_count()} cores; CPU milliseconds\n")
    rows = []
    for row in films(said.times):
        rows.append(row)
        parts = "  ".join(f"{name} {value}" for name, value in row["parts_ms"].items())
        added = f"bare {row['bare_ms']:6}  whole {row['inspect_ms']:6}  +{row['added_percent']} %"
        print(f"{row['film']:16} {row['mbit_s']:5} Mbit/s  {added}  ({parts})")
    if said.json:
        said.json.write_text(json.dumps({"load": load, "goal_percent": GOAL, "films": rows}, indent=1) + "\n")


def films(times: int) -> Iterator[dict[str, Any]]:
    """Yield what each film costs."""
    opening, closing = (draw(scene, (1376, 768), (), seed=1, badge="REHEARSAL") for scene in SCENES[:2])
    with tempfile.TemporaryDirectory() as folder:
        for name, size, seconds, grain in FILMS:
            path = Path(folder) / "film.mp4"
            shot = Shooting(
                words="A storm", seconds=seconds, size=size, badge="REHEARSAL", opening=opening, closing=closing
            )
            film_take(shot, path)
            path = _grained(path, grain) if grain else path
            bare, whole = [], []
            for _ in range(times):
                bare.append(_cpu(lambda path=path: _bare(path)))
                whole.append(_cpu(lambda path=path: inspect(path)))
            yield {
                "film": name,
                "mbit_s": round(path.stat().st_size * 8 / seconds / 1e6, 1),
                "bare_ms": _ms(min(bare)),
                "inspect_ms": _ms(min(whole)),
                "added_percent": round(100 * (min(whole) / min(bare) - 1), 1),
                "parts_ms": {part: _ms(min(_cpu(work) for _ in range(3))) for part, work in parts(path)},
            }


def parts(path: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the parts of an inspection by name."""
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
    with av.open(str(path)) as film:
        heard = list(film.decode(audio=0))
    reducer, step = Reducer(), round(24 / RATE)
    small = [reducer.small(frame) for frame in frames[::step]]
    sampled = small[::2]

    def measured() -> None:
        meter = Meter(24.0)
        for frame in frames:
            meter.look(frame)
        meter.measures()

    def listened() -> None:
        meter = Meter(24.0)
        for frame in heard:
            meter.listen(frame)
        meter._ear.loudness()  # noqa: SLF001

    def previewed() -> None:
        with av.open(str(path)) as film:
            preview = Preview(film, Fraction(24, step))
            for one in small:
                preview.look(one)
            for packet in film.demux(audio=0):
                preview.listen(packet)
            preview.finish()

    yield "picture checks", measured
    yield "sound checks", listened
    yield "sharpness", lambda: [sharpness(frame) for frame in frames[:: 2 * step]]
    yield "fingerprints", lambda: [fingerprint(reducer.picture(one, frames[0])) for one in sampled]
    yield "thumbnails", lambda: [webp(reducer.picture(one, frames[0], THUMB_WIDTH)) for one in sampled[:THUMBS]]
    yield "first and last", lambda: (png(frames[0]), png(frames[-1]))
    if frames[0].width > SMALL_WIDTH:
        yield "reduced frames", lambda: [reducer.small(frame) for frame in frames[::step]]
        yield "preview", previewed


def _grained(path: Path, sigma: float) -> Path:
    """Return the film with the grain of a camera, encoded as one would."""
    rng, made = np.random.default_rng(1), path.with_suffix(".grain.mp4")
    with av.open(str(path)) as film, av.open(str(made), "w") as out:
        source = film.streams.video[0]
        picture = out.add_stream("libx264", rate=24, options={"preset": "veryfast", "crf": "18"})
        picture.width, picture.height, picture.pix_fmt = source.width, source.height, "yuv420p"
        sound = out.add_stream_from_template(film.streams.audio[0])
        grain = rng.normal(0, sigma, (source.height + 64, source.width + 64)).astype(np.int16)
        for packet in film.demux():
            if packet.stream.type == "audio" and packet.size:
                packet.stream = sound
                out.mux(packet)
                continue
            for frame in packet.decode() if packet.stream.type == "video" else ():
                planes = frame.to_ndarray()
                x, y = rng.integers(0, 64, 2)
                luma = planes[: source.height] + grain[y : y + source.height, x : x + source.width]
                planes[: source.height] = np.clip(luma, 16, 235)
                out.mux(picture.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        out.mux(picture.encode(None))
    return made


def _bare(path: Path) -> None:
    with av.open(str(path)) as film:
        for stream in film.streams:
            stream.codec_context.options = STRICT
        for packet in film.demux():
            packet.decode()


def _cpu(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


if __name__ == "__main__":
    main()
