"""How fast pictures are fingerprinted and found, and how well copies are told.

    python benchmarks/likeness.py [--json likeness.json] [--quick]

Hashing: CPU time above the decode it shares, against imagehash called plainly. Search: against a plain loop and against
reading the same memory once. Recall and false positives: copies and other pictures made here from drawings of the local
studio and the photographs that come with scikit-image. Every time is the best of several; wall times suffer on a busy
machine. What looking at a film costs is measured by benchmarks/inspection.py.
"""

import argparse
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import skimage
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from onereel.likeness import MEASURED, Fingerprint, column, distance, fingerprint, near_duplicates, same_picture, search
from onereel.studio.illustrator import draw, sketch

PHOTOGRAPHS = (
    "astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png", "coins.png", "grass.png",
    "gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png", "retina.jpg",
    "rocket.jpg",
)  # fmt: skip
SCENES = (
    "Wide shot: a storm over the lighthouse at night", "Close-up: the boat at dawn", "Wide shot: desert at midday",
    "Medium shot: an old man in a yellow coat in a snowy field", "Close-up: a candle in a dark cellar",
    "Wide shot: city street in rain at night", "Medium shot: two women in a kitchen", "Wide shot: foggy harbour",
    "Close-up: a hand on a rope", "Wide shot: forest path in autumn", "Wide shot: sunset over the sea",
    "Interior: a train compartment at dusk", "Aerial: mountains under snow", "Medium shot: a child in a park",
    "Wide shot: starry night over a plain", "Close-up: a cup of coffee on a white table",
    "Wide shot: a river under a bridge in winter", "Medium shot: a pianist on a dark stage",
    "Wide shot: a factory at blue hour", "Wide shot: a market square at noon",
)  # fmt: skip
SIZES = {"1K": (1376, 768), "2K": (2752, 1536), "4K": (5504, 3072)}
SIZE = (1376, 768)

COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 90": lambda image: _jpeg(image, 90),
    "JPEG 50": lambda image: _jpeg(image, 50),
    "JPEG 20": lambda image: _jpeg(image, 20),
    "WebP 60": lambda image: _encoded(image, "WEBP", quality=60),
    "25 %": lambda image: _resized(image, 0.25),
    "50 %": lambda image: _resized(image, 0.5),
    "150 %": lambda image: _resized(image, 1.5),
    "200 %": lambda image: _resized(image, 2.0),
    "blur": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "noise": lambda image: _noisy(image, 8),
    "50 % as JPEG 40": lambda image: _jpeg(_resized(image, 0.5), 40),
}
CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "crop 2 %": lambda image: _cropped(image, 0.02),
    "crop 5 %": lambda image: _cropped(image, 0.05),
    "brighter 20 %": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "watermark": lambda image: _marked(image),  # noqa: PLW0108 - it is defined below
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="no 4K, no ten million, half the pictures")
    said = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    found = {
        "load": round(os.getloadavg()[0], 2),
        "hashing": list(shown(hashing(quick=said.quick))),
        "search": list(shown(searching(quick=said.quick))),
        "labelled": list(shown(labelled(quick=said.quick))),
    }
    if said.json:
        said.json.write_text(json.dumps(found, indent=1) + "\n")


