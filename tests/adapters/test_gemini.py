"""The screenwriter and the illustrator, against the local studio and, for answers it never gives, a gateway."""

import base64
import io
import json

import pytest
from google.genai.types import BlockedReason, FinishReason
from PIL import Image
from pydantic import SecretStr

from onereel.adapters.connection import Connection
from onereel.adapters.gemini import Illustrator, Screenwriter
from onereel.adapters.gemini_answer import ENDS, End
from onereel.errors import BadInput, Filtered, NoAnswer, NotAllowed, OutcomeUnknown, Refused, StudioBusy
from onereel.models import MODELS, Surface
from onereel.orders import DrawOrder, Labelled, TextOrder
from onereel.prompts import edit_words
from tests.adapters.gateway import Says, gateway
from tests.adapters.rehearse import PATIENCE, TABLE, Shelf, rehearsing
from tests.pictures_drawn import decoded, grain

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
PRO, NANO = "gemini-3-pro-image", "gemini-nano-banana-2.1"
SURFACES = pytest.mark.parametrize("surface", Surface)


def text(surface=Surface.GEMINI_API, **said):
    asked = {"model": "gemini-3.8-flash", "words": "A storm passes.", "answer": SCHEMA, "thinking": "low", **said}
    return TextOrder(surface=surface, **asked)


def drawing(surface=Surface.GEMINI_API, **said):
    asked = {"model": NANO, "words": "A lighthouse in a storm.", "aspect_ratio": "16:9", "size": "1K", **said}
    return DrawOrder(surface=surface, **asked)


def png(colour="navy"):
    file = io.BytesIO()
    Image.new("RGB", (32, 18), colour).save(file, "PNG")
    return file.getvalue()


def inline(data, mime="image/png", **said):
    return {"inlineData": {"mimeType": mime, "data": base64.b64encode(data).decode()}, **said}


def answer(*parts, reason="STOP", **usage):
    body = {"candidates": [{"finishReason": reason, "content": {"role": "model", "parts": list(parts)}}]}
    return Says({**body, "usageMetadata": usage} if usage else body)


def reach(url):
    return Connection(api_key=SecretStr("key"), gemini_url=url, patience=PATIENCE)


async def write(connection, order):
    return await Screenwriter(connection, TABLE).write(order)


async def draw(connection, order, shelf=None, **kept):
    return await Illustrator(connection, (shelf or Shelf()).fetch, TABLE, **kept).draw(order)


async def told_to(says, order):
    """Have a gateway answer this order; return what came of it and what it was asked."""
    async with gateway(says) as studio:
        connection = reach(studio.url)
        try:
            made = write if isinstance(order, TextOrder) else draw
            return await made(connection, order), studio.asked
        finally:
            await connection.close()


# What fits into a request.


async def sent_for(order, shelf):
    """Return the body of the one request that draws this, and how long it is."""
    async with gateway(answer(inline(png()))) as studio:
        connection = reach(studio.url)
        await draw(connection, order, shelf)
        await connection.close()
        (asked,) = studio.asked
    pictures = [part["inlineData"] for part in asked.json["contents"][0]["parts"] if "inlineData" in part]
    return len(asked.body), [base64.urlsafe_b64decode(picture["data"]) for picture in pictures]


async def test_references_that_are_too_large_together_are_sent_as_copies_of_2k():
    shelf = Shelf()
    large = [shelf.keep(grain((3840, 2160), seed)) for seed in range(4)]
    small = shelf.picture("red")
    shown = tuple(Labelled(media=one, label=f"Reference {n}:") for n, one in enumerate((*large, small), 1))

    length, pictures = await sent_for(drawing(references=shown), shelf)

    assert length < 100_000_000
    assert [decoded(picture).size for picture in pictures[:4]] == [(2752, 1548)] * 4
    assert pictures[4] == shelf.fetch(small)


async def test_references_that_fit_are_sent_as_they_came():
    shelf = Shelf()
    large = shelf.keep(grain((3840, 2160)))

    _, pictures = await sent_for(drawing(references=(Labelled(media=large, label="Reference 1:"),)), shelf)

    assert pictures == [shelf.fetch(large)]


async def test_the_picture_to_be_changed_is_sent_whole_whatever_is_beside_it():
    shelf = Shelf()
    canvas, beside = shelf.keep(grain((3840, 2160))), shelf.keep(grain((3840, 2160), 2))
    shown = tuple(Labelled(media=beside, label=f"Reference {n}:") for n in (1, 2))

    length, pictures = await sent_for(drawing(canvas=canvas, references=shown), shelf)

    assert length < 100_000_000
    assert pictures[0] == shelf.fetch(canvas)
    assert all(max(decoded(picture).size) == 2752 for picture in pictures[1:])


