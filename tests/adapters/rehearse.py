"""A studio to rehearse with: the real SDK over real HTTP, small pictures, no waiting, faults on request."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image

from onereel.adapters.connection import Connection
from onereel.adapters.courier import Patience
from onereel.footage import Media
from onereel.models import MODELS, PROXY, CameraModel, ModelTable
from onereel.studio import Latency, Studio, StudioOptions, parse_fault, running

PATIENCE = Patience(connect=2, pool=2, text=20, image=20, order=20, poll=20, download=20)


def proxy(camera: CameraModel) -> CameraModel:
    """Return a camera that also films the local studio's smallest picture."""
    limits = camera.limits.model_copy(
        update={
            "usd_per_second": {PROXY: 0.01, **camera.limits.usd_per_second},
            "extension_at": (PROXY, *camera.limits.extension_at),
        }
    )
    return camera.model_copy(update={"limits": limits})


TABLE = ModelTable(text=MODELS.text, image=MODELS.image, video={id_: proxy(one) for id_, one in MODELS.video.items()})


@dataclass
class Shelf:
    """Media by name, in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def keep(self, data: bytes, suffix: str = "png") -> Media:
        media = Media.of(data, suffix)
        self.kept[media.sha256] = data
        return media

    def fetch(self, media: Media) -> bytes:
        return self.kept[media.sha256]

    def picture(self, colour: str) -> Media:
        file = io.BytesIO()
        Image.new("RGB", (320, 180), colour).save(file, "PNG")
        return self.keep(file.getvalue())


@asynccontextmanager
async def rehearsing(
    *faults: str, patience: Patience = PATIENCE, **options: object
) -> AsyncIterator[tuple[Studio, Connection]]:
    """Open a studio where these things go wrong, and a connection to it."""
    said = StudioOptions(
        latency=Latency(text=0, image=0, video=0, extension=0),
        models=TABLE,
        faults=tuple(map(parse_fault, faults)),
        **options,
    )
    with running(said) as studio:
        connection = Connection.rehearsal(studio.url, patience)
        try:
            yield studio, connection
        finally:
            await connection.close()
