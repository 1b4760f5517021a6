"""What every vault promises, tried on a folder, on rclone (HTTP and TLS), and on Ceph (``python -m tests.ceph``).

A new vault is one entry in ``KINDS``.
"""

import itertools
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import boto3
import pytest
from botocore.client import Config

from onereel.adapters.s3 import CLIENT, MULTIPART_BYTES, S3Vault
from onereel.adapters.vaults import Shelf, open_vault
from onereel.crew import Vault
from onereel.errors import BadInput, Corrupted, NotInVault, VaultError
from onereel.media import fetch, fetch_file, keep, keep_file
from tests.storage import Storage, ceph, free_port, rclone, wire_to

TEXT = "text/plain"
CEPH = {"ceph": os.environ.get("ONEREEL_TEST_S3_CEPH"), "ceph-tls": os.environ.get("ONEREEL_TEST_S3_CEPH_TLS")}
STORAGES = ["rclone", "rclone-tls", *(pytest.param(kind, marks=pytest.mark.ceph) for kind, at in CEPH.items() if at)]
PLAIN = ["rclone", *(pytest.param(kind, marks=pytest.mark.ceph) for kind, at in CEPH.items() if at and kind == "ceph")]
KINDS = ["folder", "shelf", *PLAIN]
RACED = ["folder", *PLAIN]
"""Where writers race: a shelf hands everything on, and TLS changes nothing about who wins."""
CONDITIONAL = {"folder", "shelf", "ceph", "ceph-tls"}
HOSTILE = [
    "",
    "/etc/passwd",
    "../out",
    "a/../../out",
    "a//b",
    "a/",
    "./a",
    "a/.b",
    "a\\b",
    "..\\out",
    "C:\\out",
    "a\0b",
    "a\n",
    "film ü",
    "x" * 201,
    "/".join(["x" * 100] * 9),
]


@dataclass(frozen=True)
class Place:
    """A vault and what is behind it."""

    kind: str
    vault: Vault
    storage: Storage | None = None
    files: Path | None = None

    def tamper(self, key: str, data: bytes) -> None:
        """Change what is kept, behind the server's back where there is a file to change.

        Not for another length with rclone, which remembers lengths for five minutes.
        """
        file = self.files and self.files / key
        if file and (self.storage is None or file.stat().st_size == len(data)):
            file.write_bytes(data)
        else:
            self.vault.write(key, data, TEXT)

    def put_foreign(self, name: str) -> None:
        """Put something beside the keys, as a person or another program would."""
        if self.storage:
            prefix = self.vault.url.removeprefix("s3://films/")
            _client(self.storage).put_object(Bucket="films", Key=f"{prefix}/{name}", Body=b"")
        else:
            (self.files / name).write_bytes(b"")


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """Start each server when it is first asked for; all end with the session."""
    running: dict[str, Storage] = {}
    with ExitStack() as servers:

        def _serve(kind):
            if kind not in running:
                folder = tmp_path_factory.mktemp(kind)
                running[kind] = (
                    ceph(CEPH[kind])
                    if kind in CEPH
                    else servers.enter_context(rclone(folder, tls=kind == "rclone-tls"))
                )
                _client(running[kind]).create_bucket(Bucket="films")
            return running[kind]

        yield _serve


@pytest.fixture
def place(request, tmp_path, serve, monkeypatch):
    """An empty vault of each kind."""
    kind = request.param
    if kind == "folder":
        return Place(kind, open_vault(str(tmp_path / "vault")), files=tmp_path / "vault")
    if kind == "shelf":
        return Place(kind, Shelf(open_vault(str(tmp_path / "vault")), "rehearsal"), files=tmp_path / "vault/rehearsal")
    storage, prefix = serve(kind), secrets.token_hex(4)
    for name, value in storage.environment().items():
        monkeypatch.setenv(name, value)
    files = storage.files and storage.files / "films" / prefix
    return Place(kind, open_vault(f"s3://films/{prefix}"), storage, files)


@pytest.fixture
def vault(place):
    return place.vault


@cache
def _client(storage):
    bundle = storage.certificate or None
    return boto3.session.Session().client(
        "s3",
        endpoint_url=storage.endpoint,
        aws_access_key_id=storage.access_key,
        aws_secret_access_key=storage.secret_key,
        region_name="us-east-1",
        verify=bundle,
        config=CLIENT,
    )


