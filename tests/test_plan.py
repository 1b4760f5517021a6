"""What is bought for a storyboard: legal, once, and at the price that is reserved later."""

from datetime import date

import pytest

from onereel.coverage import Coverage
from onereel.drawing import _order, labelled
from onereel.errors import BadInput
from onereel.estimating import assumed, estimate
from onereel.filming import Frames, clip_order, extend_order
from onereel.footage import Media
from onereel.models import MODELS, CameraModel
from onereel.prices import price
from onereel.prompts import edit_words, variation_words
from onereel.reviewing import View, keyframe_review_order, take_review_order
from onereel.reviews import likenesses
from onereel.takes import Hop
from tests.productions import DAY, LITE, OMNI, TABLE, VEO, board, brief, planned, setup_of

PICTURE = Media.of(b"picture", "png")
MARA = {"name": "Mara", "description": "a keeper in yellow oilskin"}
TOM = {"name": "Tom", "description": "a boy", "references": [{"path": "tom.png", "note": "face close up"}]}
CLOSING = {"opening": "the door, shut", "closing": "the door, open"}
MATCH = {"join": "match"}
CONTINUE = {"join": "continue"}
FADE = {"transition": "fade"}


def refusal(*shots, **said):
    with pytest.raises(BadInput) as refused:
        planned(board(*shots), **said)
    return refused.value


def ids(found):
    return [still.id for still in found.stills]


def test_every_keyframe_is_drawn_once_and_a_match_shares_one():
    found = planned(board(CLOSING, MATCH, {}))

    assert ids(found) == ["s010/opening", "s010/closing", "s030/opening"]
    assert [take.opening for take in found.takes] == ["s010/opening", "s010/closing", "s030/opening"]


def test_a_shot_that_continues_draws_no_opening():
    found = planned(board({}, CONTINUE))

    assert ids(found) == ["s010/opening"]
    assert (found.takes[1].opening, found.takes[1].continues) == ("", "s010")


def test_a_chain_of_matches_shares_each_keyframe():
    found = planned(board(CLOSING, {**MATCH, "closing": "the sea"}, MATCH))

    assert ids(found) == ["s010/opening", "s010/closing", "s020/closing"]
    assert [take.opening for take in found.takes] == ["s010/opening", "s010/closing", "s020/closing"]


def test_a_long_shot_is_a_clip_and_extensions_each_with_its_words():
    take = planned(board({"seconds": 20})).takes[0]

    assert take.coverage == Coverage(first=6, extensions=(7, 7))
    assert len(set(take.extension_words)) == 2


def test_a_closing_frame_beyond_one_clip_is_refused_with_the_nearest_there_is():
    told = str(refusal({**CLOSING, "seconds": 12}))

    assert "s010: Veo 3.1 reaches a closing frame only within one clip, up to 8 s" in told
    assert "shorten it to 8 s" in told
    assert "match join" in told


def test_a_closing_frame_without_a_drawn_opening_is_refused():
    assert "use filming: keyframes" in str(refusal(CLOSING, filming="words"))


@pytest.mark.parametrize("filming", ["references", "words"])
def test_a_picture_to_open_on_is_refused_where_nothing_is_filmed_from_keyframes(filming):
    told = str(refusal({"opening_file": "media/aa/a.png"}, filming=filming))

    assert f"s010: opening_file is a keyframe, and filming: {filming} films without" in told
    assert "use filming: keyframes" in told


OWN = {"opening_file": "media/aa/a.png"}
OWN_END = {"closing_file": "media/bb/b.png"}


@pytest.mark.parametrize(
    ("shots", "told"),
    [
        ([CLOSING, MATCH], "it opens on the closing keyframe of s010; retouch s010"),
        ([{}, CONTINUE], "it goes on from the last frame of s010; retouch s010, or tell the camera in note"),
        ([{}, OWN], "it shows your media/aa/a.png; change that"),
        ([{}, {**OWN, **OWN_END}], "it shows your media/aa/a.png and media/bb/b.png; change that"),
        ([OWN_END, MATCH], "it shows your media/bb/b.png; change that"),
        ([{}, {"clip_file": "media/cc/c.mp4"}], "it is your clip media/cc/c.mp4; change that"),
    ],
)
def test_a_retouch_is_refused_where_its_shot_has_no_drawn_keyframe_of_its_own(shots, told):
    *before, last = shots

    assert f"s020: retouch changes a keyframe drawn for it, and none is: {told}" in str(refusal(*before, {**last, "retouch": "a red door"}))  # fmt: skip


