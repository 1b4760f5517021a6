"""The command line: progress on stderr, results on stdout, exit codes as promised."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from PIL import Image

from onereel.adapters.shotlists import read_shots
from onereel.cli import main
from tests.film_fixtures import film as film_file
from tests.pictures_drawn import encoded, scene

BRIEF = """\
production: lighthouse
idea: A storm passes over a lighthouse; the keeper waits for a boat that is late.
seconds: 8
resolution: 180p
"""
LIVE = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_GENAI_USE_ENTERPRISE", "PREFECT_API_URL")


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """One Prefect home for all runs: making its database takes longer than a film."""
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(autouse=True)
def _alone(home, monkeypatch, tmp_path):
    """Work in a folder of its own, with nothing of this machine's configuration."""
    for name in LIVE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


def onereel(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person would, in a folder of its own."""
    env = {**os.environ, **environment}
    command = [sys.executable, "-m", "onereel.cli", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=180, check=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "brief.yaml").write_text(BRIEF)
    return tmp_path


def said(capsys, *words: str) -> tuple[int, str, str]:
    """Run the command line in this process; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out, " ".join(shown.err.split())


@pytest.fixture
def wrong(folder, capsys):
    """Return what is said about a brief that is refused: exit 2, nothing on stdout, nothing written."""

    def refused(text: str, *words: str) -> str:
        (folder / "brief.yaml").write_text(text)
        before = {path.name for path in folder.iterdir()}
        code, out, err = said(capsys, "produce", "brief.yaml", "--rehearse", *words)
        assert (code, out) == (2, "")
        assert {path.name for path in folder.iterdir()} == before
        return err

    return refused


@pytest.fixture(scope="module")
def film(home, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A rehearsed film: the folder it was made in, and what the command line said."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "brief.yaml").write_text(BRIEF)
    return folder, onereel("produce", "brief.yaml", "--rehearse", "--json", folder=folder, PREFECT_HOME=str(home))


def test_a_rehearsal_ends_with_one_json_object_on_stdout_and_progress_on_stderr(film):
    _, ran = film

    told = json.loads(ran.stdout.splitlines()[-1])
    assert ran.returncode == 0
    assert set(told) >= {"production", "state", "vault", "master", "seconds", "shots", "usd", "calls", "manifest"}
    assert set(told["usd"]) == {"estimated", "spent", "unknown"}
    assert set(told["calls"]) == {"text", "image", "video"}
    assert set(told["shots"][0]) >= {"id", "state", "take", "seconds"}
    assert Path(told["master"]).is_file()
    assert "REHEARSAL" in ran.stderr
    assert "in the can" in ran.stderr


def test_show_ledger_and_storyboard_tell_of_a_finished_film(film):
    folder, _ = film

    shown = onereel("show", "lighthouse", "--rehearse", folder=folder).stdout
    ledger = onereel("ledger", "lighthouse", "--rehearse", "--csv", "rows.csv", folder=folder).stdout
    told = json.loads(onereel("ledger", "lighthouse", "--rehearse", "--json", folder=folder).stdout)
    onereel("storyboard", "lighthouse", "shots.csv", "--rehearse", folder=folder)

    assert "master.mp4" in shown
    assert "storyboard" in ledger
    assert "settled" in ledger
    assert 0 < told["spent_usd"] <= told["estimated_usd"]
    assert len((folder / "rows.csv").read_text().splitlines()) == 1 + len(told["entries"])
    assert read_shots(folder / "shots.csv").seconds == 8


def test_a_reshoot_is_priced_and_a_cut_exported_without_a_run(film, capsys, monkeypatch):
    folder, _ = film
    monkeypatch.chdir(folder)

    _, reach, _ = said(
        capsys, "reshoot", "lighthouse", "s010", "--note", "slower", "--estimate", "--json", "--rehearse"
    )
    unknown = said(capsys, "reshoot", "lighthouse", "s990", "--rehearse")
    wrong = said(capsys, "reshoot", "lighthouse", "s010", "--note-to", "actor", "--rehearse")
    _, files, _ = said(capsys, "export", "lighthouse", "edit", "--rehearse")
    twice = said(capsys, "export", "lighthouse", "edit", "--rehearse")

    told = json.loads(reach)
    assert told["shots"][0] == "s010"
    assert told["usd"] == pytest.approx(sum(one["usd"] for one in told["purchases"]))
    assert (unknown[0], "no shot s990; it has s010" in unknown[2]) == (2, True)
    assert (wrong[0], "must be camera or words" in wrong[2]) == (2, True)
    assert (folder / "edit" / "master.mp4").is_file()
    assert {"edit/cut.edl", "edit/cut.xml", "edit/cut.otio", "edit/captions.srt"} <= set(files.split())
    assert (twice[0], "holds something already" in twice[2]) == (2, True)


@pytest.mark.parametrize(
    ("fields", "cells", "told"),
    [
        (f"references: [media/00/{'0' * 64}.png]", "", "has no such picture; give the file instead"),
        ("", "storm.png,", "s010: opening_file 'storm.png': there is no such file"),
        ("", ",storm.mp4", "s010: clip_file 'storm.mp4': there is no such file"),
        ("", f"media/00/{'0' * 64}.png,", "has no such picture; give the file instead"),
        ("", f",media/00/{'0' * 64}.mp4", "has no such film; give the file instead"),
    ],
)
def test_an_estimate_refuses_what_is_not_there(folder, capsys, fields, cells, told):
    (folder / "brief.yaml").write_text(BRIEF + fields)
    (folder / "shots.csv").write_text(f"id,seconds,action,opening_file,clip_file\ns010,8,Rain,{cells}\n")

    code, out, err = said(capsys, "estimate", "brief.yaml", "--rehearse", *(["--shots", "shots.csv"] if cells else []))

    assert (code, out) == (2, "")
    assert told in err
    assert not (folder / "vault").exists()


def test_an_estimate_asks_nobody_and_writes_nothing(folder, capsys):
    code, out, _ = said(capsys, "estimate", "brief.yaml", "--rehearse", "--json")

    told = json.loads(out)
    assert code == 0
    assert told["usd"] == pytest.approx(sum(call["usd"] for call in told["calls"]))
    assert not (folder / "vault").exists()


def test_what_people_write_is_printed_as_they_wrote_it(folder, capsys):
    (folder / "shots.csv").write_text("id,seconds,action,characters\ns010,8,Rain,a[/b]; [red]Z\n")
    people = "".join(f'  - {{name: "{name}", description: a keeper}}\n' for name in ("a[/b]", "[red]Z"))
    (folder / "brief.yaml").write_text(BRIEF + "characters:\n" + people)

    code, out, _ = said(capsys, "estimate", "brief.yaml", "--shots", "shots.csv", "--rehearse")

    assert code == 0
    assert " a[/b] " in out
    assert " [red]Z " in out


def test_a_port_there_is_not_is_refused_by_the_option(folder, capsys):
    code, _, err = said(capsys, "studio", "--port", "99999")

    assert code == 2
    assert "'--port'" in err
    assert "65535" in err


def test_without_a_key_both_ways_on_are_named(folder, capsys):
    (folder / "brief.yaml").write_text(BRIEF.replace("180p", "720p"))

    code, _, err = said(capsys, "produce", "brief.yaml")

    assert code == 2
    assert "GEMINI_API_KEY" in err
    assert "--rehearse" in err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("seconds: 8", "seconds: 1"), "seconds"),
        (("seconds: 8", "seconds: 8\nmusic: loud"), "music"),
        (("lighthouse\n", "Light House\n"), "production"),
        (("seconds: 8", "seconds: 8\nmodels: {video: veo-9}"), "veo-9"),
        (("seconds: 8", "seconds: 8\nmodels: {video: veo-3.1-generate-preview}"), "shut down on 2026-10-22"),
        (("seconds: 8", "seconds: 8\nreferences: [missing.png]"), "missing.png"),
        (("seconds: 8", "seconds: 8\nreferences: [../secret.png]"), "out of the brief's folder"),
        (("seconds: 8", "seconds: 8\nreferences: ['http://10.0.0.1/a.png']"), "addresses are not fetched"),
        (("seconds: 8", "seconds: 8\nbudget_usd: 0.5"), "the budget is $0.50"),
    ],
)
def test_a_bad_brief_is_refused_by_name_before_anything_happens(wrong, change, told):
    assert told in wrong(BRIEF.replace(*change))