def on(*kinds):
    return pytest.mark.parametrize("place", *kinds, indirect=True)


every_vault = on(KINDS)
every_bucket = on(STORAGES)
every_plain_bucket = on(PLAIN)
every_raced_vault = on(RACED)


class TestKeeping:
    @every_vault
    def test_a_key_is_created_once_and_keeps_what_came_first(self, vault):
        assert vault.create("journal/ab/1.json", b"first", TEXT)
        assert not vault.create("journal/ab/1.json", b"second", TEXT)
        assert vault.read("journal/ab/1.json") == b"first"

    @every_vault
    def test_bytes_come_back_as_they_were(self, vault):
        for data in (b"", b"\0\xff\r\n", b"x" * 3_000_000):
            vault.write("a/b", data, TEXT)

            assert vault.read("a/b") == data

    @every_vault
    def test_writing_replaces(self, vault):
        vault.create("a", b"a longer first", TEXT)
        vault.write("a", b"second", TEXT)

        assert vault.read("a") == b"second"

    @every_vault
    def test_what_is_not_there_is_not_in_the_vault(self, vault, tmp_path):
        vault.write("a/b", b"1", TEXT)

        assert not vault.exists("a/c")
        assert not vault.exists("a")
        for missing in ("a/c", "a", "a/b/c"):
            with pytest.raises(NotInVault, match=missing):
                vault.read(missing)
        with pytest.raises(NotInVault):
            vault.download("a/c", tmp_path / "copy")
        assert not list(tmp_path.glob("*copy*")) + list(tmp_path.glob(".*"))

    @every_vault
    def test_a_removed_key_is_free_again(self, vault):
        vault.create("a/b", b"1", TEXT)
        vault.remove("a/b")
        vault.remove("a/b")

        assert not vault.exists("a/b")
        assert vault.create("a/b", b"2", TEXT)

    @every_vault
    def test_its_address_says_where_a_person_finds_it(self, vault):
        assert vault.address("cuts/v001/master.mp4") == f"{vault.url}/cuts/v001/master.mp4"

    @every_vault
    def test_the_url_of_a_vault_opens_it_again(self, vault):
        vault.write("a/b", b"1", TEXT)

        assert open_vault(vault.url).read("a/b") == b"1"


class TestKeys:
    @every_vault
    def test_keys_are_listed_by_prefix_and_sorted(self, vault):
        for key in ("a/b", "a-b/c", "a/b-1/c", "a/c/d/e", "b", "a.b"):
            vault.write(key, b"", TEXT)

        assert list(vault.keys("")) == ["a-b/c", "a.b", "a/b", "a/b-1/c", "a/c/d/e", "b"]
        assert list(vault.keys("a/")) == ["a/b", "a/b-1/c", "a/c/d/e"]
        assert list(vault.keys("a/b")) == ["a/b", "a/b-1/c"]
        assert list(vault.keys("a/c/d/e")) == ["a/c/d/e"]
        assert list(vault.keys("nothing/here")) == []

    @every_raced_vault
    def test_a_long_list_is_complete(self, vault):
        keys = [f"journal/{number:05}.json" for number in range(1_050)]  # S3 lists 1,000 at a time
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda key: vault.write(key, b"{}", TEXT), keys))

        assert list(vault.keys("journal/")) == keys

    @every_vault
    def test_foreign_files_are_not_listed(self, place):
        place.vault.write("a", b"", TEXT)
        place.put_foreign(".DS_Store")
        place.put_foreign("my film.mp4")

        assert list(place.vault.keys("")) == ["a"]

    @every_vault
    def test_a_hostile_key_is_refused_by_every_method(self, vault, tmp_path):
        local = tmp_path / "local"
        local.write_bytes(b"1")
        calls = [
            lambda key: vault.create(key, b"1", TEXT),
            lambda key: vault.write(key, b"1", TEXT),
            vault.read,
            vault.exists,
            lambda key: vault.upload(key, local, TEXT),
            lambda key: vault.download(key, local),
            vault.remove,
            vault.address,
        ]

        for key, call in itertools.product(HOSTILE, calls):
            with pytest.raises(VaultError, match="is not a key"):
                call(key)
        assert list(tmp_path.iterdir()) == [local]
        assert local.read_bytes() == b"1"

    @every_vault
    def test_a_hostile_prefix_is_refused(self, vault):
        for prefix in ("/", "../", "a/../", "a//", "a\\"):
            with pytest.raises(VaultError, match="is not a key"):
                list(vault.keys(prefix))


