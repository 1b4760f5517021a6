"""The map in prefect.yaml, on a real server with a real worker: what `make film` is for one person, for a team."""

import asyncio
import json
import os
import re
import subprocess
import time
from functools import partial
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.local import server
from flows.limits import sharing
from onereel.adapters.s3 import S3Vault
from onereel.errors import BadInput
from onereel.models import MODELS, with_proxy
from onereel.studio import Latency, StudioOptions, running
from onereel.wall import walled_journal
from tests.journal_worker import CLIP, wanted
from tests.productions import TABLE
from tests.storage import rclone

LIMITS = {"onereel-text": 2, "onereel-image": 3, "onereel-video": 1}
CAMERA = "veo-3.1-generate-001"
OTHER = "gemini-omni-1.2-flash"
"""A camera no film of these tests asks: its starts are counted alone."""
SIZES = {"ONEREEL_LIMITS": json.dumps({CAMERA: {"per_minute": 30}, OTHER: {"per_minute": 5}})} | {
    f"ONEREEL_{name.split('-')[1].upper()}_IN_FLIGHT": str(size) for name, size in LIMITS.items()
}
SMALL = {"ONEREEL_MODELS": json.dumps({"video": [with_proxy(MODELS).video[CAMERA].model_dump(mode="json")]})}
"""The camera of a brief, at the smallest picture, too."""
FILMING = 1.0
"""Seconds the studio films a take."""
SOON = {"PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "3"}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A server, set up and deployed to, in a home of its own."""
    home = tmp_path_factory.mktemp("home")
    with server(home, log=home / "server.log", **SOON) as running:
        running.deploy(**SIZES)
        yield running


@pytest.fixture(scope="module")
def studio():
    """A studio the worker reaches as if it were Google; rehearsals open their own."""
    with running(StudioOptions(latency=Latency(text=0, image=0, video=FILMING, extension=0), footage="film")) as opened:
        yield opened


@pytest.fixture(scope="module")
def workplace(here, studio, tmp_path_factory):
    """The folder a worker was started in; its vault is named relative to that."""
    folder = tmp_path_factory.mktemp("work")
    environment = {
        "ONEREEL_VAULT": "films",
        "ONEREEL_POLL_SHORTEST": "0.1",
        **SMALL,
        "GOOGLE_API_KEY": "rehearsal",
        "GOOGLE_GENAI_USE_ENTERPRISE": "true",
        "GOOGLE_GEMINI_BASE_URL": studio.url,
    }
    with here.worker(folder, folder / "worker.log", **environment):
        yield folder


class PatientTransport(httpx.HTTPTransport):
    """Asks again where SQLite was busy: a Prefect server then answers 503, as it tells its own clients to expect."""

    def handle_request(self, request):
        for _ in range(20):
            answer = super().handle_request(request)
            if answer.status_code != 503:
                break
            time.sleep(0.5)
        return answer


@pytest.fixture(scope="module")
def api(here):
    with httpx.Client(base_url=here.api, timeout=30, transport=PatientTransport()) as client:
        yield client


def deployed(api, flow, name="onereel"):
    return api.get(f"/deployments/name/{flow}/{name}").raise_for_status().json()


def limits(api):
    found = api.post("/v2/concurrency_limits/filter", json={}).json()
    return {limit["name"]: limit["limit"] for limit in found if limit["name"].startswith("onereel-")}


def held(api):
    found = api.post("/v2/concurrency_limits/filter", json={}).json()
    return {limit["name"]: limit["active_slots"] for limit in found if limit["active_slots"]}


@pytest.mark.parametrize("flow", ["produce", "reshoot", "assemble", "decide", "housekeep"])
def test_every_flow_is_deployed_as_a_module_of_the_package(api, flow):
    found = deployed(api, flow)

    assert found["entrypoint"] == f"flows.{flow}.{flow}"
    assert found["work_pool_name"] == "onereel"
    assert found["description"]
    assert "onereel" in found["tags"]


def test_runs_somebody_waits_for_are_taken_up_first(api):
    queues = api.post("/work_pools/onereel/queues/filter", json={}).json()

    priority = {queue["name"]: queue["priority"] for queue in queues}
    assert priority["urgent"] < priority["default"]
    assert deployed(api, "reshoot")["work_queue_name"] == "urgent"
    assert deployed(api, "produce")["work_queue_name"] == "default"


def test_the_schedule_is_shipped_paused(api):
    (schedule,) = deployed(api, "produce", "daily")["schedules"]

    assert schedule["slug"] == "daily"
    assert schedule["active"] is False
    assert schedule["schedule"]["timezone"] == "Europe/Berlin"
    assert deployed(api, "produce")["schedules"] == []


def test_a_schedule_switched_on_makes_the_stored_brief(api):
    found = deployed(api, "produce", "daily")
    (schedule,) = found["schedules"]
    address = f"/deployments/{found['id']}/schedules/{schedule['id']}"
    waiting = {"deployments": {"id": {"any_": [found["id"]]}}}

    api.patch(address, json={"active": True}).raise_for_status()
    until = time.monotonic() + 60
    while not (runs := api.post("/flow_runs/filter", json=waiting).json()) and time.monotonic() < until:
        time.sleep(0.5)
    api.patch(address, json={"active": False}).raise_for_status()

    assert runs
    assert runs[0]["parameters"] == {"stored_brief": "daily"}


def test_setting_up_again_changes_sizes_and_doubles_nothing(api, here):
    assert limits(api).items() >= LIMITS.items()
    assert limits(api)[f"onereel-{CAMERA}"] == 1
    assert limits(api)[f"onereel-{OTHER}-per-minute"] == 5

    told = here.run("deployments.setup", **{**SIZES, "ONEREEL_TEXT_IN_FLIGHT": "4"})

    assert "onereel-text: 4" in told
    assert limits(api).items() >= {**LIMITS, "onereel-text": 4}.items()
    automations = [one["name"] for one in api.post("/automations/filter", json={}).json()]
    assert sorted(automations) == ["onereel: crash silent runs", "onereel: resume crashed runs"]


class Walk:
    """docs/curl.md, section by section, as paid for, with the studio's books read in between."""

    def __init__(self, terminal, studio):
        page = (Path(__file__).parents[2] / "docs/curl.md").read_text().replace('"rehearse": true', '"rehearse": false')
        self.parts = {part.splitlines()[0]: part for part in page.split("\n## ")}
        self.terminal, self.studio = terminal, studio
        self.section("# A film by curl")

    def section(self, title, but=""):
        """Run the commands under a heading, but for this one; return what they print and what they bought."""
        before = self.studio.tally().accepted
        assert but in self.parts[title]
        commands = re.findall(r"```bash\n(.*?)```", self.parts[title].replace(but, ""), re.DOTALL)
        told = "".join(map(self.terminal.run, commands))
        return told.strip(), self.bought(before)

    def bought(self, before):
        after = self.studio.tally().accepted
        return {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]}


