"""The report page, as a client sees it: opened in Chromium from a folder, over HTTP and in a frame."""

import asyncio
import http.server
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe

from onereel.adapters.folder import FolderVault
from onereel.calls import calls_of
from onereel.delivering import Missing, Story, deliver
from onereel.ledger import ledger
from onereel.media import write_noun
from onereel.papers import Manifest
from onereel.showing import show
from onereel.slate import cut_prefix
from onereel.takes import Change
from onereel.verdicts import Finding, Verdict
from onereel.writing import keep_board
from tests.browser import PHONE, browsing, unfolded, until, visit
from tests.productions import board, brief, film, framed, keyframes, planned, setup_of

pytestmark = pytest.mark.browser

REASON = "Veo could not generate videos because the input image violates the usage guidelines. Support codes: 15236754"
HAND = Finding(code="hands", what="six fingers", seconds=1.5, box=(400, 300, 700, 520))
REFUSED = Verdict(judge="model", accepted=False, score=0.4, reasons="The hand is wrong.", findings=(HAND,), usd=0.003)
HOSTILE = (
    "<script>window.pwned=1</script>\"><img src=x onerror='window.pwned=2'></textarea></style></title>"
    "<svg onload=window.pwned=3> [a](javascript:window.pwned=4) ![b](x) \u202e{{7*7}} `c` | -->\n# d"
)
BRIEF = brief(seconds=11, characters=[{"name": "Mara", "description": "a keeper"}])
STORYBOARD = board(
    {"seconds": 4, "transition": "fade", "dialogue": ["Mara: Not tonight."], "camera": "low; slow push in"},
    {"seconds": 4, "action": "The boat comes home"},
    {"seconds": 3},
)
PLAN = planned(STORYBOARD, seconds=11)


@pytest.fixture(scope="module")
def kept():
    """What was filmed once, for every test of this file."""
    return {}


@pytest.fixture
async def page(hire, vault, kept, tmp_path_factory) -> str:
    """The address of a delivered page: s010 with two takes, one of them a refused draft; s020 a slate; s030 filmed."""
    if "url" not in kept:
        kept["vault"] = FolderVault(tmp_path_factory.mktemp("kept") / "vault")
        company = await hire(BRIEF)
        stills = await keyframes(company, PLAN)
        first, again, last = await asyncio.gather(
            *(
                film(company, setup_of(PLAN, STORYBOARD, shot, framed(PLAN, stills, shot), sample=sample))
                for shot, sample in (("s010", 1), ("s010", 2), ("s030", 1))
            )
        )
        results = {"s010": max(first, again, key=lambda take: take.number), "s020": Missing(REASON), "s030": last}
        manifest = await deliver(
            company, Story(PLAN, keep_board(vault, "lighthouse", "a", STORYBOARD), results, stills)
        )
        shutil.copytree(vault.url, kept["vault"].url)
        kept["manifest"] = judged(manifest)
        kept["url"] = written(kept["vault"], kept["manifest"]).as_uri()
    return kept["url"]


def judged(manifest: Manifest) -> Manifest:
    """The papers after a judge looked at the first take of s010, which a draft's settings made."""
    s010 = manifest.shots[0]
    takes = [
        s010.takes[0].model_copy(update={"tier": "draft", "verdicts": (REFUSED,)}),
        s010.takes[1].model_copy(
            update={"changes": (Change(shot="s010", field="action", before="she waits", after="she waits, still"),)}
        ),
    ]
    shots = (s010.model_copy(update={"takes": tuple(takes)}), *manifest.shots[1:])
    return manifest.model_copy(update={"shots": shots})


def written(vault: FolderVault, manifest: Manifest) -> Path:
    """Write a manifest's page beside its cut and return its path."""
    prefix = cut_prefix(manifest.production, manifest.version)
    spent = ledger(calls_of(vault, manifest.production), manifest.production, PLAN.purchases)
    html = show(vault, manifest, BRIEF, spent, vault.read(f"{prefix}captions.vtt").decode())
    vault.write(f"{prefix}report.html", html, "text/html")
    write_noun(vault, f"{prefix}manifest.json", manifest)
    return Path(vault.address(f"{prefix}report.html")).absolute()