# The screenwriter.


@SURFACES
async def test_an_answer_fits_the_schema_and_costs_what_the_studio_billed(surface):
    async with rehearsing() as (studio, connection):
        answered = await write(connection, text(surface))

        assert json.loads(answered.text).keys() == {"title"}
        assert answered.usd == studio.tally().billed_usd["text"] > 0
        assert answered.tokens > 0
        assert answered.request_id


async def test_what_is_sent_for_text():
    said = {"thinking": "medium", "most_tokens": 1000}
    _, asked = await told_to(answer({"text": "{}"}), text(**said))
    body = asked[0].json

    assert body["generationConfig"]["responseJsonSchema"] == SCHEMA
    assert body["generationConfig"]["responseMimeType"] == "application/json"
    assert body["generationConfig"]["maxOutputTokens"] == 1000
    assert body["generationConfig"]["thinkingConfig"] == {"thinking_level": "MEDIUM"}
    assert body["store"] is False
    assert not {"temperature", "topP", "topK"} & set(body["generationConfig"])


async def test_thinking_is_paid_as_output():
    usage = {"promptTokenCount": 1_000_000, "candidatesTokenCount": 1_000_000, "thoughtsTokenCount": 1_000_000}
    answered, _ = await told_to(answer({"text": "{}"}, **usage), text(model="gemini-4-argon"))
    price = TABLE.writer("gemini-4-argon").prices[0]

    assert answered.usd in {price.input_usd + 2 * price.output_usd, 2 * (price.input_usd + 2 * price.output_usd)}


async def test_an_answer_that_does_not_say_what_it_cost_is_booked_at_the_most_it_can_have_cost():
    answered, _ = await told_to(answer({"text": "{}"}), text(most_tokens=1_000_000))

    assert answered.usd >= 3.75


async def test_thoughts_are_no_part_of_the_answer():
    answered, _ = await told_to(answer({"text": "hm", "thought": True}, {"text": "{}"}), text())

    assert answered.text == "{}"


async def test_an_answer_cut_off_is_no_answer_and_was_billed():
    async with rehearsing("text:*:truncated") as (studio, connection):
        with pytest.raises(NoAnswer, match="MAX_TOKENS") as raised:
            await write(connection, text())

        assert raised.value.usd == studio.tally().billed_usd["text"] > 0


async def test_a_long_answer_is_not_continued_with_more_paid_requests():
    candidate = {"finishReason": "CONTINUATION", "continuationToken": "dG9rZW4=", "content": {"parts": [{"text": "{"}]}}
    async with gateway(Says({"candidates": [candidate]}), answer({"text": "}"})) as studio:
        connection = reach(studio.url)
        with pytest.raises(NoAnswer, match="CONTINUATION"):
            await write(connection, text())
        await connection.close()

        assert len(studio.asked) == 1


async def test_a_malformed_answer_is_handed_over_for_its_reader_to_refuse():
    async with rehearsing("text:*:malformed") as (_, connection):
        answered = await write(connection, text())

    with pytest.raises(json.JSONDecodeError):
        json.loads(answered.text)


@pytest.mark.parametrize("fault", ["blocked", "prohibited"])
async def test_filtered_words_say_the_vendors_reason(fault):
    async with rehearsing(f"text:*:{fault}") as (_, connection):
        with pytest.raises(Filtered) as raised:
            await write(connection, text())

        assert raised.value.reasons == ("PROHIBITED_CONTENT",)
        assert not raised.value.random


async def test_a_retired_model_is_refused_before_anything_is_sent():
    async with rehearsing() as (studio, connection):
        with pytest.raises(BadInput, match=r"gemini-3\.8-flash"):
            await write(connection, text(model="gemini-3-flash-preview"))
        with pytest.raises(BadInput, match="gemini-3-pro-image"):
            await draw(connection, drawing(model="gemini-3-pro-image-preview"))

        assert studio.tally().refused == 0


# The illustrator.


@SURFACES
@pytest.mark.parametrize("model", [NANO, PRO])
async def test_a_picture_is_drawn_at_the_size_asked_and_costs_what_the_studio_billed(surface, model):
    async with rehearsing() as (studio, connection):
        drawn = await draw(connection, drawing(surface, model=model, size="2K", seed=7, grounding=True))

        assert Image.open(io.BytesIO(drawn.picture)).size == (2752, 1536)
        assert drawn.suffix == "png"
        assert drawn.usd == studio.tally().billed_usd["image"] > 0
        assert drawn.request_id
        assert drawn.tokens > 0


