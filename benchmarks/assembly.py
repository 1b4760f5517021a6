"""How long does joining 50 takes take, against the least it could?

Fifty takes of 8 s at 720p (five films in fifty files; grain, GOP 24, AAC with priming) are assembled. In the same run:
(a) the picture's packets are copied and the sound is decoded and encoded once, with nothing else done;
(b) the bytes are copied; (c) a part is encoded again as a whole and scaled to the full length.

    python benchmarks/assembly.py [--json PATH] [--takes N]
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from onereel.adapters.master import assemble
from onereel.cut import Clip, Cut
from onereel.footage import Media

WIDTH, HEIGHT, FPS, SECONDS, RATE = 1280, 720, 24, 8, 48_000
FRAMES = FPS * SECONDS
DISTINCT = 5
FLASH_FRAME = FPS // 2
ENCODED_AGAIN = 2
ROUNDS = 3


@dataclass(frozen=True)
class Row:
    """One measurement; the fastest of its rounds."""

    name: str
    wall: float
    cpu: float


def film_take(path: Path, seed: int) -> None:
    """Film a grainy moving take with a flash and a click half a second into every second."""
    rng = np.random.default_rng(seed)
    grain = rng.normal(0, 7, (HEIGHT + 64, WIDTH + 64)).astype(np.float32)
    base = 90 + 60 * np.sin((np.arange(WIDTH) + 90 * seed) / 70) * np.cos(np.arange(HEIGHT)[:, None] / 50)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        picture = out.add_stream("libx264", rate=FPS, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
        picture.codec_context.options = {
            "preset": "ultrafast",
            "crf": "26",
            "x264-params": "keyint=24:min-keyint=24:scenecut=0:bframes=2",
        }
        sound = out.add_stream("aac", rate=RATE, layout="stereo", bit_rate=128_000, options={"aac_coder": "fast"})
        for number in range(FRAMES):
            y, x = rng.integers(0, 64, 2)
            luma = np.roll(base, 3 * number, axis=1) + grain[y : y + HEIGHT, x : x + WIDTH]
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = 235 if number % FPS == FLASH_FRAME else np.clip(luma, 16, 200)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts = number
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        for start, samples in frames_of(clicks(rng)):
            out.mux(sound.encode(audio_frame(samples, start)))
        out.mux(sound.encode(None))


def distinct(source: Path, target: Path, number: int) -> Path:
    """Copy a take and append an empty box with a number: another digest, so nothing is indexed only once."""
    target.write_bytes(source.read_bytes() + (12).to_bytes(4) + b"free" + number.to_bytes(4))
    return target


def clicks(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a take's sound: noise, and a click where the picture flashes."""
    wave = rng.normal(0, 0.02, (2, SECONDS * RATE)).astype(np.float32)
    for second in range(SECONDS):
        at = second * RATE + FLASH_FRAME * RATE // FPS
        wave[:, at : at + 240] = 0.9
    return wave


def frames_of(wave: NDArray[np.float32]) -> list[tuple[int, NDArray[np.float32]]]:
    """Cut sound into AAC frames."""
    return [(at, wave[:, at : at + 1024]) for at in range(0, wave.shape[1], 1024)]


