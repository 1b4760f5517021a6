"""What a sequence parameter set says about the decoder's picture buffer.

Where two parameter sets meet in one film, a decoder may throw away frames still waiting in its buffer if the new set
asks for a buffer of another size (C.4.4 allows it; OpenH264 does it: a frame lost at every seam). So ours ask for
the vendor's size.

Source: ITU-T H.264, 7.3.2.1.1 (sequence parameter set), E.1.1 (VUI), A.3.1 (buffer sizes by level).
"""

from onereel.errors import FootageError

HIGH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 244})
CHROMA_444 = 3
EXTENDED_SAR = 255
MOST_FRAMES = 16
BUFFER_MACROBLOCKS = {
    9: 396, 10: 396, 11: 900, 12: 2376, 13: 2376, 20: 2376, 21: 4752, 22: 8100, 30: 8100, 31: 18000, 32: 20480,
    40: 32768, 41: 32768, 42: 34816, 50: 110400, 51: 184320, 52: 184320, 60: 696320, 61: 696320, 62: 696320,
}  # fmt: skip
"""MaxDpbMbs by level_idc, table A-1."""


def buffered_frames(sps: bytes) -> int:
    """Return how many frames a decoder keeps for this set: as it says, or else all its level allows.

    Raises:
        FootageError: The set is damaged.
    """
    try:
        return _buffered_frames(sps)
    except (IndexError, ValueError) as error:
        raise FootageError("the H.264 sequence parameter set is damaged") from error


def _buffered_frames(sps: bytes) -> int:
    bits = _Bits(sps[4:])
    bits.ue()
    if sps[1] in HIGH_PROFILES:
        _skip_chroma(bits)
    bits.ue()
    _skip_order(bits)
    bits.ue()
    bits.take(1)
    macroblocks = (bits.ue() + 1) * (bits.ue() + 1)
    if not bits.take(1):
        macroblocks *= 2
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        bits.skip_ue(4)
    stated = _stated(bits) if bits.take(1) else None
    return min(MOST_FRAMES, BUFFER_MACROBLOCKS.get(sps[3], 0) // macroblocks) if stated is None else stated


def _stated(bits: "_Bits") -> int | None:
    """Read the VUI up to max_dec_frame_buffering; None where it is not said."""
    if bits.take(1) and bits.take(8) == EXTENDED_SAR:
        bits.take(32)
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(4)
        if bits.take(1):
            bits.take(24)
    if bits.take(1):
        bits.skip_ue(2)
    if bits.take(1):
        bits.take(65)
    if _skip_hrd(bits) + _skip_hrd(bits):
        bits.take(1)
    bits.take(1)
    if not bits.take(1):
        return None
    bits.take(1)
    bits.skip_ue(5)
    return bits.ue()


def _skip_chroma(bits: "_Bits") -> None:
    chroma = bits.ue()
    if chroma == CHROMA_444:
        bits.take(1)
    bits.skip_ue(2)
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == CHROMA_444 else 8):
            if bits.take(1):
                _skip_scaling(bits, 16 if number < 6 else 64)  # noqa: PLR2004 - six 4x4 lists, then 8x8


def _skip_scaling(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order(bits: "_Bits") -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.take(1)
        bits.skip_ue(2)
        bits.skip_ue(bits.ue())


def _skip_hrd(bits: "_Bits") -> int:
    if not bits.take(1):
        return 0
    count = bits.ue() + 1
    bits.take(8)
    for _ in range(count):
        bits.skip_ue(2)
        bits.take(1)
    bits.take(20)
    return 1


class _Bits:
    """A reader of bits and Exp-Golomb numbers."""

    def __init__(self, escaped: bytes) -> None:
        data = escaped.replace(b"\0\0\3", b"\0\0")
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def take(self, count: int) -> int:
        taken = self._bits[self._at : self._at + count]
        if len(taken) < count:
            raise IndexError
        self._at += count
        return int(taken, 2)

    def ue(self) -> int:
        zeros = self._bits.index("1", self._at) - self._at
        self._at += zeros
        return self.take(zeros + 1) - 1

    def se(self) -> int:
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)

    def skip_ue(self, count: int) -> None:
        for _ in range(count):
            self.ue()
