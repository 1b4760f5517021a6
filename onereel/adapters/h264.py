"""H.264 as it lies in an MP4: parameter sets, NAL units, sync frames. No decoding.

Source: ITU-T H.264 (NAL unit types 7.4.1, parameter sets 7.3.2); ISO/IEC 14496-15, 5.3.3.1 (avcC).
"""

from dataclasses import dataclass
from typing import Self

from onereel.errors import FootageError

IDR, SPS, PPS = 5, 7, 8
LAST_PICTURE_TYPE = 5  # NAL types 1 to 5 carry the picture
LENGTH_SIZE = 4
MAX_ID = 31


@dataclass(frozen=True)
class ParameterSets:
    """A decoder configuration record: what a decoder must know before the first frame."""

    profile: int
    compatibility: int
    level: int
    length_size: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    tail: bytes

    @classmethod
    def parse(cls, avcc: bytes) -> Self:
        """Read an avcC box's payload.

        Raises:
            FootageError: It is not one (Annex B, or damaged).
        """
        try:
            version, profile, compatibility, level, lengths = avcc[:5]
            sps, rest = _read_sets(avcc[5] & 0x1F, avcc[6:])
            pps, tail = _read_sets(rest[0], rest[1:])
        except (ValueError, IndexError) as error:
            raise FootageError("the H.264 parameter sets are damaged") from error
        if version != 1 or not sps or not pps:
            raise FootageError("the H.264 parameter sets are not in MP4 form")
        return cls(profile, compatibility, level, (lengths & 3) + 1, sps, pps, tail)

    def joined(self, other: Self) -> bytes:
        """Return one avcC with both records' sets; ours first, the higher of the two levels."""
        sps, pps = (*self.sps, *other.sps), (*self.pps, *other.pps)
        head = bytes([1, self.profile, self.compatibility, max(self.level, other.level), 0xFC | (self.length_size - 1)])
        return head + bytes([0xE0 | len(sps)]) + _write_sets(sps) + bytes([len(pps)]) + _write_sets(pps) + self.tail

    def free_id(self) -> int:
        """Return the lowest parameter set id from 1 on that neither an SPS nor a PPS uses.

        Raises:
            FootageError: All 31 are taken.
        """
        taken = {_golomb(nal[4:]) for nal in self.sps} | {_golomb(nal[1:]) for nal in self.pps}
        free = [number for number in range(1, MAX_ID + 1) if number not in taken]
        if not free:
            raise FootageError("every H.264 parameter set id is taken")
        return free[0]


def _read_sets(count: int, data: bytes) -> tuple[tuple[bytes, ...], bytes]:
    sets = []
    for _ in range(count):
        size = int.from_bytes(data[:2])
        if not size or len(data) < 2 + size:
            raise IndexError
        sets.append(data[2 : 2 + size])
        data = data[2 + size :]
    return tuple(sets), data


def _write_sets(sets: tuple[bytes, ...]) -> bytes:
    return b"".join(len(nal).to_bytes(2) + nal for nal in sets)


def _golomb(data: bytes) -> int:
    """Return the unsigned Exp-Golomb number (9.1) at the start of data; ids fit into 17 bits."""
    bits = f"{int.from_bytes(data[:3].ljust(3, bytes(1))):024b}"
    zeros = bits.index("1")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1


@dataclass(frozen=True)
class Heading:
    """What precedes the picture in one access unit.

    Attributes:
        idr: The picture is an IDR: nothing after it looks back beyond it.
        sets: Parameter sets repeated in band.
    """

    idr: bool
    sets: tuple[bytes, ...]


def heading(unit: memoryview) -> Heading:
    """Read an access unit with 4-byte lengths up to its first slice.

    Raises:
        FootageError: The lengths do not add up, or there is no picture in it.
    """
    sets, at = [], 0
    while at + LENGTH_SIZE < len(unit):
        size = int.from_bytes(unit[at : at + LENGTH_SIZE])
        kind = unit[at + LENGTH_SIZE] & 0x1F
        if size == 0 or at + LENGTH_SIZE + size > len(unit):
            break
        if kind in (SPS, PPS):
            sets.append(bytes(unit[at + LENGTH_SIZE : at + LENGTH_SIZE + size]))
        elif 1 <= kind <= LAST_PICTURE_TYPE:
            return Heading(kind == IDR, tuple(sets))
        at += LENGTH_SIZE + size
    raise FootageError("an H.264 access unit holds no picture")


def with_lengths(annexb: bytes) -> bytes:
    """Return an access unit with 4-byte lengths in place of Annex B start codes."""
    # A NAL unit never ends in a zero byte (7.4.1): zeros before a start code belong to the start code.
    nals = [nal.rstrip(b"\0") for nal in annexb.split(b"\0\0\1")]
    return b"".join(len(nal).to_bytes(LENGTH_SIZE) + nal for nal in nals if nal)