async def test_each_reference_follows_its_name_in_order_and_the_words_come_last():
    shelf = Shelf()
    names = ("Reference 1: Mara, face close up", "Reference 2: the lighthouse")
    references = tuple(Labelled(media=shelf.picture(c), label=n) for c, n in zip(("red", "blue"), names, strict=True))
    async with gateway(answer(inline(png()))) as studio:
        connection = reach(studio.url)
        await draw(connection, drawing(references=references), shelf)
        await connection.close()
        (turn,) = studio.asked[0].json["contents"]

    said = [part.get("text") or base64.urlsafe_b64decode(part["inlineData"]["data"]) for part in turn["parts"]]
    red, blue = (shelf.fetch(reference.media) for reference in references)
    assert said == [names[0], red, names[1], blue, "A lighthouse in a storm."]


async def test_what_is_sent_for_a_picture():
    order = drawing(model=NANO, thinking="high", grounding=True, seed=5, aspect_ratio="9:16", size="4K")
    _, asked = await told_to(answer(inline(png())), order)
    body = asked[0].json

    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "9:16", "imageSize": "4K"}
    assert body["generationConfig"]["responseModalities"] == ["TEXT", "IMAGE"]
    assert body["generationConfig"]["thinkingConfig"] == {"thinking_level": "HIGH"}
    assert body["generationConfig"]["seed"] == 5
    assert body["tools"] == [{"googleSearch": {}}]
    assert body["store"] is False


async def test_what_is_not_asked_for_is_not_sent():
    _, asked = await told_to(answer(inline(png())), drawing())
    body = asked[0].json

    assert not {"thinkingConfig", "seed"} & set(body["generationConfig"])
    assert "tools" not in body


async def test_a_picture_to_edit_goes_first_and_is_called_that():
    shelf = Shelf()
    canvas, reference = shelf.picture("white"), Labelled(media=shelf.picture("red"), label="Reference 1: a hat")
    async with gateway(answer(inline(png()))) as studio:
        connection = reach(studio.url)
        await draw(connection, drawing(canvas=canvas, references=(reference,)), shelf)
        await connection.close()
        parts = studio.asked[0].json["contents"][0]["parts"]

    pictures = [base64.urlsafe_b64decode(part["inlineData"]["data"]) for part in parts if "inlineData" in part]
    assert pictures == [shelf.fetch(canvas), shelf.fetch(reference.media)]
    assert parts[0]["text"] == "The picture to edit is the first image:"


async def test_a_picture_is_edited_with_the_conversation_that_led_to_it_unchanged():
    shelf = Shelf()
    model_turn = [{"text": "Here."}, inline(png("teal"), thoughtSignature="c2lnbmF0dXJlLTE=")]
    async with gateway(answer(*model_turn)) as studio:
        connection = reach(studio.url)
        first = await draw(connection, drawing(), shelf)
        canvas, history = shelf.keep(first.picture), shelf.keep(first.history, "json")
        order = drawing(words="Make it dawn.", canvas=canvas, history=history)
        second = await draw(connection, order, shelf)
        await connection.close()
        before, after = (asked.json["contents"] for asked in studio.asked)

    assert after[0] == before[0]
    assert after[1]["role"] == "model"
    assert after[1]["parts"][0] == {"text": "Here."}
    assert base64.urlsafe_b64decode(after[1]["parts"][1]["inlineData"]["data"]) == png("teal")
    signature = after[1]["parts"][1].get("thoughtSignature") or after[1]["parts"][1]["thought_signature"]
    assert base64.urlsafe_b64decode(signature) == b"signature-1"
    assert [part["text"] for part in after[2]["parts"]] == [
        "The picture to edit is the one you drew last.",
        "Make it dawn.",
    ], "the first image is whatever was sent to draw it after"
    assert [turn["role"] for turn in json.loads(second.history)] == ["user", "model", "user", "model"]


async def test_a_picture_is_edited_twice_by_the_studio():
    shelf = Shelf()
    async with rehearsing() as (studio, connection):
        drawn = await draw(connection, drawing(references=(Labelled(media=shelf.picture("red"), label="x"),)), shelf)
        for words in ("Make it dawn.", "Add a boat."):
            canvas, history = shelf.keep(drawn.picture), shelf.keep(drawn.history, "json")
            drawn = await draw(connection, drawing(words=words, canvas=canvas, history=history), shelf)

        assert len(json.loads(drawn.history)) == 6
        assert studio.tally().accepted["image"] == 3


