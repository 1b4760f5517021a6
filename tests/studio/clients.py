"""The unmodified SDK, pointed at a studio in the three ways there are; small pictures; waiting for film."""

import base64
import io
import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import av
import imagehash
import numpy as np
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from PIL import Image

from onereel.studio import Latency, Studio, StudioOptions, parse_fault, running

QUICK = Latency(text=0, image=0, video=0, extension=0)
VEO = "veo-3.1-generate-001"
LITE = "veo-3.1-lite-generate-001"
OMNI = "gemini-omni-1.2-flash"
PRO = "gemini-3-pro-image"
BANANA = "gemini-nano-banana-2.1"
FLASH = "gemini-3.8-flash"


@contextmanager
def studio_with(*faults: str, **options) -> Iterator[Studio]:
    """A studio without waiting, where these things go wrong."""
    with running(StudioOptions(**{"latency": QUICK, "faults": tuple(map(parse_fault, faults)), **options})) as studio:
        yield studio


# A client nobody holds is closed while it is in use (SDK 3.4.0), so they are kept.
@cache
def gemini(studio: Studio, version: str | None = None) -> genai.Client:
    retry = types.HttpRetryOptions(attempts=1)
    return genai.Client(
        api_key="k", http_options=types.HttpOptions(base_url=studio.url, api_version=version, retry_options=retry)
    )


@cache
def platform(studio: Studio) -> genai.Client:
    return genai.Client(
        enterprise=True,
        project="p",
        location="us-central1",
        credentials=Credentials("token"),
        http_options=types.HttpOptions(base_url=studio.url),
    )


@cache
def express(studio: Studio) -> genai.Client:
    return genai.Client(enterprise=True, api_key="k", http_options=types.HttpOptions(base_url=studio.url))


def ask(studio: Studio, path: str, body: dict | None = None, headers: dict | None = None) -> tuple[int, dict]:
    """Answer of a plain HTTP call: status and JSON; a POST where there is a body."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(studio.url + path, data, headers or {"x-goog-api-key": "k"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def png(colour: str = "navy", size: tuple[int, int] = (320, 180)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def still(data: bytes) -> types.Image:
    return types.Image(image_bytes=data, mime_type="image/png")


def film(client: genai.Client, prompt: str | None = "A storm", **asked):
    """Order a film and wait for the end of its operation."""
    return finished(client, order(client, prompt, **asked))


def order(client: genai.Client, prompt: str | None = "A storm", *, model: str = VEO, image=None, video=None, **config):
    """Order a film: the smallest and shortest, unless asked otherwise."""
    return client.models.generate_videos(
        model=model,
        source=types.GenerateVideosSource(prompt=prompt, image=image, video=video),
        config=types.GenerateVideosConfig(**{"resolution": "180p", "duration_seconds": 4, **config}),
    )


def finished(client: genai.Client, operation):
    for _ in range(400):
        if operation.done:
            return operation
        time.sleep(0.02)
        operation = client.operations.get(operation)
    raise AssertionError("never done")


def filmed(operation) -> bytes:
    return operation.response.generated_videos[0].video.video_bytes


def order_by_hand(studio: Studio, instance: dict, model: str = VEO, **parameters) -> tuple[int, dict]:
    """Order a film without the SDK, which checks some rules itself."""
    path = f"/v1beta1/projects/p/locations/l/publishers/google/models/{model}:predictLongRunning"
    return ask(studio, path, {"instances": [instance], "parameters": {"resolution": "180p", **parameters}})


def interact(client: genai.Client, said="A storm", *, task: str = "", model: str = OMNI, seconds: int = 3, **asked):
    """Create an interaction: the smallest and shortest film, unless asked otherwise."""
    shape = {"type": "video", "duration": f"{seconds}s", "resolution": "180p", **asked.pop("shape", {})}
    if task:
        asked["generation_config"] = {"video_config": {"task": task}, **asked.get("generation_config", {})}
    return client.interactions.create(model=model, input=said, response_format=shape, **asked)


def settled(client: genai.Client, interaction):
    """Wait for the end of a background interaction."""
    for _ in range(400):
        if interaction.status != "in_progress":
            return interaction
        time.sleep(0.02)
        interaction = client.interactions.get(interaction.id)
    raise AssertionError("never settled")


def seen(data: bytes) -> dict:
    """A picture as an interaction takes it."""
    return {"type": "image", "data": base64.b64encode(data).decode(), "mime_type": "image/png"}


def spoken(interaction) -> bytes:
    """The film of an interaction."""
    return base64.b64decode(interaction.output_video.data)


def draw(client: genai.Client, contents="A storm over a lighthouse", *, model: str = PRO, **config):
    return client.models.generate_content(
        model=model, contents=contents, config=types.GenerateContentConfig(**config) if config else None
    )


def picture_in(response) -> Image.Image:
    """The last picture of an answer: interim ones come before it."""
    return Image.open(io.BytesIO([part.inline_data.data for part in response.parts if part.inline_data][-1]))


def part(data: bytes) -> types.Part:
    return types.Part.from_bytes(data=data, mime_type="image/png")


def frames_of(data: bytes | Path) -> list[Image.Image]:
    """Every picture of a film, decoded."""
    with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def plain_film(seconds: float, size: tuple[int, int] = (320, 180), fps: int = 24) -> bytes:
    """A silent grey film that somebody else's encoder made."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        grey = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
        for _ in range(round(seconds * fps)):
            container.mux(picture.encode(av.VideoFrame.from_ndarray(grey, format="yuv420p")))
        container.mux(picture.encode(None))
    return file.getvalue()


def sound_seconds(data: bytes) -> float:
    with av.open(io.BytesIO(data)) as container:
        if not container.streams.audio:
            return 0.0
        return sum(frame.samples for frame in container.decode(audio=0)) / 48_000


def distance(one: Image.Image, other: Image.Image) -> int:
    """Perceptual distance: 0 the same picture, about 32 unrelated ones."""
    return int(imagehash.phash(one) - imagehash.phash(other))
