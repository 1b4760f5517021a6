"""A small copy of a film, made while it is decoded: a few pictures a second and all of its sound."""

import io
import logging
from fractions import Fraction
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream

from onereel.adapters.stills import SMALL_WIDTH

log = logging.getLogger(__name__)

RATE: Final = 4
"""Pictures a second, about: as many as the judge of takes looks at, and enough for a person to follow."""

_OPTIONS: Final[dict[str, object]] = {"preset": "ultrafast", "qp": "26", "x264-params": "keyint=12:scenecut=0"}
"""A constant quantiser, 42 dB: to aim at a quality x264 looks at each picture twice, for a third of the time."""


class Preview:
    """Writes the small copy of one film, H.264 with the sound as it came."""

    def __init__(self, film: InputContainer, rate: Fraction) -> None:
        """Begin it, at so many pictures a second."""
        picture = film.streams.video[0]
        self._size = SMALL_WIDTH, max(2, round(picture.height * SMALL_WIDTH / picture.width / 2) * 2)
        self._file = io.BytesIO()
        self._copy = av.open(self._file, "w", format="mp4")
        self._beat = 1 / rate
        self._picture = self._copy.add_stream("libx264", rate=rate)
        self._picture.width, self._picture.height = self._size
        self._picture.pix_fmt = "yuv420p"
        context = self._picture.codec_context
        context.thread_count, context.time_base = 1, self._beat
        self._picture.options = {**_OPTIONS}
        sound = film.streams.audio[:1]
        self._sound: AudioStream | None = self._copy.add_stream_from_template(sound[0]) if sound else None
        self._shown = 0

    def look(self, small: av.VideoFrame) -> None:
        """Take the next picture in, as small as it is shown."""
        small.pts, small.time_base = self._shown, self._beat
        small.pict_type = av.video.frame.PictureType.NONE
        self._shown += 1
        self._copy.mux(self._picture.encode(small))

    def listen(self, packet: "av.Packet[Stream]") -> None:
        """Copy a packet of sound that was decoded."""
        if self._sound is None or not packet.size:
            return
        packet.stream = self._sound
        try:
            self._copy.mux(packet)
        except av.error.FFmpegError as error:  # odd time stamps: the film is sound, its copy goes on without
            log.warning("a preview lost its sound: %s", error.strerror)
            self._sound = None

    def finish(self) -> bytes:
        """Return the file."""
        self._copy.mux(self._picture.encode(None))
        self._copy.close()
        return self._file.getvalue()