@pytest.mark.parametrize(("references", "turns"), [(13, 4), (14, 2)])
async def test_an_edit_sends_the_turns_before_it_as_long_as_its_model_takes_all_their_pictures(references, turns):
    shelf = Shelf()
    shown = tuple(Labelled(media=shelf.picture(f"#0000{n:02x}"), label=f"Reference {n}: x") for n in range(references))
    async with rehearsing() as (studio, connection):
        drawn = await draw(connection, drawing(references=shown), shelf)
        order = drawing(words=edit_words("dawn"), canvas=shelf.keep(drawn.picture), history=shelf.keep(drawn.history, "json"))  # fmt: skip
        edited = await draw(connection, order, shelf)

        assert studio.tally().illegal == 0
    said = json.loads(edited.history)
    assert len(said) == turns
    assert ("first image" in json.dumps(said[-2])) == (turns == 2), "the picture itself is sent where they are not"
    assert edited.picture != drawn.picture


async def test_of_a_long_conversation_the_newest_turns_are_sent():
    shelf = Shelf()
    shown = tuple(Labelled(media=shelf.picture(f"#0000{n:02x}"), label=f"Reference {n}: x") for n in range(12))
    async with rehearsing() as (studio, connection):
        drawn = await draw(connection, drawing(references=shown), shelf)
        for words in ("One.", "Two.", "Three."):
            canvas, history = shelf.keep(drawn.picture), shelf.keep(drawn.history, "json")
            drawn = await draw(connection, drawing(words=words, canvas=canvas, history=history), shelf)

        assert studio.tally().illegal == 0
    said = [turn["parts"][-1]["text"] for turn in json.loads(drawn.history)[::2]]
    assert said == ["One.", "Two.", "Three."], "12 references and 3 drawings are too many"


async def test_a_history_too_large_forgets_its_oldest_turns():
    shelf = Shelf()
    async with gateway(answer(inline(png()), {"text": "x" * 600})) as studio:
        connection = reach(studio.url)
        drawn = await draw(connection, drawing(), shelf, history_bytes=1500)
        for words in ("One.", "Two."):
            order = drawing(words=words, history=shelf.keep(drawn.history, "json"))
            drawn = await draw(connection, order, shelf, history_bytes=1500)
        await connection.close()

    turns = json.loads(drawn.history)
    assert [turn["role"] for turn in turns] == ["user", "model"]
    assert turns[0]["parts"][-1]["text"] == "Two."


async def test_the_last_picture_is_the_one_even_when_it_is_flagged_as_a_thought():
    parts = (inline(png("red"), thought=True), {"text": "Done."}, inline(png("blue"), thought=True))
    drawn, _ = await told_to(answer(*parts), drawing())

    assert drawn.picture == png("blue")


@pytest.mark.parametrize(("kind", "suffix"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
async def test_the_file_type_is_that_of_the_bytes_whatever_the_answer_says(kind, suffix):
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    drawn, _ = await told_to(answer(inline(file.getvalue(), "image/gif")), drawing())

    assert drawn.suffix == suffix


async def test_bytes_that_are_no_picture_are_no_answer():
    with pytest.raises(NoAnswer, match="no PNG, JPEG or WebP"):
        await told_to(answer(inline(b"GIF89a")), drawing())


async def test_a_picture_is_paid_by_its_tokens_the_prompt_the_words_and_the_thoughts():
    usage = {
        "promptTokenCount": 1000,
        "candidatesTokenCount": 1220,
        "thoughtsTokenCount": 300,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}, {"modality": "TEXT", "tokenCount": 100}],
    }
    drawn, _ = await told_to(answer(inline(png()), **usage), drawing())

    assert drawn.usd == MODELS.illustrator(NANO).usd(images=1120, prompt=1000, text=400)


async def test_an_answer_that_does_not_split_its_tokens_is_priced_by_the_table():
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 1220, "thoughtsTokenCount": 300}
    drawn, _ = await told_to(answer(inline(png()), **usage), drawing())

    assert drawn.usd == MODELS.illustrator(NANO).usd(images=1120, prompt=1000, text=400)


