"""Frames as pictures: whole and exact, or small."""

import io
from fractions import Fraction

import av
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PIL import Image

THUMB_WIDTH = 192
UNSPECIFIED = 2  # AVCOL_SPCUNSPECIFIED
HD_LINES = 720


def still(frame: av.VideoFrame) -> Image.Image:
    """Return a decoded frame as RGB; HD without colour tags is BT.709, not swscale's BT.601."""
    return Image.fromarray(frame.to_ndarray(format="rgb24", src_colorspace=_colours(frame)))


def png(frame: av.VideoFrame) -> bytes:
    """Return a frame as a PNG file with the pixels of `still`."""
    # FFmpeg's encoder takes half the time of Pillow's, which tries five filters on every row, and writes no more.
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 - for the type checker
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "rgb24"
    encoder.time_base = Fraction(1, 1)
    encoder.thread_count = 1
    encoder.options = {"pred": "up", "compression_level": "1"}
    plain = av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24", src_colorspace=_colours(frame)), format="rgb24")
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
