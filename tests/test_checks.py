"""A take is checked when it arrives: whole, moving, lit, heard, and the pictures that were asked."""

import pytest
from PIL import Image

from onereel.adapters.film import inspect, verify
from onereel.adapters.pictures import fit, inspect_picture
from onereel.checks import Ends, Wanted, check_footage, check_picture, check_take
from onereel.drift import Alike, HopDrift, Recognised, drifts, judge_drift
from onereel.footage import Media
from onereel.studio.camera import Shooting, film_take
from onereel.studio.defects import smudge, spoil
from onereel.studio.faults import parse_fault
from onereel.studio.illustrator import draw
from onereel.takes import Looks
from tests.film_fixtures import film
from tests.photographs import photographs
from tests.pictures_drawn import encoded

ORDERED = Wanted(seconds=4, width=160, height=96)
SIZE = (320, 180)
MEDIA = Media.of(b"anything", "png")


def keyframe(words):
    return draw(words, (688, 384), (), seed=1, badge="REHEARSAL", coarse=True)


NIGHT = keyframe("Wide shot: a starry night sky over a plain")
BOAT = keyframe("Close-up: the boat at dawn")
ENDS = Ends(*(inspect_picture(fit(one, SIZE)).fingerprint for one in (NIGHT, BOAT)))


@pytest.fixture
def filmed(tmp_path):
    """Films a take with a defect planted, and returns what one decode measured."""

    def work(defect="", **asked) -> Looks:
        shooting = Shooting(**{"words": "A storm", "seconds": 4, "size": SIZE, "badge": "R", "opening": NIGHT, **asked})
        film_take(spoil(shooting, [parse_fault(f"video:1:{defect}")] if defect else []), tmp_path / "take.mp4")
        return looks_of(tmp_path / "take.mp4")

    return work


def looks_of(path) -> Looks:
    seen = inspect(path)
    return Looks(footage=seen.footage, first=MEDIA, last=MEDIA, thumbs=(), samples=seen.samples, measures=seen.measures)


def found(looks, ends=ENDS):
    verdict = check_take(looks, Wanted(looks.footage.seconds, *SIZE), ends)
    assert verdict.accepted == (not verdict.findings)
    return {finding.code: finding for finding in verdict.findings}


@pytest.mark.parametrize("closing", [None, BOAT])
def test_a_clean_take_has_no_findings_however_slowly_it_moves(filmed, closing):
    assert found(filmed(closing=closing, seconds=8), ENDS if closing else Ends(ENDS.opening)) == {}


@pytest.mark.parametrize(
    ("defect", "code", "seconds", "value"),
    [
        ("black", "black", 4 / 3, 4 / 3),
        ("frozen", "frozen", 0.6, 2.8),
        ("loop", "loop", 1.0, None),
        ("jump", "cut", 2.4, None),
        ("clipped", "white", 0.0, None),
        ("letterbox", "letterbox", None, 0.12),
        ("mute", "silent", None, -120),
        ("wrong-start", "not-the-opening", 0.0, None),
        ("wrong-end", "not-the-closing", 3.958, None),
    ],
)
def test_a_planted_defect_is_found_with_its_time_and_its_number(filmed, defect, code, seconds, value):
    finding = found(filmed(defect, opening=BOAT, closing=NIGHT), Ends(ENDS.closing, ENDS.opening))[code]

    assert finding.seconds == (seconds if seconds is None else pytest.approx(seconds, abs=0.3))
    assert finding.value == (finding.value if value is None else pytest.approx(value, abs=0.3))
    assert finding.limit is not None


def test_an_extension_that_goes_soft_and_warm_is_found_to_drift(filmed, tmp_path):
    filmed(opening=BOAT)
    before = (tmp_path / "take.mp4").rename(tmp_path / "before.mp4")

    clean, warm = (
        drifts(filmed(defect, before=before, opening=None, seconds=7).samples, (4, 7)) for defect in ("", "drift")
    )

    assert judge_drift(clean, accept=0.6).accepted
    assert {finding.code for finding in judge_drift(warm, accept=0.6).findings} == {"drift-colour"}
    assert warm[0].sharpness < clean[0].sharpness


HOP = HopDrift(hop=2, seconds=11, length=7, bits=3, colour=1.0, sharpness=1.0)


@pytest.mark.parametrize(
    ("recognised", "accepted", "told"),
    [
        (None, True, "3 bits"),
        (Recognised(people=(Alike(name="Mara", score=0.6),)), True, "Mara 0.60 like the references"),
        (Recognised(people=(Alike(name="Mara", score=0.59, reasons="grey hair"),)), False, "Mara 0.59"),
        (Recognised(), True, "nobody to be recognised at its end"),
        (Recognised(unheard="filtered"), True, "nobody compared its people: filtered"),
    ],
)
def test_somebody_who_left_the_picture_or_whom_nobody_compared_has_not_drifted(recognised, accepted, told):
    verdict = judge_drift([HOP.model_copy(update={"recognised": recognised})], accept=0.6)

    assert verdict.accepted is accepted
    assert told in verdict.reasons
    assert [(one.code, one.seconds, one.limit) for one in verdict.findings] == (
        [] if accepted else [("drift-identity", 18, 0.6)]
    )


@pytest.mark.parametrize("photograph", photographs(), ids=lambda path: path.stem)
def test_a_photograph_has_no_findings(photograph):
    assert check_picture(inspect_picture(encoded(Image.open(photograph).convert("RGB"))).measures).accepted


@pytest.mark.parametrize("defect", ["blank", "blurred", "letterbox"])
def test_a_drawing_that_came_out_wrong_is_found(defect):
    def seen(data):
        return check_picture(inspect_picture(fit(data, (640, 360))).measures)

    drawn = draw("Close-up: the boat at dawn", (1376, 768), (), seed=1, badge="REHEARSAL")

    assert seen(drawn).accepted
    assert [finding.code for finding in seen(smudge(drawn, [parse_fault(f"image:1:{defect}")])).findings] == [defect]


def words(footage, wanted):
    return [finding.what for finding in check_footage(footage, wanted)]


def test_footage_as_ordered_has_no_findings(tmp_path):
    assert words(verify(film(tmp_path / "take.mp4", frames=96)), ORDERED) == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"frames": 72}, "3.000 s (72 frames) instead of 4.000 s"),
        ({"width": 128}, "128x96 pixels instead of 160x96"),
        ({"fps": 30, "frames": 120}, "30 frames a second instead of 24"),
        ({"sound": False}, "no sound"),
    ],
)
def test_every_difference_from_the_order_is_told_in_numbers(tmp_path, changes, finding):
    footage = verify(film(tmp_path / "take.mp4", **{"frames": 96} | changes))

    assert words(footage, ORDERED) == [finding]


def test_sound_that_ends_early_is_told(tmp_path):
    footage = verify(film(tmp_path / "take.mp4", frames=96)).model_copy(update={"audio_seconds": 2.5})

    assert words(footage, ORDERED) == ["2.500 s of sound for 4.000 s of picture"]


def test_one_frame_more_or_less_is_no_finding(tmp_path):
    assert words(verify(film(tmp_path / "take.mp4", frames=95)), ORDERED) == []