class TestFiles:
    @every_vault
    def test_a_file_is_uploaded_once(self, vault, tmp_path):
        film = tmp_path / "film.mp4"
        film.write_bytes(b"take one")

        assert vault.upload("films/1.mp4", film, "video/mp4")
        film.write_bytes(b"take two")
        assert not vault.upload("films/1.mp4", film, "video/mp4")
        assert vault.read("films/1.mp4") == b"take one"

    @every_raced_vault
    def test_a_large_file_goes_there_and_back(self, vault, tmp_path):
        film, copy = tmp_path / "film.mp4", tmp_path / "new/folder/copy.mp4"
        _write_sparse(film, MULTIPART_BYTES + 5_000_001)

        assert vault.upload("films/large.mp4", film, "video/mp4")
        assert not vault.upload("films/large.mp4", film, "video/mp4")
        vault.download("films/large.mp4", copy)
        assert _digest(copy) == _digest(film)

    @every_vault
    def test_a_download_replaces_the_file_and_leaves_nothing_else(self, vault, tmp_path):
        vault.write("a", b"new", TEXT)
        folder = tmp_path / "downloads"
        folder.mkdir()
        (folder / "a").write_bytes(b"an older one")

        vault.download("a", folder / "a")

        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a": b"new"}

    @every_vault
    def test_a_local_file_that_is_missing_is_named(self, vault, tmp_path):
        with pytest.raises(VaultError, match=r"gone\.mp4.*check that the file is there"):
            vault.upload("a", tmp_path / "gone.mp4", "video/mp4")