def audio_frame(samples: NDArray[np.float32], pts: int) -> av.AudioFrame:
    """Wrap samples as a frame."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts = RATE, pts
    return frame


def measured(name: str, work: Callable[[], object], rounds: int = ROUNDS) -> Row:
    """Run some work and keep the fastest round."""
    rows = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        rows.append(Row(name, time.perf_counter() - wall, time.process_time() - cpu))
    return Row(name, min(row.wall for row in rows), min(row.cpu for row in rows))


def floor(takes: list[Path], target: Path) -> None:
    """Copy packets of the picture, encode the sound once; no decisions, no fitting, no checks."""
    ticks = 0
    with av.open(str(takes[0])) as first, av.open(str(target), "w", options={"movflags": "+faststart"}) as out:
        picture = out.add_stream_from_template(first.streams.video[0])
        sound = out.add_stream("aac", rate=RATE, layout="stereo", bit_rate=192_000, options={"aac_coder": "fast"})
        for number, path in enumerate(takes):
            with av.open(str(path)) as take:
                stream = take.streams.video[0]
                heard = [frame.to_ndarray() for frame in take.decode(audio=0)]
                for start, samples in frames_of(np.concatenate(heard, axis=1)[:, : SECONDS * RATE]):
                    out.mux(sound.encode(audio_frame(samples, number * SECONDS * RATE + start)))
                take.seek(0)
                for packet in take.demux(stream):
                    if packet.size:
                        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
                        packet.stream = picture
                        out.mux(packet)
                ticks += stream.duration
        out.mux(sound.encode(None))


def byte_copy(takes: list[Path], target: Path) -> None:
    """Copy the bytes and nothing else."""
    with target.open("wb") as out:
        for path in takes:
            with path.open("rb") as take:
                shutil.copyfileobj(take, out, 1 << 20)


def encode_again(takes: list[Path], target: Path) -> None:
    """Decode and encode picture and sound."""
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as out:
        picture = out.add_stream("libx264", rate=FPS, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
        picture.codec_context.options = {"preset": "veryfast", "crf": "20"}
        sound = out.add_stream("aac", rate=RATE, layout="stereo", bit_rate=192_000, options={"aac_coder": "fast"})
        number = samples = 0
        for path in takes:
            with av.open(str(path)) as take:
                for frame in take.decode(video=0, audio=0):
                    if isinstance(frame, av.VideoFrame):
                        frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, FPS), 0
                        out.mux(picture.encode(frame))
                        number += 1
                    else:
                        frame.pts, frame.time_base = samples, Fraction(1, RATE)
                        out.mux(sound.encode(frame))
                        samples += frame.samples
        out.mux(picture.encode(None))
        out.mux(sound.encode(None))


def apart(master: Path, seconds: int) -> float:
    """Return how far flash and click of the last second are apart, in seconds, decoded and counted by samples."""
    with av.open(str(master)) as film:
        film.seek(int((seconds - 1) * av.time_base))
        flashes = [frame.time for frame in film.decode(video=0) if frame.to_ndarray()[:HEIGHT].mean() > 220]
    with av.open(str(master)) as film:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    loud = np.flatnonzero(np.abs(heard[(seconds - 1) * RATE :]) > 0.4)
    return abs((seconds - 1) + float(loud[0]) / RATE - flashes[-1])


def cut_of(takes: list[Path]) -> tuple[Cut, dict[str, Path]]:
    """Return the cut that shows every take as a whole."""
    media = {path: Media.of(path.read_bytes(), "mp4") for path in set(takes)}
    clips = tuple(
        Clip(shot=f"s{k:03d}", slate=f"bench/s{k:03d}/t01", media=media[path], frames=FRAMES)
        for k, path in enumerate(takes)
    )
    cut = Cut(production="bench", width=WIDTH, height=HEIGHT, clips=clips)
    return cut, {noun.sha256: path for path, noun in media.items()}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "assembly.json")
    parser.add_argument("--takes", type=int, default=50)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = run(Path(name), args.takes)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(found, indent=2) + "\n")


def run(folder: Path, count: int) -> dict[str, object]:
    """Film the takes, measure all ways of joining them, print the table and return the figures."""
    films = [folder / f"take{k}.mp4" for k in range(min(DISTINCT, count))]
    for seed, path in enumerate(films):
        film_take(path, seed)
    takes = [distinct(films[k % len(films)], folder / f"s{k:03d}.mp4", k) for k in range(count)]
    cut, paths = cut_of(takes)
    ours = measured("assemble", lambda: assemble(cut, paths, folder / "master.mp4"))
    least = measured("(a) packet copy + one sound encode", lambda: floor(takes, folder / "floor.mp4"))
    copy = measured("(b) byte copy", lambda: byte_copy(takes, folder / "bytes"))
    part = measured("", lambda: encode_again(takes[:ENCODED_AGAIN], folder / "again.mp4"), rounds=1)
    scale = count / min(ENCODED_AGAIN, count)
    again = Row(f"(c) whole re-encode, {ENCODED_AGAIN} takes scaled", part.wall * scale, part.cpu * scale)
    rows = [ours, least, copy, again]
    drift = apart(folder / "master.mp4", count * SECONDS)
    size = sum(path.stat().st_size for path in takes)
    print(f"{count} takes of {SECONDS} s, {WIDTH}x{HEIGHT}, {size / 1e6:.0f} MB, best of {ROUNDS} rounds\n")
    print(f"{'':38}{'wall s':>9}{'CPU s':>9}{'wall / (a)':>12}{'CPU / ours':>12}")
    for row in rows:
        print(f"{row.name:38}{row.wall:9.2f}{row.cpu:9.2f}{row.wall / least.wall:12.2f}{row.cpu / ours.cpu:12.2f}")
    print(f"\nflash and click of the last second: {drift * 1000:.1f} ms apart (a frame is {1000 / FPS:.1f} ms)")
    return {
        "takes": count,
        "bytes": size,
        "rows": [asdict(row) for row in rows],
        "wall_over_floor": ours.wall / least.wall,
        "cpu_over_floor": ours.cpu / least.cpu,
        "reencode_cpu_over_ours": again.cpu / ours.cpu,
        "last_second_apart_seconds": drift,
    }


if __name__ == "__main__":
    main()