@pytest.mark.parametrize("filming", ["references", "words"])
def test_a_retouch_is_refused_where_no_keyframes_are_drawn_at_all(filming):
    assert f"filmed without any (filming: {filming})" in str(refusal({"retouch": "a red door"}, filming=filming))


@pytest.mark.parametrize("own", [{**MATCH, "closing": "the sea"}, {**OWN, "closing": "the sea"}, OWN_END])
def test_a_retouch_of_the_one_keyframe_that_is_drawn_is_bought(own):
    found = planned(board(CLOSING, {**own, "retouch": "a red door"}))

    assert [still.id for still in found.stills if still.retouch and not still.file] == [
        "s020/opening" if own == OWN_END else "s020/closing"
    ]


def test_a_shot_no_camera_films_that_long_is_refused_with_the_longest_there_is():
    assert "films 36 s at most; shorten it to 36 s" in str(refusal({"seconds": 37}))
    assert "films 8 s at most" in str(refusal({"seconds": 9}, video=LITE))


def test_a_shape_the_camera_does_not_film_is_refused():
    told = refusal({"characters": ["Tom"]}, aspect_ratio="9:16", filming="references", characters=[TOM])
    landscape = MODELS.camera(LITE).limits.model_copy(update={"ratios": ("16:9",)})
    table = with_camera(MODELS.camera(LITE).model_copy(update={"limits": landscape}))

    assert "follows references only in 16:9" in str(told)
    assert planned(board({}), aspect_ratio="9:16").size == (180, 320)
    with pytest.raises(BadInput, match="does not film 9:16; it films 16:9"):
        planned(board({}), table=table, aspect_ratio="9:16", resolution="720p", video=LITE)


@pytest.mark.parametrize("people", ["dont_allow", "allow_adult", "allow_all"])
def test_a_setting_for_people_is_refused_where_the_camera_has_none(people):
    told = str(refusal({}, people=people, video=OMNI))

    assert f"no setting for people, so nothing would hold it to people: {people}; use people: auto" in told
    assert planned(board({}), people=people, video=VEO).takes
    assert planned(board({}), people="auto", video=OMNI).takes


def test_a_fallback_camera_is_held_to_the_setting_for_people_too():
    with pytest.raises(
        BadInput, match=r"policy\.fallback: Gemini Omni 1\.2 Flash cannot be held to people: dont_allow"
    ):
        planned(board({}), people="dont_allow", policy={"fallback": {"video": OMNI}})


@pytest.mark.parametrize(("video", "warned"), [(VEO, False), (OMNI, True)])
def test_a_silent_film_by_a_camera_that_cannot_be_silent_is_warned_of(video, warned):
    told = planned(board({}), sound=False, video=video).warnings

    assert any("films with sound all the same, at the full price; the film is muted" in one for one in told) == warned
    assert planned(board({}), video=video).warnings == ()


def test_a_resolution_the_camera_does_not_film_is_refused_with_those_it_does():
    with pytest.raises(BadInput, match="does not film at 4k; it films at 180p, 720p, 1080p"):
        planned(board({}), resolution="4k", video=LITE)


def test_more_references_than_the_camera_takes_are_refused():
    crowd = [{"name": f"P{n}", "description": "x", "references": [f"p{n}.png"]} for n in range(4)]
    told = refusal({"characters": [who["name"] for who in crowd]}, characters=crowd, filming="references")

    assert "has 4 references; Veo 3.1 takes 3" in str(told)


def test_more_references_than_the_image_model_takes_are_refused():
    crowd = [{"name": f"P{n}", "description": "x", "references": [f"p{n}{k}.png" for k in range(6)]} for n in range(3)]
    told = refusal({"characters": ["P0", "P1", "P2"]}, characters=crowd)

    assert "its keyframes follow 18 references; Nano Banana Pro takes 14" in str(told)


