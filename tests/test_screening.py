"""A screening: what a browser on this machine gets of a cut, from a folder and from a bucket, and what it does not."""

import secrets
from types import SimpleNamespace

import boto3
import pytest
from starlette.testclient import TestClient

from onereel.adapters.screening import screening
from onereel.adapters.vaults import Shelf, open_vault
from onereel.footage import Media
from onereel.media import keep
from onereel.noun import Noun
from tests.storage import rclone

MASTER = bytes(range(256)) * 10_000
FOLDER = "productions/lighthouse/cuts/v002"


class Papers(Noun):
    """As much of a manifest as a screening looks at."""

    production: str = "lighthouse"
    version: int = 2
    papers: tuple[str, ...] = ("report.html", "master.mp4")
    takes: tuple[Media, ...]


@pytest.fixture(params=["folder", "bucket"])
def shown(request, tmp_path, monkeypatch):
    """A cut on a screening, with a film it names and one it does not."""
    if request.param == "folder":
        yield cut(open_vault(str(tmp_path / "vault")))
        return
    with rclone(tmp_path) as storage:
        for name, value in storage.environment().items():
            monkeypatch.setenv(name, value)
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="films")
        yield cut(Shelf(open_vault(f"s3://films/{secrets.token_hex(4)}"), "rehearsal"))


def cut(vault):
    take, foreign = keep(vault, b"a take", "mp4"), keep(vault, b"another production's", "mp4")
    for key, data in {
        f"{FOLDER}/report.html": b"<h1>Film</h1>",
        f"{FOLDER}/master.mp4": MASTER,
        f"{FOLDER}/secret.txt": b"not a paper of the cut",
        "productions/lighthouse/brief.json": b"{}",
        "productions/lighthouse/thumbs/ab12.webp": b"thumb",
    }.items():
        vault.write(key, data, "")
    client = TestClient(screening(vault, Papers(takes=(take,))), base_url="http://127.0.0.1")
    return SimpleNamespace(client=client, take=take, foreign=foreign)


def test_a_screening_shows_the_cut_and_nothing_else_of_the_vault(shown):
    get = shown.client.get

    assert get("/").text == "<h1>Film</h1>"
    assert get(f"/{FOLDER}/master.mp4").content == MASTER
    assert get(f"/{shown.take.key}").content == b"a take"
    assert get("/productions/lighthouse/thumbs/ab12.webp").headers["content-type"] == "image/webp"
    for refused in (
        shown.foreign.key,
        f"{FOLDER}/secret.txt",
        "productions/lighthouse/brief.json",
        f"{FOLDER}/..%2f..%2fbrief.json",
        "productions/lighthouse/thumbs/..%2fbrief.json",
        "..%2f..%2fetc/passwd",
        "%2fetc/passwd",
        f"{FOLDER}/contact.jpg",
    ):
        assert get(f"/{refused}").status_code == 404, refused
    assert get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "status", "told", "first", "end"),
    [
        ("bytes=5-9", 206, "bytes 5-9/2560000", 5, 10),
        ("bytes=2559990-", 206, "bytes 2559990-2559999/2560000", -10, None),
        ("bytes=-3", 206, "bytes 2559997-2559999/2560000", -3, None),
        ("bytes=1-99999999", 206, "bytes 1-2559999/2560000", 1, None),
        ("bytes=2560000-", 416, "bytes */2560000", 0, 0),
        ("bytes=9-5", 416, "bytes */2560000", 0, 0),
        ("bytes=0-1,5-6", 200, None, 0, None),
    ],
)
@pytest.mark.parametrize("shown", ["folder"], indirect=True)
def test_a_player_gets_the_part_it_asks_for(shown, asked, status, told, first, end):
    answer = shown.client.get(f"/{FOLDER}/master.mp4", headers={"range": asked})

    assert (answer.status_code, answer.headers.get("content-range")) == (status, told)
    assert answer.content == MASTER[first:end]
    assert int(answer.headers["content-length"]) == len(answer.content)