def shown(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Print rows as they come."""
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
        yield row
    print()


def hashing(*, quick: bool) -> Iterator[dict[str, Any]]:
    """Yield CPU milliseconds of decoding a PNG and of fingerprinting what was decoded."""
    for name, size in list(SIZES.items())[: 2 if quick else 3]:
        data = draw(SCENES[0], size, (), seed=1, badge="REHEARSAL")
        image = _decoded(data)
        decode = _cpu(lambda data=data: _decoded(data))
        ours, plain = _cpu(lambda image=image: fingerprint(image)), _cpu(lambda image=image: imagehash.phash(image))
        yield {
            "size": name,
            "decode_ms": _ms(decode),
            "fingerprint_ms": _ms(ours),
            "imagehash_ms": _ms(plain),
            "added": f"{100 * ours / decode:.1f} %",
            "goal": "10 %",
        }


def searching(*, quick: bool) -> Iterator[dict[str, Any]]:
    """Yield milliseconds of finding what is within ten bits, of a plain loop, and of reading that memory once."""
    rng = np.random.default_rng(1)
    wanted = fingerprint(sketch(SCENES[0], (320, 180), (), seed=1, badge=""))
    number = int(wanted.phash, 16)
    for count in (10_000, 1_000_000, 10_000_000)[: 2 if quick else 3]:
        hashes = rng.integers(0, 2**64, count, np.uint64, endpoint=False)
        few = hashes[:10_000].tolist()
        ours = _wall(lambda hashes=hashes: search(hashes, wanted))
        once = _wall(lambda hashes=hashes: np.bitwise_or.reduce(hashes))
        loop = _wall(lambda few=few: [one for one in few if (one ^ number).bit_count() <= 10], 3) * count / len(few)
        yield {
            "hashes": count,
            "search_ms": _ms(ours),
            "loop_ms": _ms(loop),
            "memory_once_ms": _ms(once),
            "times_memory": round(ours / once, 1),
            "goal": {1_000_000: "1 ms", 10_000_000: "4 times"}.get(count, ""),
        }


def labelled(*, quick: bool) -> Iterator[dict[str, Any]]:
    """Yield recall of copies and false positives among other pictures: each change by the rule, then by threshold."""
    pictures = _pictures()[:: 2 if quick else 1]
    marks = [fingerprint(image) for image in pictures]
    copies = {name: [fingerprint(change(image)) for image in pictures] for name, change in (COPIES | CHANGES).items()}
    others = [(marks[a], marks[b]) for a, b in combinations(range(len(marks)), 2)]
    for name, changed in copies.items():
        hits = sum(same_picture(mark, copy) for mark, copy in zip(marks, changed, strict=True))
        yield {
            "change": name,
            "kind": "copy" if name in COPIES else "change",
            "same_picture": f"{hits / len(marks):.3f}",
            "bits_max": max(_bits(mark, copy) for mark, copy in zip(marks, changed, strict=True)),
        }
    benign = [pair for name in COPIES for pair in zip(marks, copies[name], strict=True)]
    seeds = [
        (fingerprint(_drawn(scene, 1)), fingerprint(_drawn(scene, seed)))
        for scene in SCENES[:: 2 if quick else 1]
        for seed in (2, 3)
    ]
    graded = [pair for name in ("brighter 20 %", "grey") for pair in zip(marks, copies[name], strict=True)]
    for bits in (2, 4, 6, 8, MEASURED.same_bits, 12, 14):
        for colour in (MEASURED.same_colour, 255.0):
            rule = MEASURED.model_copy(update={"same_bits": bits, "same_colour": colour})
            recall = sum(same_picture(a, b, rule) for a, b in benign)
            wrong = sum(same_picture(a, b, rule) for a, b in others)
            again = sum(same_picture(a, b, rule) for a, b in seeds)
            yield {
                "bits": bits,
                "colour": colour if colour < 255 else "any",
                "recall": f"{recall / len(benign):.4f}",
                "false_positives": f"{wrong} of {len(others)}",
                "other_seeds": f"{again} of {len(seeds)}",
                "graded": f"{sum(same_picture(a, b, rule) for a, b in graded)} of {len(graded)}",
                "precision": f"{recall / max(1, recall + wrong):.4f}",
                "chosen": bits == MEASURED.same_bits and colour == MEASURED.same_colour,
            }
    yield {
        "nearest_others_bits": min(_bits(a, b) for a, b in others),
        "candidates_called_one": sum(len(near_duplicates(pair)) == 1 for pair in seeds),
        "searched": len(search(column(marks), marks[0], bits=64)),
    }


def _pictures() -> list[Image.Image]:
    folder = Path(skimage.__file__).parent / "data"
    return [Image.open(folder / name).convert("RGB") for name in PHOTOGRAPHS] + [_drawn(scene, 1) for scene in SCENES]


def _drawn(scene: str, seed: int) -> Image.Image:
    picture = sketch(scene, SIZE, (), seed=seed, badge="")
    return picture.crop((0, 0, SIZE[0], round(SIZE[1] * 0.93)))  # without the strip, which is the same on all


def _bits(a: Fingerprint, b: Fingerprint) -> int:
    bits = distance(a, b).bits
    return 64 if bits is None else bits


def _encoded(image: Image.Image, kind: str, **options: int) -> Image.Image:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return Image.open(target).convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    return _encoded(image, "JPEG", quality=quality)


def _resized(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)


def _cropped(image: Image.Image, share: float) -> Image.Image:
    left, top = round(image.width * share), round(image.height * share)
    return image.crop((left, top, image.width - left, image.height - top))


def _noisy(image: Image.Image, sigma: float) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, sigma, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def _marked(image: Image.Image) -> Image.Image:
    marked = image.copy()
    ImageDraw.Draw(marked).text(
        (image.width * 0.6, image.height * 0.85), "© ONEREEL", (255, 255, 255), font_size=image.height // 12
    )
    return marked


def _decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _cpu(work: Callable[[], Any], times: int = 7) -> float:
    return _best(work, times, time.process_time)


def _wall(work: Callable[[], Any], times: int = 40) -> float:
    return _best(work, times, time.perf_counter)


def _best(work: Callable[[], Any], times: int, clock: Callable[[], float]) -> float:
    best = float("inf")
    for _ in range(times):
        began = clock()
        work()
        best = min(best, clock() - began)
    return best


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 3)


if __name__ == "__main__":
    main()
