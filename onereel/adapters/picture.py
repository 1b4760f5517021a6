"""Pictures of our own: decoded, conformed, blended, encoded in the house profile."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.codec.context import Flags
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from onereel.adapters.film import STRICT, open_film
from onereel.adapters.h264 import ParameterSets, with_lengths
from onereel.adapters.stills import HD_LINES, UNSPECIFIED
from onereel.errors import FootageError

BT709 = (1, 1, 1, 1)
"""Colour tags of the house profile: primaries, transfer, matrix, limited range (ITU-T H.273)."""

FULL_RANGE = 2
PYRAMID_DELAY = 2
QUALITY = "17"
"""x264's constant rate factor: our frames lie between the vendor's and must not show."""


@dataclass(frozen=True)
class House:
    """The house profile: how our own frames are encoded so that they can join the vendor's.

    Attributes:
        set_id: Id of our parameter sets, one the vendor does not use.
        delay: How many frames decoding runs ahead, 0 to 2: as the vendor's, so that decoders never re-order anew.
        buffer: Frames a decoder keeps, 1 to 16: as the vendor's, or frames are lost where the sets change.
        tags: Colour primaries, transfer, matrix and range; our frames carry the vendor's numbers untouched.
    """

    width: int
    height: int
    fps: int
    profile: str = "high"
    set_id: int = 1
    delay: int = 0
    buffer: int = 1
    tags: tuple[int, int, int, int] = BT709

    def encoder(self) -> VideoCodecContext:
        """Return a fresh encoder; its first frame is an IDR frame."""
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = self.width, self.height, "yuv420p"
        codec.framerate, codec.time_base = Fraction(self.fps), Fraction(1, self.fps)
        codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range = self.tags
        codec.thread_count = 1  # x264's output depends on it
        codec.flags |= Flags.global_header
        codec.options = {"preset": "veryfast", "crf": QUALITY, "profile": self.profile, "x264-params": self._x264()}
        return codec

    def parameter_sets(self) -> ParameterSets:
        """Return the parameter sets all our frames share."""
        with av.open(io.BytesIO(self.leader())) as film:
            return ParameterSets.parse(film.streams.video[0].codec_context.extradata or b"")

    def leader(self) -> bytes:
        """Return a film of one black frame: the template of every stream that holds our frames."""
        target = io.BytesIO()
        with av.open(target, "w", format="mp4") as film:
            stream = film.add_mux_stream("h264", rate=self.fps, width=self.width, height=self.height)
            stream.time_base = Fraction(1, self.fps)
            # Annex B packets with the sets in band: the muxer makes the avcC box of them.
            codec = self.encoder()
            codec.flags &= ~Flags.global_header
            for packet in (*codec.encode(black(self.width, self.height)), *codec.encode(None)):
                packet.stream = stream
                film.mux(packet)
        return target.getvalue()

    def _x264(self) -> str:
        pyramid = "normal" if self.delay >= PYRAMID_DELAY else "none"
        return (
            f"keyint={self.fps}:min-keyint={self.fps}:scenecut=0:open-gop=0:mbtree=0:sps-id={self.set_id}"
            f":bframes={2 if self.delay else 0}:b-pyramid={pyramid}:ref=1:dpb-size={self.buffer}"
        )


@dataclass(frozen=True)
class Unit:
    """One encoded frame of ours: bytes as they lie in an MP4, and its number in screen order."""

    data: bytes
    shown: int
    sync: bool


def encode(house: House, pictures: Iterable[av.VideoFrame]) -> list[Unit]:
    """Encode pictures as closed GOPs of one second, in decoding order."""
    codec = house.encoder()
    units = []
    for number, frame in enumerate(pictures):
        # x264 obeys the decoder's picture type: left in place, it forces the vendor's GOP on us.
        frame.pict_type = PictureType.NONE
        frame.pts, frame.time_base = number, Fraction(1, house.fps)
        units += [_unit(packet) for packet in codec.encode(frame)]
    return units + [_unit(packet) for packet in codec.encode(None)]


def _unit(packet: "av.Packet[Stream]") -> Unit:
    return Unit(with_lengths(bytes(packet)), packet.pts or 0, packet.is_keyframe)


def pictures(path: Path, start: int, stop: int, fps: int, seek: int | None = None) -> Iterator[av.VideoFrame]:
    """Yield frames `start` to `stop - 1` of a take as seen at `fps`: at another rate frames repeat or drop.

    Args:
        path: The film.
        start: First frame, counted in 1/fps s from the take's first picture.
        stop: The frame after the last.
        fps: Rate of the cut.
        seek: Decoding time of the sync frame to start decoding at, in the file's ticks; None = the first.

    Raises:
        FootageError: The take is damaged, or ends before `stop`.
    """
    number = start
    with open_film(path) as film:
        picture = film.streams.video[0]
        base = picture.time_base or Fraction(1)
        begins, rate = (picture.start_time or 0) * base, picture.average_rate or Fraction(fps)
        picture.codec_context.options = STRICT
        if seek is not None:
            film.seek(seek, stream=picture)
        held, ends = None, Fraction(0)
        for frame in film.decode(picture):
            time = (frame.pts or 0) * base - begins
            # A frame is on screen at an instant if it is there in the middle of it: stamps may be rounded.
            while held is not None and number < stop and Fraction(2 * number + 1, 2 * fps) < time:
                yield held
                number += 1
            if number == stop:
                return
            held, ends = frame, time + 1 / rate
        while held is not None and number < stop and Fraction(2 * number + 1, 2 * fps) < ends:
            yield held
            number += 1
    if number < stop:
        raise FootageError(f"{path.name} ends after {number} frames; the cut shows {stop}")


def conform(frame: av.VideoFrame, house: House) -> av.VideoFrame:
    """Bring a frame to the house's size and colours: scaled to fit, never stretched, on black."""
    source, target = _matrix(frame.colorspace, frame.height), _matrix(house.tags[2], house.height)
    same = (frame.width, frame.height, frame.format.name) == (house.width, house.height, "yuv420p")
    if same and source == target and _full(frame.color_range) == _full(house.tags[3]):
        return frame
    scale = min(Fraction(house.width, frame.width), Fraction(house.height, frame.height))
    width, height = (min(most, 2 * round(side * scale / 2)) for side, most in _sides(frame, house))
    fitted = frame.reformat(
        width, height, "yuv420p",
        src_colorspace=source, dst_colorspace=target,
        src_color_range=_range(frame.color_range), dst_color_range=_range(house.tags[3]),
        interpolation="BICUBIC",
    )  # fmt: skip
    return fitted if (width, height) == (house.width, house.height) else _on_black(fitted, house)


