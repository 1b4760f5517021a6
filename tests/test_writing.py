"""The storyboard: written or given, checked, sent back, kept."""

import json
from datetime import UTC, datetime

import pytest

from onereel.calls import calls_of
from onereel.errors import BadInput, Refused
from onereel.estimating import assumed, estimate
from onereel.storyboard import Storyboard
from onereel.studio import parse_fault
from onereel.writing import (
    check_given,
    given_source,
    keep_board,
    kept_board,
    latest_board,
    problems_of,
    read_answer,
    with_notes,
    write_storyboard,
    written_source,
)
from tests.adapters.gateway import Says, gateway
from tests.productions import DAY, TABLE, board, brief

MARA = {"name": "Mara", "description": "a keeper"}


def says(text):
    """A text model's answer on the wire."""
    said = {"finishReason": "STOP", "content": {"role": "model", "parts": [{"text": text}]}}
    return Says({"candidates": [said], "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 10}})


def written(*shots):
    return says(board(*shots).model_dump_json(exclude={"shots": {"__all__": {"note", "retouch"}}}))


GOOD = ({}, {})
TOO_LONG = ({"seconds": 8}, {"seconds": 8})
STRANGER = ({"characters": ["Tom"]}, {})
BAD_JOIN = ({"join": "continue"}, {})


async def test_a_text_model_writes_a_storyboard_the_camera_can_film(company, studio):
    storyboard, rejected = await write_storyboard(company)

    assert problems_of(storyboard, company.brief, company.table, DAY) == []
    assert rejected == ()
    assert studio.tally().accepted["text"] == 1


@pytest.mark.parametrize("fault", ["malformed", "truncated"])
async def test_an_answer_that_does_not_parse_is_sent_back(company, studio, fault):
    studio.plan.add(parse_fault(f"text:1:{fault}"))
    storyboard, rejected = await write_storyboard(company)

    assert storyboard.shots
    assert rejected
    assert studio.tally().accepted["text"] == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (TOO_LONG, "the shots last 16 s together, the brief asks for 8 s"),
        (STRANGER, "the brief has no character 'Tom'; it has Mara"),
        (BAD_JOIN, "the first shot cannot join 'continue'"),
        (({"seconds": 50}, {}), "the shots last 54 s"),
    ],
)
async def test_an_answer_that_breaks_a_rule_is_sent_back_with_the_reason(hire, bad, reason):
    async with gateway(written(*bad), written(*GOOD)) as model:
        company = await hire(brief(characters=[MARA]), at=model.url)
        storyboard, rejected = await write_storyboard(company)

    assert storyboard == board(*GOOD)
    assert reason in "; ".join(rejected)
    assert reason not in said_to(model, 0)
    assert reason in said_to(model, 1)


async def test_what_the_camera_cannot_film_is_sent_back_like_any_rule(hire):
    long_end = {"seconds": 12, "opening": "a door", "closing": "the sea"}
    async with gateway(written(long_end), written({"seconds": 12})) as model:
        company = await hire(brief(seconds=12), at=model.url)
        _, rejected = await write_storyboard(company)

    assert "reaches a closing frame only within one clip" in rejected[0]


async def test_three_bad_answers_are_enough(hire, vault):
    async with gateway(written(*TOO_LONG), written(*STRANGER), says("no"), written(*GOOD)) as model:
        company = await hire(at=model.url)
        with pytest.raises(Refused, match="wrote 3 storyboards and none keeps the rules") as refused:
            await write_storyboard(company)

        assert len(model.asked) == 3
        assert "--shots" in str(refused.value)
        with pytest.raises(Refused):
            await write_storyboard(await hire(at=model.url))
        assert len(model.asked) == 3, "a re-run asks nothing it has asked before"
    assert sum(call.outcome.usd for call in calls_of(vault, "lighthouse")) > 0, "bad answers cost, too"


async def test_three_bad_answers_cost_no_more_than_was_estimated(hire, vault):
    crowds = ([{"seconds": 1, "characters": [f"{who} {n}" for n in range(5)]}] * 60 for who in ("Somebody", "Stranger"))
    async with gateway(*(written(*crowd) for crowd in crowds)) as model:
        with pytest.raises(Refused):
            await write_storyboard(await hire(at=model.url))
    reserved = [call.intent.usd for call in calls_of(vault, "lighthouse")]
    found = estimate(brief(), assumed(brief(), TABLE), TABLE, datetime.now(UTC).date(), write=True)

    assert len(reserved) == 3
    assert min(reserved) < max(reserved), "the reasons are sent along"
    assert sum(reserved) <= found.purchases[0].usd + found.if_it_fails[0].usd