@pytest.mark.parametrize("seconds", [8, 20])
def test_words_the_camera_would_not_read_are_refused_in_clips_and_extensions(seconds):
    wordy = {"seconds": seconds, "action": "waves " * 130, "setting": "sea " * 99, "note": "n " * 390, "composition": "c " * 140, "lens": "l " * 90}  # fmt: skip
    look = {"style": "s " * 140, "palette": "p " * 90, "texture": "t " * 90, "period": "q " * 90}

    assert "Veo 3.1 reads 1024; shorten them" in str(refusal(wordy, look=look))


def test_every_piece_of_a_long_take_is_told_its_own_lines():
    take = planned(board({"seconds": 20, "dialogue": ["Mara: One.", "Tom: Two.", "Mara: Three."]})).takes[0]

    assert [
        [line in words for line in ("One.", "Two.", "Three.")] for words in (take.words, *take.extension_words)
    ] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_an_extension_says_no_more_than_its_camera_reads():
    crowd = [{"name": f"P{n}", "description": "tall " * 150, "references": [f"p{n}.png"]} for n in range(5)]
    shot = {"seconds": 20, "characters": [who["name"] for who in crowd]}
    few, many = (planned(board({**shot, "characters": shot["characters"][:n]}), characters=crowd) for n in (1, 5))

    assert "P0: tall" in few.takes[0].extension_words[0]
    assert "P0: tall" not in many.takes[0].extension_words[0], "the film so far shows who is in it"


def test_references_go_beside_the_frame_a_shot_opens_on_where_its_camera_takes_both():
    cast = {"characters": [MARA, TOM], "references": [f"r{n}.png" for n in range(6)]}
    shots = board({"characters": ["Mara", "Tom"]}, {**CONTINUE, "characters": ["Tom"]}, {"closing": "the sea"})
    omni, veo = (planned(shots, video=video, **cast) for video in (OMNI, VEO))

    assert [len(take.guides) for take in omni.takes] == [6, 6, 0], "as many as it takes; none where it has to close"
    assert [guide.sheet or guide.path for guide in omni.takes[0].guides][:3] == ["Mara", "tom.png", "r0.png"]
    assert "Follow the references: Mara, character sheet; Tom, face close up;" in omni.takes[0].words
    assert [take.guides for take in veo.takes] == [(), (), ()]


def test_a_fallback_camera_opens_on_the_frame_alone():
    fallback = {"policy": {"fallback": {"video": "gemini-omni-1.1-flash"}}, "video": OMNI, "characters": [TOM]}
    found = planned(board({"characters": ["Tom"]}), **fallback)

    assert found.takes[0].guides
    assert found.standby.take("s010").guides == ()
    assert "references" not in found.standby.take("s010").words


@pytest.mark.parametrize(
    ("script", "character"), [("Chinese", "海"), ("Japanese", "な"), ("Korean", "바"), ("Thai", "ท"), ("Hindi", "स")]
)
def test_words_in_a_script_of_a_token_a_character_are_counted_so(script, character):
    wordy = {"action": character * 800, "setting": character * 300}

    assert "Veo 3.1 reads 1024; shorten them" in str(refusal(wordy)), script
    assert planned(board({"action": character * 800})).takes


def test_the_same_reference_is_followed_once_however_often_it_is_named():
    twice = planned(board({"characters": ["Tom"]}), characters=[TOM], references=[{"path": "tom.png"}, {"path": "sea.png"}])  # fmt: skip

    assert [guide.path for guide in twice.stills[0].guides] == ["tom.png", "sea.png"]
    assert "Reference 1: Tom, face close up; Reference 2: the look" in twice.stills[0].words