def from_image(image: Image.Image, house: House) -> av.VideoFrame:
    """Return a drawn picture of the house's size as a frame in the house's colours."""
    return av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(
        format="yuv420p",
        dst_colorspace=_matrix(house.tags[2], house.height),
        dst_color_range=_range(house.tags[3]),
    )


def black(width: int, height: int) -> av.VideoFrame:
    """Return a black frame."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 16
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def blend(below: av.VideoFrame, above: av.VideoFrame, share: float) -> av.VideoFrame:
    """Mix two frames of one size; `share` is the upper one's, 0 to 1."""
    mixed = _planes(below) * np.float32(1 - share) + _planes(above) * np.float32(share)
    return av.VideoFrame.from_ndarray(np.rint(mixed).astype(np.uint8), format="yuv420p")


def _bytes(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return a yuv420p frame's three planes, one below the other: (height * 3 / 2, width)."""
    return frame.to_ndarray().astype(np.uint8, copy=False)


def _planes(frame: av.VideoFrame) -> NDArray[np.float32]:
    return frame.to_ndarray().astype(np.float32)


def _on_black(frame: av.VideoFrame, house: House) -> av.VideoFrame:
    canvas, image = _bytes(black(house.width, house.height)), _bytes(frame)
    left, top = (house.width - frame.width) // 4 * 2, (house.height - frame.height) // 4 * 2
    canvas[top : top + frame.height, left : left + frame.width] = image[: frame.height]
    for at in (0, 1):
        wide, small = chroma(canvas, house.width, house.height, at), chroma(image, frame.width, frame.height, at)
        wide[top // 2 : top // 2 + small.shape[0], left // 2 : left // 2 + small.shape[1]] = small
    return av.VideoFrame.from_ndarray(canvas, format="yuv420p")


def chroma(planes: NDArray[np.uint8], width: int, height: int, at: int) -> NDArray[np.uint8]:
    """Return a view of one chroma plane, (height / 2, width / 2), of a yuv420p array."""
    size = width * height // 4
    flat = planes.reshape(-1)[width * height + at * size :][:size]
    return flat.reshape(height // 2, width // 2)


def _sides(frame: av.VideoFrame, house: House) -> tuple[tuple[int, int], tuple[int, int]]:
    return (frame.width, house.width), (frame.height, house.height)


def _full(color_range: int) -> bool:
    return color_range == FULL_RANGE


def _range(color_range: int) -> ColorRange:
    return ColorRange.JPEG if _full(color_range) else ColorRange.MPEG


def _matrix(colorspace: int, height: int) -> Colorspace:
    """Return the matrix of a colour tag; without one, HD is BT.709 and the rest BT.601."""
    if colorspace == UNSPECIFIED:
        return Colorspace.ITU709 if height >= HD_LINES else Colorspace.ITU601
    return {1: Colorspace.ITU709, 9: Colorspace.BT2020, 10: Colorspace.BT2020}.get(colorspace, Colorspace.ITU601)