async def test_a_storyboard_written_once_is_not_asked_for_again(hire, studio):
    first = await write_storyboard(await hire())

    assert await write_storyboard(await hire()) == first
    assert studio.tally().accepted["text"] == 1


async def test_an_answer_that_was_lost_is_asked_for_once_more(company, studio, vault):
    studio.plan.add(parse_fault("text:1:drop-after"))
    storyboard, _ = await write_storyboard(company)

    assert storyboard.shots
    assert [call.outcome.end for call in calls_of(vault, "lighthouse")] == ["unknown", "settled"]


def said_to(model, index):
    return model.asked[index].json["contents"][0]["parts"][0]["text"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Invalid JSON"),
        ("[]", "the answer"),
        ("{}", "shots: Field required"),
        ('{"shots": []}', "shots"),
        ('{"shots": [{"id": "1", "seconds": 4, "action": "x"}]}', "shots.0.id"),
        ('{"shots": [{"id": "s010", "seconds": 4, "action": "x", "mood": "sad"}]}', "shots.0.mood"),
        ('{"shots": [{"id": "s010", "seconds": "long", "action": "x"}]}', 'got "long"'),
    ],
)
def test_what_is_wrong_with_an_answer_is_said_by_field(text, reason):
    storyboard, reasons = read_answer(text, brief(), TABLE)

    assert storyboard is None
    assert reason in "; ".join(reasons)


def test_reasons_are_bounded_however_bad_the_answer():
    rows = [{"id": "s010", "seconds": "x" * 10_000, "action": ""}] * 300
    _, reasons = read_answer(json.dumps({"shots": rows}), brief(), TABLE)

    assert len(reasons) <= 20
    assert all(len(reason) < 400 for reason in reasons)


def test_a_given_shot_list_is_held_to_the_same_rules():
    with pytest.raises(BadInput) as refused:
        check_given(board(*STRANGER, *TOO_LONG), brief(), TABLE, DAY)

    assert len(refused.value.problems) == 2
    check_given(board(*GOOD), brief(), TABLE, DAY)


def test_storyboards_are_kept_as_versions(vault):
    first = keep_board(vault, "lighthouse", "a", board(*GOOD))
    second = keep_board(vault, "lighthouse", "b", board(*TOO_LONG), ("too long",))

    assert (first.version, second.version) == (1, 2)
    assert latest_board(vault, "lighthouse") == second
    assert latest_board(vault, "lighthouse", "a") == first
    assert keep_board(vault, "lighthouse", "b", board(*TOO_LONG)) == second, "the same again is no new version"


def test_a_production_without_a_storyboard_says_so(vault):
    assert latest_board(vault, "lighthouse") is None
    with pytest.raises(BadInput, match="has no storyboard of 'lighthouse'; produce it first"):
        kept_board(vault, "lighthouse")


async def test_what_a_storyboard_is_made_from_changes_with_the_brief_and_not_with_the_budget(company):
    def source(**said):
        return written_source(brief(**said), TABLE, company.text_surface)

    assert source() == source(budget_usd=7)
    assert len({source(), source(idea="Snow"), source(seconds=9), source(text="gemini-4-argon")}) == 4
    assert given_source(board(*GOOD)) != given_source(board(*TOO_LONG))


def test_a_note_is_added_to_named_shots():
    noted = with_notes("lighthouse", board(*GOOD), ["s020"], "slower", "a red door")
    more = with_notes("lighthouse", noted, ["s020"], "darker", "")

    assert [shot.note for shot in noted.shots] == ["", "slower"]
    assert noted.shots[1].retouch == "a red door"
    assert more.shots[1].note == "slower darker"


@pytest.mark.parametrize(("shots", "told"), [(["s090"], "no shot s090; it has s010, s020"), ([], "no shot named")])
def test_a_note_to_a_shot_there_is_not_is_refused(shots, told):
    with pytest.raises(BadInput, match=told):
        with_notes("lighthouse", board(*GOOD), shots, "slower", "")


def test_notes_that_grow_too_long_are_refused():
    noted = with_notes("lighthouse", board(*GOOD), ["s010"], "slower " * 100, "")

    with pytest.raises(BadInput, match=r"shots\.0\.note"):
        with_notes("lighthouse", noted, ["s010"], "slower " * 100, "")


def test_a_storyboard_can_be_read_back_as_it_was_kept(vault):
    storyboard = Storyboard.model_validate(board({"dialogue": ["Mara: No.\u2028"], "camera": "low; pan"}).model_dump())

    keep_board(vault, "lighthouse", "a", storyboard)
    assert latest_board(vault, "lighthouse").storyboard == storyboard