@pytest.mark.parametrize("usd", ["nan", "inf", "0", "1e9"])
def test_a_budget_that_is_no_wall_is_refused_in_one_line(folder, capsys, usd, monkeypatch):
    monkeypatch.setenv("ONEREEL_BUDGET_USD", "0.5")

    for command in (
        ("produce", "brief.yaml", "--rehearse"),
        ("estimate", "brief.yaml", "--rehearse"),
    ):
        code, out, err = said(capsys, *command, "--budget", usd)
        assert (code, out) == (2, "")
        assert err.startswith("onereel: --budget: must be ")
    assert not (folder / "vault").exists()


def test_a_ceiling_that_is_no_number_is_refused_in_one_line(folder, capsys):
    code, _, err = said(capsys, "approve", "lighthouse", "--ceiling", "nan")

    assert (code, err) == (2, "onereel: --ceiling: must be a number (is nan)")


def test_a_campaign_keeps_to_the_bounds_of_a_budget_from_the_command_line(folder, capsys):
    (folder / "storms.yaml").write_text("campaign: storms\nbudget_usd: 30\nbrief: brief.yaml\n")

    code, _, err = said(capsys, "campaign", "storms.yaml", "--rehearse", "--budget", "nan")

    assert (code, err) == (2, "onereel: --budget: must be a number (is nan)")


