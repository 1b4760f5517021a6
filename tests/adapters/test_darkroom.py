"""Decoding in processes of their own."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import numpy as np
import pytest

from onereel.adapters.darkroom import Darkroom, Killed
from onereel.adapters.pictures import fit, thumbnail
from onereel.errors import FootageError
from onereel.png import write_png


@pytest.fixture
def room():
    opened = Darkroom(1)
    yield opened
    opened.close()


def ended(pid: int) -> bool:
    """Return whether a process is gone, waiting a moment for it."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as said:  # noqa: PTH123 - no file of ours
                if said.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_work_is_done_in_another_process_and_the_same_one_again(room):
    first, second = room.develop(os.getpid), room.develop(os.getpid)

    assert first == second != os.getpid()


def test_no_more_processes_than_rooms(room):
    found = []
    threads = [threading.Thread(target=lambda: found.append(room.develop(os.getpid))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert len(set(found)) == 1


def test_what_the_work_fails_of_is_raised_here_and_the_process_goes_on(room):
    before = room.develop(os.getpid)

    with pytest.raises(FootageError, match="not a PNG, JPEG or WebP picture"):
        room.develop(partial(thumbnail, b"no picture"))
    assert room.develop(os.getpid) == before


def test_a_file_that_crashes_its_decoder_is_no_footage_and_takes_nobody_along(room):
    with pytest.raises(FootageError, match=r"crashes the decoder \(SIGSEGV\)"):
        room.develop(partial(signal.raise_signal, signal.SIGSEGV))

    assert room.develop(partial(abs, -1)) == 1


def test_what_is_logged_there_is_logged_here(room, caplog):
    picture = write_png(np.zeros((360, 640, 3), np.uint8))
    with caplog.at_level("INFO", logger="onereel"):
        room.develop(partial(fit, picture, (1280, 720)))
        room.develop(os.getpid)

    assert [record.getMessage() for record in caplog.records] == [
        "a picture of 640x360 was enlarged 2.00 times to fill 1280x720"
    ]


def test_an_error_of_the_disk_is_told_as_such(room, tmp_path):
    with pytest.raises(FileNotFoundError):
        room.develop(partial(os.stat, tmp_path / "nothing"))


def test_an_error_nobody_foresaw_is_not_taken_for_a_film_or_for_memory(room, capfd):
    with pytest.raises(RuntimeError, match="exit code 1"):
        room.develop(partial(int, "no number"))

    assert "invalid literal for int()" in capfd.readouterr().err


def once_killed(mark):
    """Be killed, the first time."""
    if not mark.exists():
        mark.touch()
        signal.raise_signal(signal.SIGKILL)
    return "developed"


def test_where_a_process_is_killed_another_one_is_asked(room, tmp_path):
    assert room.develop(partial(once_killed, tmp_path / "mark")) == "developed"


def test_a_process_that_was_killed_twice_says_nothing_about_the_film(room):
    with pytest.raises(Killed, match=r"ended \(SIGKILL\): is there memory left"):
        room.develop(partial(signal.raise_signal, signal.SIGKILL))


def test_a_run_that_is_stopped_still_looks_at_what_is_under_way(room):
    for stop in (signal.SIGINT, signal.SIGTERM):
        assert room.develop(partial(signal.raise_signal, stop)) is None


def test_what_is_printed_there_is_no_answer(room, capfd):
    assert room.develop(partial(print, "hello")) is None
    assert room.develop(partial(os.write, 1, b"there")) == 5
    assert capfd.readouterr().out == ""


def test_it_holds_no_keys(room, monkeypatch):
    for name in ("GEMINI_API_KEY", "AWS_SECRET_ACCESS_KEY", "ONEREEL_BEARER_TOKEN", "PREFECT_API_KEY"):
        monkeypatch.setenv(name, "secret")

    names = set(room.develop(partial(eval, "list(__import__('os').environ)")))

    assert "PATH" in names
    assert not {name for name in names if "KEY" in name or "TOKEN" in name or name.startswith("AWS")}


def test_it_is_gone_when_the_run_was_killed():
    words = (
        "import os, signal; from onereel.adapters.darkroom import Darkroom\n"
        "print(Darkroom(1).develop(os.getpid), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run([sys.executable, "-c", words], stdout=subprocess.PIPE, check=False)

    assert run.returncode == -signal.SIGKILL
    assert ended(int(run.stdout))


def test_processes_are_started_once_something_is_expected():
    opened = Darkroom(2)
    opened.expect()
    opened.expect()
    deadline = time.monotonic() + 10
    while len(opened._open) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)

    pids = [room._process.pid for room in opened._open]
    assert len(pids) == 2
    opened.close()
    assert all(ended(pid) for pid in pids)