@pytest.fixture
def web(kept, page):
    """The vault behind a plain web server, as object storage serves it."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=kept["vault"].url))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


async def test_the_page_works_from_a_folder_from_a_web_server_and_in_a_frame(page, web, kept):
    vault = Path(kept["vault"].url)
    (vault / "frame.html").write_text(
        f'<link rel=icon href=data:><iframe sandbox="allow-scripts" width=1280 height=6000 '
        f'src="{page.removeprefix(vault.absolute().as_uri() + "/")}"></iframe>'
    )
    inside = page.removeprefix(vault.absolute().as_uri() + "/")
    async with browsing() as browser:
        for url in (page, web + inside, web + "frame.html"):
            seen = await visit(browser, url)
            shown = seen.page.frames[-1]
            await unfolded(shown)
            await shown.locator("#s010 .take.on a.play").click()
            await until(shown, "document.querySelector('#s010 .take.on video').currentTime > 0.2")
            await shown.evaluate("document.querySelector('#film').play()")
            await until(shown, "document.querySelector('#film').currentTime > 0.2")
            await shown.evaluate("document.querySelector('#film').textTracks[0].mode = 'showing'")
            await until(shown, "document.querySelector('#film').textTracks[0].cues?.length === 1")

            assert await shown.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).length") == 0
            assert seen.told == []
            assert seen.strayed(vault.absolute().as_uri() + "/", web) == []


async def test_a_producer_finds_every_take_its_words_its_price_and_why_a_shot_is_missing(page, kept):
    s010 = kept["manifest"].shots[0]
    async with browsing() as browser:
        seen = (await visit(browser, page)).page
        await unfolded(seen)
        card = await seen.locator("#s010").inner_text()
        await seen.locator("#s010 details summary").first.click()
        for summary in await seen.locator("#s010 .take.on summary").all():
            await summary.click()
        changed = await seen.locator("#s010 .take.on ins").inner_text()
        blocks = await seen.evaluate("[...document.querySelectorAll('#blocks li')].map(b => b.offsetWidth)")

        assert all(words in card for words in ("Not tonight.", "low; slow push in", "t01", "t02", "draft", "Rejected"))
        assert f"${s010.takes[1].usd:.2f}" in card
        assert s010.takes[1].model in card
        assert changed.strip() == "waits, still"
        assert REASON in await seen.locator("#s020").inner_text()
        assert "AI-generated" in await seen.locator(".label").inner_text()
        assert "trainedAlgorithmicMedia" in await seen.locator("main").inner_text()
        assert [round(3 * width / blocks[2]) for width in blocks] == [4, 4, 3]

        for name, left in (("slates", ["s020"]), ("failed", ["s020"]), ("retaken", ["s010"]), ("", None)):
            await seen.locator(f"[data-filter='{name}']").click()
            shown = await seen.evaluate("[...document.querySelectorAll('.shot:not([hidden])')].map(s => s.id)")
            assert shown == (left or ["s010", "s020", "s030"])
        assert await seen.locator("#told").inner_text() == "3 of 3 shots shown"

        await seen.locator("#blocks a").first.focus()
        await seen.keyboard.press("ArrowRight")
        await seen.keyboard.press("Enter")
        await until(seen, "document.activeElement.id === 's020'")


async def test_a_finding_shows_its_moment_and_place_and_takes_play_side_by_side(page):
    async with browsing() as browser:
        seen = (await visit(browser, page)).page
        await unfolded(seen)
        await seen.locator("#s010 .mark").click()
        await until(seen, "Math.abs(document.querySelector('#s010 .take:not(.on) video').currentTime - 1.5) < .1")
        box = seen.locator("#s010 .take:not(.on) svg rect")
        assert [await box.get_attribute(name) for name in ("x", "y", "width", "height")] == ["300", "400", "220", "300"]

        await seen.get_by_role("button", name="Compare draft and final side by side").click()
        await seen.get_by_role("button", name="Play", exact=True).click()
        await until(seen, "document.querySelector('#film-a').currentTime > 1")
        apart = await seen.evaluate(
            "Math.abs(document.querySelector('#film-a').currentTime - document.querySelector('#film-b').currentTime)"
        )
        sources = await seen.evaluate("['a', 'b'].map(side => document.querySelector(`#film-${side}`).src)")
        assert apart < 0.15
        assert len(set(sources)) == 2


async def test_nobody_is_shut_out(page):
    async with browsing() as browser:
        for scheme, size in (("light", PHONE), ("dark", None)):
            seen = await visit(
                browser, page, color_scheme=scheme, bypass_csp=True, **({"viewport": size} if size else {})
            )
            await unfolded(seen.page)
            await seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            found = await Axe().run(seen.page, options={"resultTypes": ["violations"]})
            wide = await seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")

            assert [
                (one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]
            ] == []
            assert wide <= 0


async def test_hostile_words_in_any_field_are_only_words(page, kept):
    manifest = kept["manifest"]
    s010, s020 = manifest.shots[:2]
    bad = Verdict(
        judge="model",
        accepted=False,
        reasons=HOSTILE,
        model=HOSTILE,
        findings=(HAND.model_copy(update={"what": HOSTILE}),),
    )
    take = s010.takes[0].model_copy(
        update={
            "words": HOSTILE, "negative": HOSTILE, "note": HOSTILE, "extension_words": (HOSTILE,), "model": HOSTILE,
            "findings": (HOSTILE,), "verdicts": (bad,), "resolution": HOSTILE,
            "changes": (Change(shot="s010", field=HOSTILE, before="a", after=HOSTILE),),
        }
    )  # fmt: skip
    still = s010.keyframes[0].model_copy(
        update={"words": HOSTILE, "findings": (HOSTILE,), "verdicts": (bad,), "model": HOSTILE}
    )
    said = dict.fromkeys(
        ("action", "setting", "composition", "lens", "lighting", "sounds", "negative", "note"), HOSTILE
    )
    line = s010.shot.dialogue[0].model_copy(update={"speaker": HOSTILE, "line": HOSTILE})
    shot = s010.shot.model_copy(update={**said, "opening": HOSTILE, "characters": (HOSTILE,), "dialogue": (line,)})
    worst = s010.model_copy(update={"shot": shot, "takes": (take, s010.takes[1]), "keyframes": (still,)})
    gap = s020.model_copy(
        update={
            "state": s020.state.model_copy(
                update={"reason": HOSTILE, "words": (HOSTILE + "!",), "findings": (HOSTILE,)}
            )
        }
    )
    clips = [clip.model_copy(update={"title": HOSTILE}) for clip in manifest.cut.clips]
    hostile = manifest.model_copy(
        update={
            "title": HOSTILE, "label": HOSTILE, "made_with": HOSTILE, "models": {HOSTILE: HOSTILE}, "version": 9,
            "shots": (worst, gap, manifest.shots[2]), "cut": manifest.cut.model_copy(update={"clips": tuple(clips)}),
        }
    )  # fmt: skip
    vault = kept["vault"]
    for paper in ("captions.vtt", "poster.jpg", "master.mp4"):
        vault.write(f"{cut_prefix('lighthouse', 9)}{paper}", vault.read(f"{cut_prefix('lighthouse', 1)}{paper}"), "")
    url = written(vault, hostile).as_uri()
    async with browsing() as browser:
        for trusting in (False, True):  # words are escaped, whether or not a policy stands behind
            seen = await visit(browser, url, bypass_csp=trusting)
            await unfolded(seen.page)
            for button in await seen.page.locator(".mark, [data-compare]").all():
                await button.click()
                await seen.page.evaluate("document.querySelector('#compare').close()")

            assert await seen.page.evaluate("window.pwned ?? 0") == 0
            assert await seen.page.locator("h1").inner_text() == " ".join(HOSTILE.split())
            assert (
                await seen.page.locator("main script, main [onerror], main [onload], a[href^=javascript]").count() == 0
            )
            assert seen.told == []


async def test_without_scripts_the_film_the_takes_on_screen_and_the_reasons_are_there(page):
    async with browsing() as browser:
        seen = (await visit(browser, page, java_script_enabled=False)).page
        shown = await seen.locator("main").inner_text()

        assert all(words in shown for words in ("Not tonight.", "t02", "The boat comes home", REASON, "manifest.json"))
        assert await seen.locator("#s010 a.play").count() == 1