@pytest.mark.parametrize("size", ["1K", "2K", "4K"])
async def test_an_answer_that_does_not_say_what_it_cost_is_priced_by_the_table(size):
    drawn, _ = await told_to(answer(inline(png())), drawing(size=size))
    model = MODELS.illustrator(NANO)

    assert drawn.usd == model.usd(images=model.sizes[size], prompt=len("A lighthouse in a storm.") // 3)


# No picture.


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("blocked", "PROHIBITED_CONTENT"),
        ("image-safety", "IMAGE_SAFETY"),
        ("prohibited", "IMAGE_PROHIBITED_CONTENT"),
    ],
)
@SURFACES
async def test_a_filtered_picture_says_the_vendors_reason_and_is_not_tried_again(surface, fault, reason):
    async with rehearsing(f"image:*:{fault}") as (studio, connection):
        with pytest.raises(Filtered) as raised:
            await draw(connection, drawing(surface))

        assert raised.value.reasons[0] == reason
        assert not raised.value.random
        assert studio.tally().accepted["image"] == 1


@pytest.mark.parametrize(("fault", "reason"), [("no-image", "NO_IMAGE"), ("text-only", "STOP")])
async def test_no_picture_costs_the_prompt_and_the_thinking_and_may_be_tried_again(fault, reason):
    async with rehearsing(f"image:*:{fault}") as (studio, connection):
        with pytest.raises(NoAnswer, match=reason) as raised:
            await draw(connection, drawing())

        assert raised.value.usd == studio.tally().billed_usd["image"] > 0
        assert "another try" in str(raised.value)


async def test_words_instead_of_a_picture_are_passed_on_bounded():
    with pytest.raises(NoAnswer, match="I would rather not") as raised:
        await told_to(answer({"text": "I would rather not. " * 100}), drawing())

    assert len(str(raised.value)) < 600


async def test_a_filtered_answer_gives_no_picture_even_when_one_came_along():
    with pytest.raises(Filtered):
        await told_to(answer(inline(png()), reason="IMAGE_SAFETY"), drawing())


@pytest.mark.parametrize("reason", [reason.value for reason in BlockedReason])
async def test_every_block_is_filtered(reason):
    for order in (text(), drawing()):
        with pytest.raises(Filtered, match=reason):
            await told_to(Says({"promptFeedback": {"blockReason": reason}}), order)


@pytest.mark.parametrize("reason", [reason.value for reason in FinishReason] + ["SOMETHING_NEW"])
async def test_every_end_without_content_is_an_error(reason):
    known = ENDS.get(FinishReason(reason), End.EMPTY) if reason != "SOMETHING_NEW" else End.EMPTY
    expected = {End.FILTERED: Filtered, End.BARRED: NotAllowed}.get(known, NoAnswer)
    for order in (text(), drawing()):
        with pytest.raises(Refused, match=reason) as raised:
            await told_to(Says({"candidates": [{"finishReason": reason}]}), order)

        assert type(raised.value) is expected


def test_every_finish_reason_of_the_sdk_is_listed():
    assert set(ENDS) == {reason for reason in FinishReason if reason.name != "SOMETHING_NEW"}


async def test_an_answer_without_anything_is_no_answer():
    for order in (text(), drawing()):
        with pytest.raises(NoAnswer):
            await told_to(Says({}), order)


# Once.


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ("429:after=7.5", StudioBusy, 0),
        ("daily", StudioBusy, 0),
        ("500", StudioBusy, 0),
        ("503", StudioBusy, 0),
        ("drop-before", OutcomeUnknown, 0),
        ("drop-after", OutcomeUnknown, 1),
        ("504", OutcomeUnknown, 1),
    ],
)
@pytest.mark.parametrize("kind", ["text", "image"])
@SURFACES
async def test_one_call_is_one_request_whatever_goes_wrong(surface, kind, fault, error, accepted):
    order = text(surface) if kind == "text" else drawing(surface)
    async with rehearsing(f"{kind}:*:{fault}") as (studio, connection):
        with pytest.raises(error) as raised:
            await (write if kind == "text" else draw)(connection, order)

        assert studio.tally().accepted[kind] == accepted
        assert studio.plan._calls[kind] == 1
        if isinstance(raised.value, StudioBusy):
            assert (raised.value.until is not None) == (fault == "daily")
            assert raised.value.after == (7.5 if "after" in fault else None)


async def test_an_illegal_request_is_refused_with_the_vendors_words():
    async with rehearsing() as (studio, connection):
        with pytest.raises(Refused, match="Invalid image size"):
            await draw(connection, drawing(size="8K"))

        assert studio.tally().illegal == 1