def test_a_broken_picture_is_refused_by_name(folder, wrong):
    (folder / "mara.png").write_bytes(b"\x89PNG\r\n\x1a\n not a picture")

    assert "mara.png" in wrong(BRIEF + "references: [mara.png]\n")


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 1)])
def test_a_picture_too_small_to_show_anything_is_refused_with_the_smallest_there_is(folder, wrong, size):
    (folder / "mara.png").write_bytes(encoded(Image.new("RGB", size)))

    told = wrong(BRIEF + "references: [mara.png]\n")
    assert told.startswith("onereel: reference 'mara.png': the picture has {}x{} pixels".format(*size))
    assert "16 on each side" in told


@pytest.mark.parametrize(
    ("shots", "told"),
    [
        ("id,seconds,action\ns010,4,Rain\ns010,4,More rain\n", "s010"),
        ("id,seconds,action,join\ns010,8,Rain,matc\n", "join"),
        ("id,seconds,action\ns010,20,Rain\n", "20 s together"),
        ("id,seconds,action,join\ns010,8,Rain,continue\n", "nothing before it"),
        ("id,seconds,action,characters\ns010,8,Rain,Mara\n", "no character 'Mara'"),
    ],
)
def test_a_bad_shot_list_is_refused_by_name_before_anything_happens(folder, wrong, shots, told):
    (folder / "shots.csv").write_text(shots)

    assert told in wrong(BRIEF, "--shots", "shots.csv")


def test_what_is_not_there_is_said_in_one_line_without_a_run(film, capsys, monkeypatch, tmp_path):
    folder, _ = film
    short = film_file(tmp_path / "short.mp4", frames=48)
    monkeypatch.chdir(folder)

    def told(*words):
        code, out, err = said(capsys, *words, "--rehearse")
        assert (code, out) == (2, "")
        return err

    before = sorted((folder / "vault").rglob("*"))
    assert told("assemble", "nope").endswith("has no brief of a production 'nope'; it has lighthouse")
    assert told("pick", "lighthouse", "s010", "t09") == "onereel: s010 has no take 't09'; it has t01"
    assert told("pick", "lighthouse", "s990", "t01").startswith("onereel: lighthouse has no shot 's990'")
    assert told("import", "lighthouse", "s990", str(short)).startswith("onereel: lighthouse has no shot 's990'")
    assert "lasts 2.00 s; the shot shows" in told("import", "lighthouse", "s010", str(short))
    assert "asked nothing for 's990'" in told("produce", "brief.yaml", "--repay", "s990")
    assert sorted((folder / "vault").rglob("*")) == before