class TestSideBySide:
    @every_vault
    def test_it_knows_whether_create_has_one_winner(self, place):
        assert place.vault.conditional == (place.kind in CONDITIONAL)
        assert list(place.vault.keys("")) == []

    @every_raced_vault
    def test_of_sixteen_threads_one_wins(self, place):
        reels = [b"%02d" % number * 50_000 for number in range(16)]
        for key in ("race/1", "race/2", "race/3", "race/4", "race/5"):
            start = Barrier(16)

            def run(reel, key=key, start=start):
                start.wait()
                return place.vault.create(key, reel, TEXT)

            with ThreadPoolExecutor(16) as pool:
                won = list(pool.map(run, reels))

            assert place.vault.read(key) in itertools.compress(reels, won)
            if place.kind in CONDITIONAL:
                assert won.count(True) == 1

    @every_raced_vault
    def test_of_many_processes_one_wins_each_race(self, place):
        races = 6
        runners = [
            subprocess.Popen(
                [sys.executable, "-c", _RUNNER, place.vault.url, str(races)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for runner in runners:
            assert runner.stdout.readline() == "ready\n"
        for runner in runners:
            runner.stdin.write("go\n")
            runner.stdin.flush()
        won = [list(map(int, runner.communicate(timeout=60)[0].split())) for runner in runners]

        winners = [sum(race) for race in zip(*won, strict=True)]
        assert len(winners) == races
        if place.kind in CONDITIONAL:
            assert winners == [1] * races
        assert min(winners) >= 1

    @every_raced_vault
    def test_nobody_reads_half_of_what_is_being_written(self, vault):
        reels = [bytes([letter]) * 2_000_000 for letter in b"abcd"]
        vault.write("reel", reels[0], TEXT)

        with ThreadPoolExecutor(8) as pool:
            writing = [pool.submit(vault.write, "reel", reels[n % 4], TEXT) for n in range(24)]
            read = read_patiently if not vault.conditional else type(vault).read
            reading = [pool.submit(read, vault, "reel") for _ in range(24)]

        assert all(write.result() is None for write in writing)
        assert {read.result() for read in reading} <= set(reels)


def read_patiently(vault, key):
    """Read again where a read is refused: rclone replaces an object in two steps, and says so between them."""
    for _ in range(5):
        try:
            return vault.read(key)
        except VaultError:
            time.sleep(0.2)
    return vault.read(key)


class TestMedia:
    @every_vault
    def test_media_is_named_by_what_is_in_it(self, vault, tmp_path):
        path = tmp_path / "take.mp4"
        path.write_bytes(b"film")

        kept = keep(vault, b"film", "mp4")

        assert kept == keep_file(vault, path, "mp4")
        assert list(vault.keys("media/")) == [f"media/{sha256(b'film').hexdigest()[:2]}/{kept.sha256}.mp4"]
        assert fetch(vault, kept) == b"film"
        assert fetch_file(vault, kept, tmp_path / "copy.mp4").read_bytes() == b"film"

    @every_vault
    def test_damaged_media_is_never_handed_out(self, place, tmp_path):
        for number, damage in enumerate((b"", b"film", b"f1lm 2", b"longer than film 3")):
            kept = keep(place.vault, b"film %d" % number, "mp4")
            place.tamper(kept.key, damage)

            with pytest.raises(Corrupted, match=kept.key):
                fetch(place.vault, kept)
            with pytest.raises(Corrupted, match="put the original back"):
                fetch_file(place.vault, kept, tmp_path / "copy.mp4")
        assert not list(tmp_path.glob("*.mp4")) + list(tmp_path.glob(".*"))


class TestBuckets:
    @every_bucket
    def test_content_types_and_caching_are_those_of_the_file(self, place, tmp_path):
        large = tmp_path / "large.mp4"
        _write_sparse(large, MULTIPART_BYTES)
        still, film = keep(place.vault, b"still", "png"), keep_file(place.vault, large, "mp4")
        place.vault.write("cuts/v001/report.html", b"<p>", "text/html; charset=utf-8")

        kept = {key: _head(place, key) for key in (still.key, film.key, "cuts/v001/report.html")}

        assert [each["ContentType"] for each in kept.values()] == [
            "image/png",
            "video/mp4",
            "text/html; charset=utf-8",
        ]
        assert "immutable" in kept[still.key]["CacheControl"]
        assert "immutable" in kept[film.key]["CacheControl"]
        assert "immutable" not in kept["cuts/v001/report.html"]["CacheControl"]

    @every_plain_bucket
    def test_nothing_is_sent_that_is_already_there(self, place, tmp_path, monkeypatch):
        path = tmp_path / "take.mp4"
        path.write_bytes(b"f" * 9_000_000)
        with wire_to(place.storage) as wire:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", wire.endpoint)
            vault = open_vault(place.vault.url)
            first = keep_file(vault, path, "mp4")
            sent = len(wire.passed)

            again = keep_file(vault, path, "mp4")
            same = keep(vault, path.read_bytes(), "mp4")

        assert first == again == same
        assert ("PUT", 9_000_000) in wire.bodies()
        assert [method for method, _, _ in wire.passed[sent:]] == ["HEAD", "HEAD"]

    @every_plain_bucket
    def test_the_writer_whose_answer_was_lost_knows_that_it_won(self, place, monkeypatch):
        with wire_to(place.storage) as wire:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", wire.endpoint)
            vault = open_vault(place.vault.url)
            assert vault.create("warm-up", b"", TEXT)
            lost = iter([True])
            wire.lose_answer = lambda method, path: method == "PUT" and path.endswith("/claim") and next(lost, False)

            won = vault.create("claim", b"mine", TEXT)

        puts = [path for method, path, _ in wire.passed if method == "PUT" and path.endswith("/claim")]
        assert len(puts) == 2
        assert won
        assert not place.vault.create("claim", b"yours", TEXT)

    @every_plain_bucket
    def test_an_upload_that_breaks_off_leaves_no_parts(self, place, tmp_path, monkeypatch):
        path = tmp_path / "large.mp4"
        _write_sparse(path, MULTIPART_BYTES)
        with wire_to(place.storage) as wire:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", wire.endpoint)
            wire.refuse = lambda method, path: method == "PUT" and "partNumber=3" in path
            vault = S3Vault(place.vault.url, Config(retries={"total_max_attempts": 2}))

            with pytest.raises(VaultError, match=r"cannot store master\.mp4 .*run again later"):
                vault.upload("master.mp4", path, "video/mp4")

        assert not place.vault.exists("master.mp4")
        assert not _client(place.storage).list_multipart_uploads(Bucket="films").get("Uploads")
        assert place.vault.upload("master.mp4", path, "video/mp4")

    @every_plain_bucket
    def test_wrong_credentials_are_told_without_telling_them(self, place, monkeypatch):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
        with pytest.raises(VaultError, match="credentials are wrong; check AWS_ACCESS_KEY_ID") as wrong:
            open_vault(place.vault.url).exists("a")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        with pytest.raises(VaultError, match="credentials are unknown"):
            open_vault(place.vault.url).read("a")

        assert "not-the-secret" not in str(wrong.value)

    @every_plain_bucket
    def test_no_credentials_are_told(self, place, monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        with pytest.raises(VaultError, match="there are no credentials; set AWS_ACCESS_KEY_ID"):
            open_vault(place.vault.url).exists("a")

    @every_plain_bucket
    @pytest.mark.usefixtures("place")
    def test_a_missing_bucket_is_not_an_empty_one(self):
        vault = open_vault("s3://no-such-bucket/films")
        calls = [
            lambda: vault.exists("a"),
            lambda: vault.read("a"),
            lambda: vault.create("a", b"", TEXT),
            lambda: vault.remove("a"),
            lambda: list(vault.keys("")),
            lambda: vault.conditional,
        ]

        for call in calls:
            with pytest.raises(VaultError, match="the bucket does not exist; create it, or correct") as told:
                call()
            assert not isinstance(told.value, NotInVault)

    @every_plain_bucket
    def test_a_server_that_is_gone_is_told_within_seconds(self, place, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
        vault = S3Vault(place.vault.url, Config(retries={"total_max_attempts": 2}))

        with pytest.raises(VaultError, match="nothing answers there; check AWS_ENDPOINT_URL_S3"):
            vault.create("a", b"1", TEXT)

    @on(["rclone-tls"])
    def test_a_certificate_nobody_knows_is_told(self, place, monkeypatch):
        monkeypatch.delenv("AWS_CA_BUNDLE")
        vault = S3Vault(place.vault.url, Config(retries={"total_max_attempts": 1}))

        with pytest.raises(VaultError, match=r"certificate is not trusted.*set AWS_CA_BUNDLE"):
            vault.exists("a")

    @every_plain_bucket
    def test_a_second_process_needs_no_second_probe(self, place):
        assert place.vault.conditional == vault_of(place).conditional

    def test_an_endpoint_that_is_no_address_is_bad_input(self, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "not an address")
        with pytest.raises(BadInput, match="AWS_ENDPOINT_URL_S3"):
            open_vault("s3://films/a")


class TestFolders:
    def test_opening_a_folder_does_not_make_it(self, tmp_path):
        vault = open_vault(str(tmp_path / "vault"))

        assert list(vault.keys("")) == []
        assert not vault.exists("a")
        assert not (tmp_path / "vault").exists()

    def test_a_full_disk_leaves_what_was_there(self, tmp_path):
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("only root can make a small disk")
        try:
            vault = open_vault(str(tmp_path / "vault"))
            vault.write("kept", b"1" * 1_000, TEXT)
            calls = [lambda: vault.create("a/b", b"2" * 2_000_000, TEXT), lambda: keep_file(vault, _large(), "mp4")]
            calls.append(lambda: vault.write("kept", b"2" * 2_000_000, TEXT))
            for call in calls:
                with pytest.raises(VaultError, match="no space left on device; free some space"):
                    call()

            assert list(vault.keys("")) == ["kept"]
            assert vault.read("kept") == b"1" * 1_000
            assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["kept"]
        finally:
            subprocess.run(["umount", tmp_path], check=True)

    def test_a_limit_on_file_sizes_is_told(self, tmp_path):
        script = (
            "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
            "from onereel.adapters.vaults import open_vault; from onereel.errors import VaultError\n"
            "try: open_vault(sys.argv[1]).create('a/b', b'1' * 200_000, 'text/plain')\n"
            "except VaultError as error: print(error)"
        )

        told = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "v"], capture_output=True, text=True, check=True
        ).stdout

        assert "cannot store a/b" in told
        assert "file too large; raise the limit" in told
        assert not [path for path in (tmp_path / "v").rglob("*") if path.is_file()]

    def test_a_folder_one_may_not_write_to_is_told(self, tmp_path):
        tmp_path.chmod(0o555)
        me = os.geteuid()
        for above in [*tmp_path.parents][:4]:
            if me == 0 and above.name.startswith(("pytest", "popen")):
                above.chmod(0o755)
        if me == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(VaultError, match="permission denied; let this user read and write there"):
                open_vault(str(tmp_path / "vault")).create("a", b"1", TEXT)
        finally:
            if me == 0:
                os.seteuid(0)
            tmp_path.chmod(0o755)

    def test_a_folder_one_may_not_even_look_into_is_told(self, tmp_path):
        (tmp_path / "shut").mkdir(mode=0o000)
        me = os.geteuid()
        if me == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(BadInput, match="shut/vault: Permission denied; let this user read and write there"):
                open_vault(str(tmp_path / "shut" / "vault"))
        finally:
            if me == 0:
                os.seteuid(0)
            (tmp_path / "shut").chmod(0o755)

    def test_a_file_in_the_way_is_told(self, tmp_path):
        vault = open_vault(str(tmp_path))
        vault.write("a", b"1", TEXT)

        with pytest.raises(VaultError, match=r"cannot store a/b .*move it away"):
            vault.create("a/b", b"2", TEXT)

    def test_a_writer_that_is_killed_leaves_nothing_under_the_key(self, tmp_path):
        pipe = tmp_path / "endless.mp4"
        os.mkfifo(pipe)
        script = (
            "import sys; from pathlib import Path; from onereel.adapters.vaults import open_vault\n"
            "open_vault(sys.argv[1]).upload('film', Path(sys.argv[2]), 'video/mp4')"
        )
        writer = subprocess.Popen([sys.executable, "-c", script, tmp_path / "vault", pipe])
        with pipe.open("wb") as source:
            source.write(b"1" * 4_000_000)
            writer.kill()
            writer.wait()

        vault = open_vault(str(tmp_path / "vault"))
        assert not vault.exists("film")
        assert list(vault.keys("")) == []
        assert vault.create("film", b"2", TEXT)


class TestOpening:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "  ",
            "gs://films/a",
            "http://127.0.0.1/films",
            "file:///films",
            "S3://films",
            "s3:films",
            "s3://",
            "s3:///films",
            "s3://Films",
            "s3://films//a",
            "s3://films/../a",
            "s3://films/a?x=1",
            "s3://key:secret@films/a",
        ],
    )
    def test_another_address_is_bad_input(self, url):
        with pytest.raises(BadInput, match="s3://bucket/prefix"):
            open_vault(url)

    def test_a_file_is_not_a_vault(self, tmp_path):
        (tmp_path / "vault").write_bytes(b"")
        with pytest.raises(BadInput, match="is a file"):
            open_vault(str(tmp_path / "vault"))

    def test_home_is_understood(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        assert open_vault("~/films").url == str(tmp_path / "films")

    def test_a_rehearsal_and_its_production_do_not_meet(self, tmp_path):
        vault = open_vault(str(tmp_path))
        rehearsal = Shelf(vault, "rehearsal")

        assert vault.create("productions/a/brief.json", b"paid", TEXT)
        assert rehearsal.create("productions/a/brief.json", b"free", TEXT)
        assert list(rehearsal.keys("")) == ["productions/a/brief.json"]
        assert list(vault.keys("rehearsal/")) == ["rehearsal/productions/a/brief.json"]
        assert vault.read("productions/a/brief.json") == b"paid"


_RUNNER = """
import sys
from onereel.adapters.vaults import open_vault
vault = open_vault(sys.argv[1])
vault.exists("warm-up"), vault.conditional
print("ready", flush=True)
sys.stdin.readline()
print(*(int(vault.create(f"races/{race}", b"x" * 20_000, "text/plain")) for race in range(int(sys.argv[2]))))
"""


def vault_of(place: Place) -> Vault:
    """Open the same vault again, as another process would."""
    return open_vault(place.vault.url)


def _head(place, key):
    address = place.vault.address(key).removeprefix("s3://films/")
    return _client(place.storage).head_object(Bucket="films", Key=address)


def _write_sparse(path, size):
    with path.open("wb") as file:
        file.truncate(size)
        for at in (0, size // 2, size - 9):
            file.seek(at)
            file.write(secrets.token_bytes(9))


def _digest(path):
    return sha256(path.read_bytes()).hexdigest()


def _large() -> Path:
    path = Path("/dev/shm") / f"onereel-{os.getpid()}.mp4"
    _write_sparse(path, 3_000_000)
    return path