def test_a_picture_of_two_characters_is_sent_once_under_both_names():
    mara, jon = ({"name": name, "description": "x", "references": [{"path": "both.png", "note": side}]}
                 for name, side in (("Mara", "left"), ("Jon", "right")))  # fmt: skip
    said = {"characters": [mara, jon], "references": [{"path": "both.png", "note": "the pier"}, {"path": "both.png"}]}
    (still,) = planned(board({"characters": ["Mara", "Jon"]}), **said).stills
    (alone,) = planned(board({"characters": ["Jon"]}), characters=[mara, jon]).stills

    assert [guide.path for guide in still.guides] == ["both.png"]
    assert "Reference 1: Mara, left; Jon, right; the look, the pier. People look exactly as in theirs." in still.words
    assert [guide.label for guide in alone.guides] == ["Jon, right"]


def test_a_character_without_references_gets_one_sheet_that_every_shot_follows():
    found = planned(board({"characters": ["Mara"]}, {"characters": ["mara"]}, {}), characters=[MARA, TOM])

    assert [sheet.character for sheet in found.sheets] == ["Mara"]
    assert [[guide.sheet for guide in still.guides] for still in found.stills] == [["Mara"], ["Mara"], []]


def test_what_is_too_long_is_trimmed_at_the_tail_unless_the_end_matters():
    plain, closes, continued = (
        planned(board({"seconds": 3})),
        planned(board({**CLOSING, "seconds": 3})),
        planned(board({"seconds": 3}, CONTINUE)),
    )

    assert [found.takes[0].skip_frames for found in (plain, closes, continued)] == [0, 24, 24]


def test_a_shot_whose_both_ends_are_shared_must_be_filmed_exactly():
    told = refusal(CLOSING, {**MATCH, "seconds": 5, "closing": "the sea"})

    assert "s020" in str(told)
    assert "5 s is no length Veo 3.1 films; use 4 or 6 or 8 s" in str(told)
    assert planned(board(CLOSING, {**MATCH, "seconds": 6, "closing": "the sea"})).takes[1].skip_frames == 0


def test_a_fade_needs_film_beyond_the_shot():
    found = planned(board({**FADE, "seconds": 8}, {**FADE}))

    assert (found.takes[0].handle_frames, found.takes[0].coverage) == (12, Coverage(first=4, extensions=(7,)))
    assert found.takes[1].handle_frames == 0, "the last shot fades to black inside its own length"


@pytest.mark.parametrize(
    ("video", "shot", "told"),
    [
        (LITE, {"seconds": 8}, "needs 8.5 s (0.5 s of it for the fade) of film; Veo 3.1 Lite at 180p films 8 s at most; shorten it to 7.5 s, use transition cut, or split"),
        (LITE, {"seconds": 9}, "films 8 s at most; shorten it to 7.5 s, or split"),
        (VEO, {"seconds": 8, **CLOSING}, "needs 8.5 s (0.5 s of it for the fade); shorten it to 7.5 s, use transition cut, leave closing empty"),
        ("gemini-omni-1.1-flash", {"seconds": 10, **CLOSING}, "shorten it to 9.5 s, use transition cut, leave closing empty"),
    ],
    ids=str,
)  # fmt: skip
def test_a_shot_too_long_by_its_fade_is_told_a_length_that_leaves_room_for_it(video, shot, told):
    assert told in str(refusal({**FADE, **shot}, {}, video=video))


def test_the_exact_lengths_of_a_shot_that_fades_leave_room_for_the_fade():
    told = str(refusal(CLOSING, {**MATCH, **FADE, "seconds": 6, "closing": "the sea"}, {}))

    assert "use 3.5 or 5.5 or 7.5 s" in told


def test_a_fade_that_costs_an_extension_is_warned_of_with_both_prices():
    faded, shorter, last = (
        planned(board({**FADE, "seconds": 8}, {})),
        planned(board({**FADE, "seconds": 7.5}, {})),
        planned(board({**FADE, "seconds": 8})),
    )

    (told,) = faded.warnings
    assert "s010: its fade needs 0.5 s of film beyond its 8 s" in told
    assert "filmed as 4+7 s for $4.40 instead of 8 s for $3.20; shorten it to 7.5 s, or use transition cut" in told
    assert shorter.warnings == last.warnings == ()


def test_the_film_is_as_long_as_the_storyboard():
    found = planned(board({"seconds": 3.5}, {"seconds": 5}, {**FADE, "seconds": 8}))

    assert found.frames == round(16.5 * 24)