def test_what_only_a_run_finds_out_is_said_in_one_line_too(folder):
    ran = onereel("compare", "image", "gemini-3-pro-image", folder=folder)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("onereel: ")
    assert "GEMINI_API_KEY" in ran.stderr
    assert not any(word in ran.stderr for word in ("Traceback", "BadInput", "ERROR"))


def test_nothing_is_kept_while_any_file_is_still_to_be_refused(folder, wrong):
    (folder / "mara.png").write_bytes(encoded(scene(1, (64, 48))))
    (folder / "small.png").write_bytes(encoded(scene(1, (64, 48))))
    (folder / "shots.csv").write_text("id,seconds,action,opening_file\ns010,8,Rain,storm.png\n")
    with_reference = BRIEF + "references: [mara.png]\n"

    assert "s010: opening_file 'storm.png': there is no such file" in wrong(with_reference, "--shots", "shots.csv")
    (folder / "shots.csv").write_text(f"id,seconds,action,clip_file\ns010,8,Rain,media/00/{'0' * 64}.mp4\n")
    assert "has no such film; give the file instead" in wrong(with_reference, "--shots", "shots.csv")
    (folder / "shots.csv").write_text("id,seconds,action,opening_file\ns010,8,Rain,small.png\n")
    assert "would be enlarged 5.00 times" in wrong(with_reference, "--shots", "shots.csv")
    film_file(folder / "own.mp4", frames=48)
    (folder / "shots.csv").write_text("id,seconds,action,clip_file\ns010,8,Rain,own.mp4\n")
    assert "lasts 2.00 s; the shot shows 8 s" in wrong(with_reference, "--shots", "shots.csv")


