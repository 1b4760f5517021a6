"""Frames as pictures: whole and exact, or small."""

import io
from fractions import Fraction
from typing import Any

import av
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

THUMB_WIDTH = 192
UNSPECIFIED = 2  # AVCOL_SPCUNSPECIFIED
HD_LINES = 720


def still(frame: av.VideoFrame) -> Image.Image:
    """Return a decoded frame as RGB; HD without colour tags is BT.709, not swscale's BT.601."""
    return Image.fromarray(frame.to_ndarray(format="rgb24", src_colorspace=_colours(frame)))


def png(frame: av.VideoFrame) -> bytes:
    """Return a frame as a PNG file with the pixels of `still`."""
    return encoded(frame.to_ndarray(format="rgb24", src_colorspace=_colours(frame)))


def encoded(pixels: NDArray[Any]) -> bytes:
    """Return pixels, (height, width, 3), RGB, as a PNG file; 8 bits a channel."""
    # FFmpeg's encoder takes half the time of Pillow's, which tries five filters on every row, and writes no more.
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 - for the type checker
    encoder.height, encoder.width, encoder.pix_fmt = *pixels.shape[:2], "rgb24"
    encoder.time_base = encoder.sample_aspect_ratio = Fraction(1, 1)
    encoder.thread_count = 1
    encoder.options = {"pred": "up", "compression_level": "1"}
    plain = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    return b"".join(bytes(packet) for packet in (*encoder.encode(plain), *encoder.encode(None)))


def small(frame: av.VideoFrame, scaler: VideoReformatter) -> Image.Image:
    """Return a frame reduced to `THUMB_WIDTH`, RGB: what thumbnails and fingerprints are made of.

    Args:
        frame: As decoded.
        scaler: Kept by the caller, for frames of one film: to set it up costs more than to use it.
    """
    reduced = scaler.reformat(
        frame,
        width=THUMB_WIDTH,
        height=max(2, round(frame.height * THUMB_WIDTH / frame.width)),
        format="rgb24",
        src_colorspace=_colours(frame),
        interpolation=Interpolation.AREA,
        threads=1,
    )
    return Image.fromarray(reduced.to_ndarray())


def webp(image: Image.Image) -> bytes:
    """Return a thumbnail as a WebP file."""
    target = io.BytesIO()
    image.save(target, "WEBP", quality=70, method=2)
    return target.getvalue()


def _colours(frame: av.VideoFrame) -> Colorspace | None:
    return Colorspace.ITU709 if frame.colorspace == UNSPECIFIED and frame.height >= HD_LINES else None
