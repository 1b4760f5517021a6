"""Frames as pictures: whole and exact, or small."""

import io

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PIL import Image

from onereel.png import write_png

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
    pixels = frame.to_ndarray(format="rgb24", src_colorspace=_colours(frame))
    return write_png(pixels.astype(np.uint8, copy=False))


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

    def picture(self, small: av.VideoFrame, frame: av.VideoFrame) -> Image.Image:
        """Return a small frame as RGB.

        Args:
            small: As `small` returned it.
            frame: What it was made of; its size says which colours are meant.
        """
        return Image.fromarray(
            self._painter.reformat(small, format="rgb24", src_colorspace=_colours(frame), threads=1).to_ndarray()
        )


def thumb(picture: Image.Image, width: int = THUMB_WIDTH) -> bytes:
    """Return a small picture as a thumbnail, so many pixels wide, a WebP file."""
    target = io.BytesIO()
    if width != picture.width:
        picture = picture.resize((width, max(2, round(picture.height * width / picture.width))), Image.Resampling.BOX)
    picture.save(target, "WEBP", quality=70, method=0)
    return target.getvalue()


def _colours(frame: av.VideoFrame) -> Colorspace | None:
    return Colorspace.ITU709 if frame.colorspace == UNSPECIFIED and frame.height >= HD_LINES else None