def test_a_model_that_stands_in_is_judged_as_the_first_one_is(folder, capsys, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-very-secret")
    (folder / "mara.png").write_bytes(encoded(scene(1, (64, 48))))
    text = BRIEF.replace("180p", "720p") + "references: [mara.png]\nmodels: {video: gemini-omni-1.2-flash}\n"
    (folder / "brief.yaml").write_text(text + "policy: {fallback: {video: veo-3.1-lite-generate-001}}\n")

    code, out, err = said(capsys, "produce", "brief.yaml")

    assert (code, out) == (2, "")
    assert err.startswith("onereel: veo-3.1-lite-generate-001 ")
    assert not (folder / "vault").exists()


def test_a_campaign_keeps_no_picture_before_all_films_are_judged(folder, capsys):
    (folder / "mara.png").write_bytes(encoded(scene(1, (64, 48))))
    film_of = "  - {production: %s, references: [%s]}\n"
    text = "campaign: storms\nbudget_usd: %s\nbrief: brief.yaml\nvariants:\n" + film_of % ("storm", "mara.png")
    (folder / "missing.yaml").write_text(text % 30 + film_of % ("storm-warm", "jon.png"))
    (folder / "dear.yaml").write_text(text % 0.1)

    missing = said(capsys, "campaign", "missing.yaml", "--rehearse")
    dear = said(capsys, "campaign", "dear.yaml", "--rehearse")

    assert (missing[0], "jon.png" in missing[2]) == (2, True)
    assert (dear[0], "the campaign's budget is $0.10" in dear[2]) == (2, True)
    assert not (folder / "vault").exists()


def test_the_doctor_says_what_is_there_and_shows_no_secret(folder, capsys, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-very-secret")

    _, out, err = said(capsys, "doctor")

    assert "very-secret" not in out + err
    assert "Gemini API: API key set" in out
    assert "vault" in out


def test_a_run_that_waits_for_a_person_ends_with_5_and_says_how_to_go_on(folder):
    (folder / "brief.yaml").write_text(BRIEF + "approve: [storyboard]\n")

    waits = onereel("produce", "brief.yaml", "--rehearse", folder=folder)
    approved = onereel("approve", "lighthouse", "--rehearse", folder=folder)

    assert waits.returncode == 5
    assert "Waiting for approval: storyboard" in waits.stderr
    assert "storyboard approved" in approved.stdout


def test_a_rehearsal_stopped_at_the_terminal_ends_at_once_and_goes_on_when_produced_again(folder):
    (folder / "brief.yaml").write_text(f"{BRIEF}review: {{keyframes: false, takes: false}}\n")
    command = [sys.executable, "-m", "onereel.cli", "produce", "brief.yaml", "--rehearse"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        lines = list(itertools.takewhile(lambda line: "was ordered as" not in line, run.stderr))
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to every process of its foreground
        lines += run.stderr.readlines()

    again = onereel("produce", "brief.yaml", "--rehearse", folder=folder)
    found = json.loads(onereel("ledger", "lighthouse", "--rehearse", "--json", folder=folder).stdout)

    assert run.returncode == 130
    assert lines[-1].strip() == "onereel: stopped; run it again to go on where it was"
    assert not [line for line in lines if "Traceback" in line or "Crash" in line]
    assert again.returncode == 0
    assert "Traceback" not in again.stderr
    clips = [entry for entry in found["entries"] if entry["kind"] == "video"]
    assert sum(entry["usd"] > 0 for entry in clips) == sum(entry["outcome"] == "settled" for entry in clips)
    assert found["unknown_usd"] == 0


def test_a_campaign_says_what_its_films_cost_before_anything_is_kept(folder, capsys):
    films = "  - {production: lighthouse-tall, aspect_ratio: '9:16'}\n  - {production: lighthouse-wide}\n"
    one = "brief: {production: lighthouse, idea: A storm passes, seconds: 8, resolution: 180p}\n"
    (folder / "all.yaml").write_text(f"campaign: everywhere\nbudget_usd: 20\n{one}variants:\n{films}")

    code, out, _ = said(capsys, "campaign", "all.yaml", "--estimate", "--rehearse")

    assert code == 0
    assert "lighthouse-tall" in out
    assert re.search(r"at most \$\d+\.\d\d; budget \$20\.00", out)
    assert not (folder / "vault").exists()


def test_what_only_a_rehearsal_has_is_said(folder, capsys):
    brief = folder / "vault/rehearsal/productions/lighthouse/brief.json"
    brief.parent.mkdir(parents=True)
    brief.write_text(json.dumps({"production": "lighthouse", "idea": "A storm passes", "seconds": 8}))

    for command in (["show", "lighthouse"], ["storyboard", "lighthouse", "shots.csv"], ["export", "lighthouse", "cut"]):
        code, _, err = said(capsys, *command)
        assert (code, "there is a rehearsal of it: add --rehearse" in err) == (2, True)


def test_a_picture_is_not_sent_back_but_its_shot(folder, capsys):
    code, _, err = said(capsys, "approve", "lighthouse", "--reject", "s010/opening", "--rehearse")

    assert (code, "--reject s010/opening: name a shot, s010" in err) == (2, True)


@pytest.mark.parametrize("command", [["produce", "brief.yaml", "--rehearse"], ["doctor"]])
def test_a_vault_in_which_nothing_can_be_kept_is_named_before_anything_runs(folder, capsys, command):
    code, out, err = said(capsys, *command, "--vault", "/proc/films")

    assert "nothing can be kept in the vault /proc/films" in out + err
    assert code == (2 if command[0] == "produce" else 1)


def test_the_version_is_told(capsys):
    code, out, _ = said(capsys, "--version")

    assert (code, out.strip()) == (0, version("onereel"))
