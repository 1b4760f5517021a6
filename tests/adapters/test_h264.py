"""Parameter sets are read and joined to the letter."""

import av
import pytest

from onereel.adapters.h264 import ParameterSets, heading, with_lengths
from onereel.errors import FootageError
from tests.film_fixtures import film


@pytest.fixture(scope="module")
def avcc(tmp_path_factory) -> bytes:
    with av.open(str(film(tmp_path_factory.mktemp("h264") / "take.mp4", frames=2))) as opened:
        return opened.streams.video[0].codec_context.extradata


def test_a_record_reads_back_as_it_was_written(avcc):
    sets = ParameterSets.parse(avcc)

    assert sets.joined(sets) == sets.joined(sets)
    assert ParameterSets.parse(sets.joined(sets)).sps == sets.sps * 2


def test_our_id_is_one_the_vendor_does_not_use(avcc):
    sets = ParameterSets.parse(avcc)

    assert sets.free_id() == 1


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\1gd", b"\1\x64\0\x0c\xff\xe1\xff\xff"])
def test_what_is_not_a_record_is_refused(damage):
    with pytest.raises(FootageError, match="parameter sets"):
        ParameterSets.parse(damage)


def test_the_joined_record_promises_the_higher_level(avcc):
    sets = ParameterSets.parse(avcc)
    high = ParameterSets.parse(avcc[:3] + bytes([52]) + avcc[4:])

    assert ParameterSets.parse(sets.joined(high)).level == 52


def test_start_codes_become_lengths():
    assert with_lengths(b"\0\0\0\1\x67ab\0\0\1\x65c") == b"\0\0\0\3\x67ab\0\0\0\2\x65c"


def test_an_idr_frame_and_repeated_sets_are_seen():
    unit = with_lengths(b"\0\0\1\x67ab\0\0\1\x68c\0\0\1\x65d")

    assert heading(memoryview(unit)).idr
    assert heading(memoryview(unit)).sets == (b"\x67ab", b"\x68c")


@pytest.mark.parametrize("unit", [b"", b"\0\0\0\xff\x65", b"\0\0\0\2\x06a", bytes(12)])
def test_a_unit_without_a_picture_is_refused(unit):
    with pytest.raises(FootageError, match="holds no picture"):
        heading(memoryview(unit))
