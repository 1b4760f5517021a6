"""Media by digest, and what was measured of it."""

import hashlib

from pydantic import Field

from onereel.noun import Noun

CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip",
    "otio": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Content type of each suffix the vault keeps."""


class Media(Noun):
    """A file in the vault, named by what is in it. Bytes never travel between tasks; this does."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Digest of the bytes.")
    suffix: str = Field(pattern=r"^[a-z0-9]{2,7}$", description="File type without the dot: png, jpg, mp4, json.")
    size: int = Field(ge=0, description="Length in bytes.")

    @property
    def key(self) -> str:
        """Object key in the vault."""
        return f"media/{self.sha256[:2]}/{self.sha256}.{self.suffix}"

    @property
    def content_type(self) -> str:
        """MIME type, by suffix."""
        return CONTENT_TYPES.get(self.suffix, "application/octet-stream")

    @classmethod
    def of(cls, data: bytes, suffix: str) -> "Media":
        """Return the name these bytes would have in the vault."""
        return cls(sha256=hashlib.sha256(data).hexdigest(), suffix=suffix, size=len(data))


class Footage(Noun):
    """A film file that was decoded from end to end, and what was found in it."""

    seconds: float = Field(gt=0, description="Length of the picture in seconds: frames / fps.")
    frames: int = Field(gt=0, description="Pictures decoded.")
    width: int = Field(gt=0, description="Pixels.")
    height: int = Field(gt=0, description="Pixels.")
    fps: float = Field(gt=0, description="Pictures a second.")
    audio_seconds: float = Field(ge=0, description="Length of the sound in seconds; 0 when there is none.")