def test_a_draft_is_filmed_at_the_cheapest_resolution_there_is():
    final, draft = (planned(board({}), tier=tier, resolution="1080p", video=OMNI) for tier in ("final", "draft"))

    assert (final.resolution, draft.resolution) == ("1080p", "360p")
    assert (final.keyframe_size, draft.keyframe_size) == ("2K", "1K")
    assert draft.usd < final.usd


@pytest.mark.parametrize(("filming", "stills", "guides"), [("keyframes", 1, 0), ("references", 0, 1), ("words", 0, 0)])
def test_shots_open_on_keyframes_on_references_or_on_words(filming, stills, guides):
    found = planned(board({"characters": ["Tom"]}), characters=[TOM], filming=filming)

    assert (len(found.stills), len(found.takes[0].guides)) == (stills, guides)
    assert found.takes[0].coverage.first == (8 if guides else 4), "Veo follows references for eight seconds"


@pytest.mark.parametrize(
    ("model", "resolution", "size"),
    [
        ("gemini-3-pro-image", "720p", "1K"),
        ("gemini-3-pro-image", "1080p", "2K"),
        ("gemini-3-pro-image", "4k", "4K"),
        ("gemini-3.1-flash-lite-image", "1080p", "1K"),
    ],
)
def test_keyframes_are_drawn_at_the_smallest_size_that_fills_the_frame(model, resolution, size):
    assert planned(board({}), image=model, resolution=resolution).keyframe_size == size


def test_a_keyframe_size_the_model_does_not_draw_is_refused():
    with pytest.raises(BadInput, match="does not draw at 512; it draws at 1K, 2K, 4K"):
        planned(board({}), keyframe_size="512")


def test_a_keyframe_that_would_be_enlarged_beyond_reason_is_refused():
    with pytest.raises(BadInput, match=r"enlarged 5\.6 times"):
        planned(board({}), image="gemini-3.1-flash-image", keyframe_size="512", resolution="4k")


def test_grounding_and_thinking_are_refused_where_the_model_has_none():
    told = str(refusal({}, image="gemini-3.1-flash-lite-image", grounding=True))

    assert "cannot look things up" in told


def test_a_thinking_level_the_model_does_not_have_is_refused():
    with pytest.raises(BadInput, match="Nano Banana Pro has no thinking level 'high'"):
        planned(board({}), models={"image_thinking": "high"})


def test_a_bad_plan_names_every_bad_shot_at_once():
    refused = refusal({"seconds": 50}, {}, {**CLOSING, "seconds": 12}, {"seconds": 40})

    assert [problem.split(":")[0] for problem in refused.problems] == ["s010", "s030", "s040"]
    assert all(problem in str(refused) for problem in refused.problems)


@pytest.mark.parametrize("kind", ["text", "image", "video"])
def test_an_unknown_model_is_refused_before_anything_is_planned(kind):
    with pytest.raises(BadInput, match="not in the model table"):
        planned(board({}), **{kind: "sora-2"})


def test_a_retired_camera_is_answered_with_its_successor():
    with pytest.raises(BadInput, match=r"shut down on 2026-10-22; use gemini-omni-1.2-flash"):
        planned(board({}), video="veo-3.1-generate-preview")


def test_a_model_past_its_promised_life_is_warned_of():
    until = MODELS.camera(VEO).until

    assert planned(board({}), day=date(2026, 11, 16)).warnings == ()
    assert f"{VEO} may be retired since {until}" in planned(board({}), day=until).warnings[0]


def with_camera(camera: CameraModel):
    return TABLE.model_copy(update={"video": {**TABLE.video, camera.id: camera}})