@pytest.fixture(scope="module")
def walk(here, workplace, studio):
    with Terminal(PREFECT_API_URL=here.api) as terminal:
        yield Walk(terminal, studio)


@pytest.fixture(scope="module")
def film(walk, here, workplace, api):
    """The film of docs/curl.md: ordered, decided on at two gates, delivered; a closed gate buys nothing."""
    walk.section("Order it")
    told, bought = walk.section("Look at the storyboard")
    assert bought == {"text": 1}
    assert "Waiting for approval: storyboard; approving it buys at most $" in told
    assert "| **s010** |" in told

    assert walk.section("Change it") == ("ACCEPT", {})
    told, bought = walk.section("Compare the takes, and send one back", but=YES)
    assert (told, bought["image"], bought["video"]) == ("ACCEPT", 2, 3)

    closed, run = walk.studio.tally().accepted, walk.terminal.run("echo $RUN").strip()
    said = here.run("onereel.cli", "approve", "harbour", ONEREEL_VAULT=str(workplace / "films"), **SMALL)
    assert said.startswith("harbour: takes approved; the run goes on, and buys nothing more")
    assert walk.section("The film")[0].splitlines()[0] == "Delivered"
    assert walk.bought(closed) == {}

    produced = {"deployments": {"id": {"any_": [deployed(api, "produce")["id"]]}}}
    (found,) = api.post("/flow_runs/filter", json=produced).json()
    assert found["id"] == run, "a suspended run goes on; no other is started"
    return found


YES = """answer '{"decision": "approve"}'"""
"""Said by `onereel approve` in its place."""


def test_a_brief_posted_over_http_becomes_a_film_where_the_worker_was_started(film, workplace):
    assert film["state"]["name"] == "Delivered"
    assert film["state"]["message"] == "Delivered"
    assert film["name"] == "produce harbour"
    cut = json.loads((workplace / "films/productions/harbour/cuts/v001/manifest.json").read_text())
    assert (workplace / "films/productions/harbour/cuts/v001/master.mp4").exists()
    assert [(shot["state"]["id"], shot["state"]["seconds"]) for shot in cut["shots"]] == [("s010", 8), ("s020", 4)]
    assert cut["shots"][0]["takes"][0]["words"].count("red coat") == 1
    assert [take["note"] for take in cut["shots"][1]["takes"]] == ["", "The light is green, and slower."]


def test_a_run_shows_its_contact_sheet_and_its_shots(film, api):
    asked = {"artifacts": {"flow_run_id": {"any_": [film["id"]]}}}
    pages = {one["key"]: one for one in api.post("/artifacts/filter", json=asked).json()}

    assert pages["harbour-film"]["data"].count("data:image/webp;base64,") == 2
    assert "s010" in pages["harbour-shots"]["data"]


