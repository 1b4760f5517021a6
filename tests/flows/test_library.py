"""The library: a picture is found again among all keyframes, takes and references of a vault."""

import json

import pytest
from PIL import Image

from onereel.adapters.folder import FolderVault
from onereel.cli import main
from onereel.delivering import latest_manifest
from onereel.library import LIBRARY, library
from onereel.media import keep
from tests.pictures_drawn import encoded, scene
from tests.productions import board


async def test_a_picture_is_found_again_smaller_and_as_jpeg(make, studio, vault, tmp_path, capsys):
    studio(footage="film")
    shots = keep(FolderVault(vault), board({}, {}).model_dump_json().encode(), "json").key
    await make(seconds=8, shots=shots)
    place = FolderVault(vault)
    pictures = library(place)
    wanted = next(seen for seen in pictures if seen.kind == "keyframe" and seen.name == "s020/opening")
    with Image.open(vault / wanted.media) as image:
        image.convert("RGB").resize((213, 120)).save(tmp_path / "copy.jpg", quality=60)
    (tmp_path / "other.png").write_bytes(encoded(scene(7, (320, 180))))
    (tmp_path / "broken.png").write_bytes(b"no picture")

    def found(*words):
        try:
            main(["find", *words, "--vault", str(vault)])
        except SystemExit as ended:
            return ended.code, capsys.readouterr()
        return 0, capsys.readouterr()

    rows = json.loads(found(str(tmp_path / "copy.jpg"), "--json")[1].out)
    assert ("keyframe", "s020/opening", True) in {(row["kind"], row["name"], row["same"]) for row in rows}
    assert "take" in {row["kind"] for row in rows}, "the take opens on it"
    assert "nothing like it" in found(str(tmp_path / "other.png"))[1].out
    code, said = found(str(tmp_path / "broken.png"))
    assert code == 2
    assert "broken.png" in said.err

    kept = place.read(LIBRARY)
    assert library(place) == pictures
    assert place.read(LIBRARY) == kept, "nothing new was read"
    place.write(LIBRARY, b"PAR1 torn", "application/vnd.apache.parquet")
    assert sorted(map(str, library(place))) == sorted(map(str, pictures)), "rebuilt from the vault"


STORM = {"id": "s010", "action": "A storm over a pier at night", "setting": "a wooden pier in a small harbour"}


async def test_what_another_film_has_is_offered_before_it_is_paid_for_and_taken_where_the_brief_says_so(
    make, studio, vault, tmp_path, capsys
):
    opened = studio()
    place = FolderVault(vault)
    stored = keep(place, board(STORM).model_dump_json().encode(), "json").key
    await make(seconds=4, shots=stored)
    rougher = board({**STORM, "action": "A heavy storm over a pier at night"}, {"action": "A boy whistles"})
    shots = keep(place, rougher.model_dump_json().encode(), "json").key
    asked = {"production": "harbour", "seconds": 8, "resolution": "180p", "idea": "Weather."}
    (tmp_path / "harbour.json").write_text(json.dumps(asked))
    (tmp_path / "shots.json").write_text(rougher.model_dump_json())
    before = opened.tally().accepted["image"]

    with pytest.raises(SystemExit):
        main(
            [
                "estimate",
                str(tmp_path / "harbour.json"),
                "--shots",
                str(tmp_path / "shots.json"),
                "--vault",
                str(vault),
                "--json",
            ]
        )
    (offer,) = json.loads(capsys.readouterr().out)["offers"]
    assert (offer["still"], offer["production"], offer["name"]) == ("s010/opening", "lighthouse", "s010/opening")
    assert offer["shared"] > 0.75
    assert "heavy" in offer["without"]

    await make(**{**asked, "reuse": True}, shots=shots)
    taken, drawn = (latest_manifest(place, "harbour").shots[n].keyframes[0] for n in (0, 1))
    assert (taken.reused, drawn.reused) == (True, False)
    assert "of the words of s010/opening" in taken.findings[0]
    assert opened.tally().accepted["image"] == before + 1
    assert any(verdict.judge == "model" for verdict in taken.verdicts), "a judge held it to the new words"

    alone = keep(place, board(rougher.shots[0].model_dump()).model_dump_json().encode(), "json").key
    await make(**{**asked, "production": "quay", "seconds": 4}, shots=alone)
    paid = latest_manifest(place, "quay").shots[0].keyframes[0]
    assert not paid.reused
    assert "reuse: true saves" in paid.findings[0]


async def test_what_comes_out_as_it_was_says_so(make, studio, vault, capsys):
    studio()
    place = FolderVault(vault)
    for name in ("lighthouse", "beacon"):
        shots = keep(place, board(STORM).model_dump_json().encode(), "json").key
        await make(
            production=name, seconds=4, shots=shots, take_candidates=2, review={"keyframes": False, "takes": False}
        )
    shown = latest_manifest(place, "beacon").shots[0]
    (keyframe,) = shown.keyframes
    assert any("shows the same as lighthouse/s010/opening" in finding for finding in keyframe.findings)
    _, second = shown.takes
    assert "came out the same as beacon/s010/t01" in second.findings
