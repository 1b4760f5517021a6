"""Frames as pictures: whole and exact, or small."""

import io
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PIL import Image

from onereel.png import write_png

if TYPE_CHECKING:
    from typing_extensions import Buffer

THUMB_WIDTH = 192
SMALL_WIDTH = 320
"""Pixels across of what is sampled, and of previews."""
UNSPECIFIED = 2  # AVCOL_SPCUNSPECIFIED
HD_LINES = 720


def still(frame: av.VideoFrame) -> Image.Image:
    """Return a decoded frame as RGB; HD without colour tags is BT.709, not swscale's BT.601."""
    return Image.fromarray(frame.to_ndarray(format="rgb24", src_colorspace=_colours(frame)))


def png(frame: av.VideoFrame) -> bytes:
    """Return a frame as a PNG file with the pixels of `still`."""
    plane = frame.reformat(format="rgb24", src_colorspace=_colours(frame)).planes[0]
    rows = np.frombuffer(memoryview(cast("Buffer", plane)), np.uint8).reshape(-1, plane.line_size)
    return write_png(rows[:, : frame.width * 3].reshape(frame.height, frame.width, 3))


class Reducer:
    """Makes frames of one film small, once each: samples, thumbnails and the preview are made of the same."""

    def __init__(self) -> None:
        # To set a scaler up costs more than to use it, so there is one for each step.
        self._scaler, self._painter = VideoReformatter(), VideoReformatter()

    def small(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return a frame `SMALL_WIDTH` pixels wide, an even number high; a narrower one as it is, even."""
        width = min(SMALL_WIDTH, frame.width // 2 * 2)
        height = max(2, round(frame.height * width / frame.width / 2) * 2)
        return self._scaler.reformat(
            frame, width=width, height=height, format="yuv420p", interpolation=Interpolation.AREA, threads=1
        )

    def picture(self, small: av.VideoFrame, frame: av.VideoFrame, width: int = 0) -> Image.Image:
        """Return a small frame as RGB.

        Args:
            small: As `small` returned it.
            frame: One of the film it was made of; its size says which colours are meant.
            width: Pixels across; 0 for as many as the small frame has.
        """
        wide = width or small.width
        painted = self._painter.reformat(
            small,
            width=wide,
            height=max(2, round(small.height * wide / small.width)),
            format="rgb0",  # as Pillow stores it: half the time of rgb24
            src_colorspace=_colours(frame),
            interpolation=Interpolation.AREA,
            threads=1,
        )
        plane, size = painted.planes[0], (painted.width, painted.height)
        pixels = memoryview(cast("Buffer", plane))
        return Image.frombytes("RGB", size, pixels, "raw", "RGBX", plane.line_size, 1)


def webp(picture: Image.Image) -> bytes:
    """Return a small picture as a WebP file."""
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=70, method=0)
    return target.getvalue()


def _colours(frame: av.VideoFrame) -> Colorspace | None:
    return Colorspace.ITU709 if frame.colorspace == UNSPECIFIED and frame.height >= HD_LINES else None
