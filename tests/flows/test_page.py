"""What a run leaves for a browser: a report page and artifacts in which hostile words are only words."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from prefect.artifacts import Artifact

from onereel.adapters.folder import FolderVault
from onereel.adapters.vaults import Shelf
from onereel.media import keep
from onereel.storyboard import Storyboard
from tests.browser import browsing, unfolded, visit

HOSTILE = (
    "<script>window.pwned=1</script>\"><img src=x onerror='window.pwned=2'> [a](javascript:pwned) ![b](x) | `c` \u202e"
)
NAME = "<b onclick='pwned=3'>Mara</b>"


@pytest.mark.browser
async def test_hostile_words_of_a_shot_list_execute_nothing_on_the_page_or_in_the_artifacts(
    rehearse, vault, monkeypatch
):
    monkeypatch.setenv("ONEREEL_PUBLIC_URL", "https://films.example/vault")
    fields = ("action", "setting", "composition", "lens", "lighting", "sounds", "opening", "closing", "note")
    said = dict.fromkeys(fields, HOSTILE) | {
        "negative": HOSTILE[:120],
        "camera": {"position": HOSTILE, "movement": HOSTILE},
    }
    line = {"speaker": "<i>Mara</i>", "line": HOSTILE}
    shot = {**said, "dialogue": [line], "characters": [NAME], "seconds": 4}
    shots = Storyboard.model_validate(
        {"title": HOSTILE[:120], "shots": [{"id": "s010", **shot}, {"id": "s020", **shot}]}
    )
    listed = keep(Shelf(FolderVault(vault), "rehearsal"), shots.model_dump_json().encode(), "json").key
    who = {"name": NAME, "description": HOSTILE, "voice": HOSTILE}

    report = await (await rehearse(shots=listed, idea=HOSTILE, seconds=8, characters=[who])).aresult()

    artifact = await Artifact.aget("lighthouse-rehearsal-film")
    shown = Path(report.page).with_name("artifact.html")
    shown.write_text(MarkdownIt("commonmark", {"html": True}).enable("table").render(artifact.data))
    async with browsing() as browser:
        for path in (Path(report.page), shown):
            seen = await visit(browser, path.as_uri(), bypass_csp=True)
            if path == Path(report.page):
                await unfolded(seen.page)
            links = await seen.page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")

            assert await seen.page.evaluate("window.pwned ?? 0") == 0
            assert await seen.page.locator("main script, [onerror], [onclick], img[src=x]").count() == 0
            assert not [link for link in links if link.startswith("javascript")]
            assert seen.told == []
    public = "https://films.example/vault/rehearsal/productions/lighthouse/cuts/v001/report.html"
    assert f"]({public})" in artifact.data
    assert "onereel show lighthouse --cut 1" in artifact.data
    table = await Artifact.aget("lighthouse-rehearsal-shots")
    assert f"{public}#s010" in table.data
    picture = await Artifact.aget("lighthouse-rehearsal-contact")
    assert picture.data == public.replace("report.html", "contact.jpg")
    keyframe = await Artifact.aget("lighthouse-rehearsal-keyframe-s010-opening")
    assert keyframe.data.startswith("https://films.example/vault/rehearsal/media/")
    assert (Path(vault) / keyframe.data.removeprefix("https://films.example/vault/")).is_file()