EVERYTHING = (
    {**CLOSING, "characters": ["Mara", "Tom"], "negative": "birds"},
    {**MATCH, "seconds": 8},
    {**CONTINUE, "seconds": 6},
    {"seconds": 12.5, **FADE, "retouch": "a red door"},
    {},
)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"candidates": 3},
        {"sound": False},
        {"video": OMNI},
        {"video": "veo-3.1-fast-generate-001", "resolution": "1080p", "sound": False},
        {"image": "gemini-nano-banana-2.1", "aspect_ratio": "9:16", "keyframe_size": "4K"},
        {"tier": "draft", "resolution": "1080p", "video": OMNI},
    ],
    ids=str,
)
async def test_the_price_of_every_purchase_is_what_its_order_reserves(hire, said):
    shots = [dict(shot) for shot in EVERYTHING]
    if said.get("resolution") == "1080p" and "fast" in said.get("video", ""):
        shots = [{**shot, "seconds": 8} for shot in shots]
    story, fields = board(*shots), {"characters": [MARA, TOM], "budget_usd": 500, **said}
    company = await hire(brief(**fields))
    found = planned(story, **fields)

    bought = [purchase.usd for purchase in found.purchases]
    made = [price(order, TABLE, DAY) for order in orders(company, found, story)]
    judged = [price(order, TABLE, DAY) for order in reviews(company, found, story)]
    assert bought[: len(made)] == [pytest.approx(usd, abs=2e-6) for usd in made]
    assert all(usd <= planned <= 1.1 * usd for usd, planned in zip(judged, bought[len(made) :], strict=True))
    assert found.usd == pytest.approx(sum(bought), abs=1e-6)


def orders(company, found, story):
    """Every order a run of this plan makes, in the order of its purchases."""
    pictures = {"tom.png": PICTURE, "Mara": PICTURE}
    for sheet in found.sheets:
        yield _order(company, found, sheet.words, (), seed=1).model_copy(update={"aspect_ratio": "16:9"})
    for still in found.stills:
        for seed in range(company.brief.candidates):
            yield _order(company, found, still.words, labelled(still.guides, pictures), seed=seed)
        if still.retouch:
            edit = _order(company, found, edit_words(still.retouch), (), seed=1)
            yield edit.model_copy(update={"canvas": PICTURE, "history": PICTURE})
    for take in found.takes:
        setup = setup_of(found, story, take.shot)
        yield clip_order(company, setup)
        hops = (Hop(key="k", seconds=take.coverage.first, returned="whole", media=PICTURE, film=PICTURE, looks=PICTURE, usd=0),)  # fmt: skip
        for _ in take.coverage.extensions:
            yield extend_order(company, setup, hops)
            hops = (*hops, hops[0])


def reviews(company, found, story):
    """Every review a run of this plan orders, in the order of its purchases."""
    shots = {shot.id: shot for shot in story.shots}
    pictures = {"tom.png": PICTURE, "Mara": PICTURE}
    for still in found.stills:
        shot = shots[still.shot]
        view = View(shot, likenesses=labelled(likenesses(shot, company.brief), pictures), before=PICTURE)
        several = company.brief.candidates if company.brief.candidates > 1 else 0
        for _ in range(several + (not several or bool(still.retouch))):  # a candidate that was edited is judged again
            yield keyframe_review_order(company, still, PICTURE, view)
    for take in found.takes:
        setup = setup_of(found, story, take.shot, Frames(opening=PICTURE, closing=PICTURE))
        likes = labelled(likenesses(setup.shot, company.brief), pictures)
        yield take_review_order(company, setup, PICTURE, take.coverage.seconds, likes)


async def test_redrawing_costs_at_most_what_the_plan_says_on_top(company):
    found = planned(board(CLOSING))
    again = _order(company, found, variation_words("s010/closing"), (), seed=1).model_copy(update={"canvas": PICTURE})

    assert found.redrawing_usd >= 3 * price(again, TABLE, DAY) - 1e-5


def test_an_estimate_of_an_unwritten_film_begins_with_the_writing():
    asked = brief(seconds=48)
    found = estimate(asked, assumed(asked, TABLE), TABLE, DAY, write=True)

    assert found.purchases[0].kind == "text"
    assert found.frames == 48 * 24
    assert found.usd == pytest.approx(sum(purchase.usd for purchase in found.purchases))


def test_nobody_is_paid_to_judge_what_the_producer_brought():
    own = {"opening_file": "media/aa/a.png"}, {"clip_file": "media/bb/b.mp4"}, {}
    found = planned(board(*own))

    reviews = [one.what for one in found.purchases if one.kind == "review"]

    assert reviews == ["review s030/opening", "review s010", "review s030"]
