"""An editor opens the folder of a cut: every timeline finds every file beside it."""

import opentimelineio as otio
import pysubs2
import pytest

from onereel.adapters.film import verify
from onereel.delivering import Story, deliver
from onereel.errors import BadInput
from onereel.exporting import export
from onereel.filming import takes_of
from onereel.writing import Board
from tests.productions import DAY, board, film, framed, keyframes, planned, setup_of

ROWS = (
    {"dialogue": ["Mara: Not <b>yet</b> {now}."], "note": "Hold on the door."},
    {"transition": "fade"},
)


@pytest.fixture
async def delivered(company):
    """A cut of two shots, the first with two takes."""
    rows = board(*ROWS)
    found = planned(rows)
    stills = await keyframes(company, found)
    takes = {}
    for shot, sample in (("s010", 1), ("s010", 2), ("s020", 1)):
        setup = setup_of(found, rows, shot, framed(found, stills, shot), sample=sample)
        takes[shot] = await film(company, setup)
    kept = Board(version=1, source="a", storyboard=rows, at=f"{DAY}T00:00:00Z")
    return await deliver(company, Story(found, kept, takes, stills))


async def test_every_timeline_finds_its_files_in_the_folder(company, delivered, tmp_path):
    folder = tmp_path / "edit"

    files = export(company.vault, delivered, folder)

    assert all(path.is_file() for path in files)
    cut = otio.adapters.read_from_file(str(folder / "cut.otio"))
    clips = list(cut.tracks[0].find_clips())
    assert [clip.media_reference.target_url for clip in cut.tracks[1].find_clips()] == [
        clip.media_reference.target_url for clip in clips
    ]
    assert [len(clip.media_references()) for clip in clips] == [2, 1]
    assert clips[0].active_media_reference_key == "lighthouse/s010/t02"
    assert [marker.name for marker in clips[0].markers] == [
        "Action 1",
        "Hold on the door.",
        "came out the same as lighthouse/s010/t01",
    ]
    links = {one.target_url for clip in clips for one in clip.media_references().values()}
    assert links == {
        f"takes/{take.shot}_t{take.number:02d}.mp4" for shot in ("s010", "s020") for take in takes_of(company, shot)
    }
    assert all(verify(folder / link).seconds == 4 for link in links)
    xml = otio.adapters.read_from_file(str(folder / "cut.xml"), "fcp_xml")
    xml = xml if isinstance(xml, otio.schema.Timeline) else xml[0]
    assert [track.kind for track in xml.tracks] == ["Video", "Audio"]
    edl = otio.adapters.read_from_file(str(folder / "cut.edl"), "cmx_3600", rate=24)
    for told in (xml, edl):
        shown = list(told.tracks[0].find_clips())
        assert [clip.media_reference.target_url for clip in shown] == ["takes/s010_t02.mp4", "takes/s020_t01.mp4"]
        assert [clip.source_range.duration.to_frames() for clip in shown] == [96, 96]
    said = pysubs2.load(str(folder / "captions.srt"))
    assert said[0].plaintext == "Mara: Not ‹b›yet‹/b› (now)."
    assert "captions.srt" in delivered.papers
    with pytest.raises(BadInput, match="holds something already"):
        export(company.vault, delivered, folder)