def test_the_facts_of_a_run_reach_its_log(film, api):
    asked = {"logs": {"flow_run_id": {"any_": [film["id"]]}}, "limit": 200}
    lines = [line["message"] for line in api.post("/logs/filter", json=asked).json()]

    assert any(line.startswith("harbour/s010/t01 in the can") for line in lines)
    assert not any("HTTP Request" in line for line in lines)


def test_all_workers_together_keep_to_the_limit(film, studio):
    """The server's limit is one take at a time; the worker by itself would film ten."""
    tally = studio.tally()

    assert tally.accepted["video"] >= 3
    assert tally.in_flight_max["video"] == LIMITS["onereel-video"]


def test_the_price_of_a_reshoot_is_told_before_it_is_bought_and_an_older_take_comes_back_for_nothing(film, walk):
    told, bought = walk.section("What a new take would cost")
    assert re.fullmatch(r"s020: it alone; at most \$\d\.\d\d; the other 1 stays", told)
    assert bought == {}

    page, bought = walk.section("Film it again")
    assert page.endswith("cuts/v002/report.html")
    assert bought == {"video": 1, "text": 1}, "the take, and its review"

    page, bought = walk.section("Put an older take back")
    cut = json.loads((Path(page).parent / "manifest.json").read_text())
    assert [shot["active"] for shot in cut["shots"]] == ["harbour/s010/t01", "harbour/s020/t02"]
    assert len(cut["shots"][1]["takes"]) == 3
    assert Path(page).read_text().startswith("<!doctype html>")
    assert bought == {}


async def test_places_are_asked_for_together_handed_on_and_given_back(here, api):
    with temporary_settings({PREFECT_API_URL: here.api}):
        async with sharing() as shared:

            async def call():
                async with shared.place("image", "an-image-model"):
                    most.append(held(api)["onereel-image"])

            most = []
            await asyncio.gather(*(call() for _ in range(8)))
            assert 1 < max(most) <= LIMITS["onereel-image"]
        assert "onereel-image" not in held(api)


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """A vault in a bucket whose server knows no conditional writes."""
    with rclone(tmp_path) as storage:
        (storage.files / "films").mkdir()
        for name, value in storage.environment().items():
            monkeypatch.setenv(name, value)
        vault = S3Vault("s3://films")
        assert not vault.conditional
        yield vault


async def test_a_bucket_without_conditional_writes_has_one_who_asks_all_the_same(here, bucket):
    asked = []

    async def order():
        asked.append(1)
        await asyncio.sleep(0.1)
        return f"operations/{len(asked)}"

    with temporary_settings({PREFECT_API_URL: here.api}):
        async with sharing() as one, sharing() as another:
            first = [partial(shared.place, "intent", "intent") for shared in (one, another)]
            journals = [walled_journal(bucket, TABLE, "lighthouse", 100, None, None, first=guard) for guard in first]
            for number in range(5):
                wish = wanted(CLIP.model_copy(update={"words": f"Wave {number}"}))
                calls = await asyncio.gather(*(journal.order(wish, order) for journal in journals))
                assert calls[0].operation == calls[1].operation

    assert len(asked) == 5


async def test_no_more_calls_to_a_model_start_in_a_minute_than_its_limit(here, api):
    with temporary_settings({PREFECT_API_URL: here.api}):
        async with sharing() as shared:
            async with asyncio.timeout(20):
                await asyncio.gather(*(shared.start(OTHER) for _ in range(5)))
        # The run is over; its minute is not.
        async with sharing() as another:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(another.start(OTHER), 0.5)
            await asyncio.wait_for(another.start("a-model-without-a-limit"), 20)


class Terminal:
    """A shell that keeps its variables between commands."""

    def __init__(self, **environment):
        self.environment = environment

    def __enter__(self):
        self.shell = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **self.environment}
        )
        return self

    def __exit__(self, *_):
        self.shell.stdin.close()
        self.shell.wait(10)

    def run(self, commands):
        """Run commands and return what they print; the last one has to succeed."""
        self.shell.stdin.write(f'{commands}\necho "@@$?"\n')
        self.shell.stdin.flush()
        lines = []
        for line in self.shell.stdout:
            if line.startswith("@@"):
                assert line == "@@0\n", "".join(lines)
                return "".join(lines)
            lines.append(line)
        raise EOFError(commands)


async def test_a_missing_limit_says_how_to_create_it(here, api):
    api.delete("/v2/concurrency_limits/onereel-text").raise_for_status()

    with temporary_settings({PREFECT_API_URL: here.api}):
        async with sharing() as shared:
            with pytest.raises(BadInput, match=r"no limit 'onereel-text'; run `python -m deployments.setup`"):
                async with shared.place("text", "a-text-model"):
                    pass
